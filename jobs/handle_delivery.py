"""Handles one delivery: what GitHub told becomes a task, an answer, or a note why neither."""

from dataclasses import dataclass

import structlog

from bot.dispatch import handle
from bot.events import parse
from bot.request import Context
from records.deliveries import Deliveries, DeliveryState

_MOST_ATTEMPTS = 5

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
    last_try = delivery.attempts >= _MOST_ATTEMPTS
    try:
        event = parse(delivery.event, delivery.payload)
        outcome = handle(event, intake.context, last_try=last_try)
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
