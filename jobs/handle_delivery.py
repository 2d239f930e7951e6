"""Handles one delivery: what GitHub told becomes a task, an answer, or a note why neither."""

import time
from dataclasses import dataclass

import structlog

from bot.dispatch import handle
from bot.events import type_of_event, type_of_thread_event
from bot.github_errors import RateLimited, Unauthorized, Unavailable
from bot.payloads import parse
from bot.request import Context
from records.deliveries import Deliveries, Delivery, DeliveryState
from records.effects import Ambiguous

_MOST_ATTEMPTS = 5
_WAIT_S = 15.0
_LONGEST_WAIT_S = 600.0
_AFTER_THE_OTHER_S = 2.0
_WAITS_FOR_S = 24 * 3600.0
"""So long a command is not forgotten while GitHub is away; after a day its author has moved on."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Intake:
    """What the intake worker is made with."""

    deliveries: Deliveries
    context: Context


def handle_delivery(delivery_id: str, intake: Intake) -> None:
    """Handle a stored delivery once; on an unforeseen error the clock rings for it again."""
    delivery = intake.deliveries.begin(delivery_id)
    if delivery is None:
        return
    if delivery.attempts > _MOST_ATTEMPTS:
        # It ended its process every time, and would do so for ever.
        intake.deliveries.finish(delivery_id, DeliveryState.FAILED, "never came to an end")
        return
    last_try = delivery.attempts == _MOST_ATTEMPTS
    thread = ""
    try:
        event = parse(delivery.event, delivery.payload)
        thread = _thread_of(event)
        wait_s = intake.deliveries.behind(thread, delivery.received_at) if thread else None
        if wait_s is not None:
            # What was said first is answered first, also when GitHub was away for that.
            intake.deliveries.postpone(delivery_id, wait_s + _AFTER_THE_OTHER_S, thread)
            return
        outcome = handle(event, intake.context, last_try=last_try)
    except (Ambiguous, RateLimited, Unauthorized, Unavailable) as away:
        _put_off(delivery, away, intake.deliveries, thread)
        return
    except Exception as error:
        if last_try:
            words = f"{type(error).__name__}, {delivery.attempts} times"
            intake.deliveries.finish(delivery_id, DeliveryState.FAILED, words)
        raise
    intake.deliveries.finish(delivery_id, outcome.state, outcome.detail)
    _log.info(
        "delivery.handled",
        delivery=delivery_id,
        event_type=delivery.event,
        state=outcome.state.value,
        detail=outcome.detail,
    )


def _thread_of(event: type_of_event) -> str:
    """Return what names the thread that something happened in, or nothing."""
    if isinstance(event, type_of_thread_event):
        return f"{event.repository.id}:{event.issue.number}"
    return ""


def _put_off(delivery: Delivery, away: Exception, deliveries: Deliveries, thread: str) -> None:
    """Leave a delivery for later while GitHub is away, which counts as no attempt."""
    age_s = time.time() - delivery.received_at
    if age_s > _WAITS_FOR_S:
        deliveries.finish(delivery.id, DeliveryState.FAILED, f"GitHub was away too long: {away}")
        return
    wait_s = min(_LONGEST_WAIT_S, max(_WAIT_S, age_s / 10))
    if isinstance(away, RateLimited):
        # Asking sooner makes the wait longer, or ends with the App being blocked.
        wait_s = max(wait_s, away.until - time.time())
    deliveries.postpone(delivery.id, wait_s, thread)
    _log.warning("delivery.put_off", delivery=delivery.id, wait_s=wait_s, error=str(away))
