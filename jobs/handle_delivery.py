"""Handles one delivery: what GitHub told becomes a task, an answer, or a note why neither."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from bot.boxes import Boxes
from bot.commands import Stop
from bot.dispatch import handle
from bot.events import CommentEdited, IssueCommented, type_of_event, type_of_thread_event
from bot.github_errors import RateLimited, Unauthorized, Unavailable
from bot.grammar import parse as command_in
from bot.grammar import read
from bot.in_thread import say_it_failed
from bot.own_word import as_last_called
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

_MOST_HOLDS = 60
"""Ten minutes, at the usual length of a hold: what takes longer hangs, and is begun again."""
_SHORTEST_HOLD_S = 0.05

_log = structlog.get_logger()


@dataclass(frozen=True)
class Intake:
    """What the intake worker is made with."""

    deliveries: Deliveries
    context: Context
    ring: Callable[[str], None] = lambda _: None
    """Rings for a delivery; it may be lost, since the clock rings again."""


def handle_delivery(delivery_id: str, intake: Intake) -> None:
    """Handle a stored delivery once; on an unforeseen error the clock rings for it again."""
    delivery = intake.deliveries.begin(delivery_id)
    if delivery is None:
        return
    if delivery.attempts > _MOST_ATTEMPTS:
        # It ended its process every time, and would do so for ever.
        intake.deliveries.finish(delivery_id, DeliveryState.FAILED, "never came to an end")
        _say_it_failed(delivery, intake.context)
        return
    last_try = delivery.attempts == _MOST_ATTEMPTS
    thread = ""
    try:
        event = parse(delivery.event, delivery.payload, delivery_id)
        thread = _thread_of(event)
        wait_s = intake.deliveries.behind(thread, delivery.received_at) if thread else None
        if wait_s is not None and not _stops_something(event, intake.context):
            # What was said first is answered first, also when GitHub was away for that.
            intake.deliveries.postpone(delivery_id, wait_s + _AFTER_THE_OTHER_S, thread)
            return
        with _held(delivery_id, intake.deliveries):
            outcome = handle(event, intake.context, last_try=last_try)
    except (Ambiguous, RateLimited, Unauthorized, Unavailable) as away:
        if not _put_off(delivery, away, intake.deliveries, thread):
            _say_it_failed(delivery, intake.context)
        return
    except Exception as error:
        if last_try:
            words = f"{type(error).__name__}, {delivery.attempts} times"
            intake.deliveries.finish(delivery_id, DeliveryState.FAILED, words)
        raise
    if outcome.state is DeliveryState.RECEIVED:
        # There is more to do, which takes a while: first comes what came in meanwhile.
        intake.deliveries.postpone(delivery_id, 0.0, thread)
        intake.ring(delivery_id)
        return
    intake.deliveries.finish(delivery_id, outcome.state, outcome.detail)
    _log.info(
        "delivery.handled",
        delivery=delivery_id,
        event_type=delivery.event,
        state=outcome.state.value,
        detail=outcome.detail,
    )


@contextmanager
def _held(delivery_id: str, deliveries: Deliveries) -> Iterator[None]:
    """Within the block: keep others from the delivery, however many answers of GitHub it takes."""
    over = threading.Event()

    def keep() -> None:
        for _ in range(_MOST_HOLDS):
            if over.wait(max(_SHORTEST_HOLD_S, deliveries.hold_s / 3)):
                return
            try:
                deliveries.hold(delivery_id)
            except Exception:  # noqa: BLE001 - a database that is away for a moment is asked again
                _log.warning("delivery.not_held", delivery=delivery_id, exc_info=True)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _stops_something(event: type_of_event, context: Context) -> bool:
    """Say whether somebody stops what is at work in a thread: that waits for nothing.

    Without a task there, it is about what was put off, and waits for that. The closing of an issue
    ends what was put off before it too, so it keeps its place.
    """
    context = as_last_called(event, context)
    match event:
        case IssueCommented():
            wanted = [command_in(event.body, context.command)]
        case CommentEdited():
            boxes = Boxes(context.secret, event.repository.id, event.issue.number)
            wanted = [read(ticked) for ticked in boxes.newly_ticked(event.before, event.body)]
        case _:
            return False
    if not any(isinstance(command, Stop) for command in wanted):
        return False
    return context.tasks.live_on_issue(event.repository.id, event.issue.number) is not None


def _thread_of(event: type_of_event) -> str:
    """Return what names the thread that something happened in, or nothing."""
    if isinstance(event, type_of_thread_event):
        return f"{event.repository.id}:{event.issue.number}"
    return ""


def _say_it_failed(delivery: Delivery, context: Context) -> None:
    """Answer a command that was given up; whatever else was, nobody waits for."""
    event = parse(delivery.event, delivery.payload)
    context = as_last_called(event, context)
    if isinstance(event, IssueCommented) and command_in(event.body, context.command):
        say_it_failed(event, context)


def _put_off(delivery: Delivery, away: Exception, deliveries: Deliveries, thread: str) -> bool:
    """Leave a delivery for later while GitHub is away, which counts as no attempt.

    False if it has been left for long enough.
    """
    age_s = time.time() - delivery.received_at
    if age_s > _WAITS_FOR_S:
        deliveries.finish(delivery.id, DeliveryState.FAILED, f"GitHub was away too long: {away}")
        return False
    wait_s = min(_LONGEST_WAIT_S, max(_WAIT_S, age_s / 10))
    if isinstance(away, RateLimited):
        # Asking sooner makes the wait longer, or ends with the App being blocked.
        wait_s = max(wait_s, away.until - time.time())
    deliveries.postpone(delivery.id, wait_s, thread)
    _log.warning("delivery.put_off", delivery=delivery.id, wait_s=wait_s, error=str(away))
    return True
