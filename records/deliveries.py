"""Deliveries: what GitHub sent, stored once and before it is answered."""

import time
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.live import not_handled
from records.schema import DatabaseTime, DeliveryRow


class DeliveryState(StrEnum):
    """What became of a delivery."""

    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    """A webhook request and what became of it."""

    id: str
    event: str
    payload: bytes
    received_at: float
    state: DeliveryState
    outcome: str
    handled_at: float | None
    attempts: int


class Deliveries:
    """The deliveries of one database.

    `hold_s` is how long a job that began with a delivery keeps others from it: a second one would
    answer the same comment beside it. Longer than GitHub's answers are waited for; a job that asks
    for many of them holds on with `hold`.
    """

    def __init__(self, database: Database, *, hold_s: float = 30.0) -> None:
        self._database = database
        self.hold_s = hold_s

    def store(self, delivery_id: str, event: str, payload: bytes) -> bool:
        """Put a delivery on disk; False if it was there already."""
        row = {
            "id": delivery_id,
            "event": event,
            "payload": payload,
            "received_at": time.time(),
            "state": DeliveryState.RECEIVED,
            "outcome": "",
            "attempts": 0,
            "held_until": 0.0,
            "thread": "",
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(DeliveryRow), row)
        except IntegrityError:
            return False
        return True

    def begin(self, delivery_id: str) -> Delivery | None:
        """Start to handle a delivery.

        None if it is unknown or finished, or if a begin of the last half minute may still be at it.
        """
        statement = (
            update(DeliveryRow)
            .where(
                DeliveryRow.id == delivery_id,
                DeliveryRow.state == DeliveryState.RECEIVED,
                DeliveryRow.held_until < DatabaseTime(),
            )
            .values(attempts=DeliveryRow.attempts + 1, held_until=DatabaseTime() + self.hold_s)
            .returning(
                DeliveryRow.id,
                DeliveryRow.event,
                DeliveryRow.payload,
                DeliveryRow.received_at,
                DeliveryRow.attempts,
            )
        )
        with self._database.writing() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        return Delivery(
            id=row.id,
            event=row.event,
            payload=row.payload,
            received_at=row.received_at,
            state=DeliveryState.RECEIVED,
            outcome="",
            handled_at=None,
            attempts=row.attempts,
        )

    def hold(self, delivery_id: str) -> None:
        """Keep others from a delivery that was begun, for `hold_s` from now."""
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, DeliveryRow.state == DeliveryState.RECEIVED)
            .values(held_until=DatabaseTime() + self.hold_s)
        )
        with self._database.writing() as connection:
            connection.execute(statement)

    def postpone(self, delivery_id: str, wait_s: float, thread: str = "") -> None:
        """Put a delivery off that was begun; the attempt does not count.

        With a `thread`, what is told of the same one later is behind it: see `behind`.
        """
        values = {
            "attempts": DeliveryRow.attempts - 1,
            "held_until": DatabaseTime() + wait_s,
            "thread": thread,
        }
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, DeliveryRow.state == DeliveryState.RECEIVED)
            .values(values)
        )
        with self._database.writing() as connection:
            connection.execute(statement)

    def behind(self, thread: str, received_at: float) -> float | None:
        """Return for how many seconds the earlier deliveries of a thread are still put off."""
        left = func.max(DeliveryRow.held_until) - DatabaseTime()
        statement = select(left).where(
            not_handled(),
            DeliveryRow.thread == thread,
            DeliveryRow.received_at < received_at,
        )
        with self._database.reading() as connection:
            wait_s: float | None = connection.execute(statement).scalar_one()
        return None if wait_s is None else max(0.0, wait_s)

    def finish(self, delivery_id: str, state: DeliveryState, outcome: str) -> None:
        """Record what became of a delivery, with one sentence."""
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id)
            .values(state=state, outcome=outcome, handled_at=time.time(), held_until=0.0)
        )
        with self._database.writing() as connection:
            connection.execute(statement)

    def knows(self, delivery_id: str) -> bool:
        """Say whether a delivery was stored, whatever became of it."""
        statement = select(DeliveryRow.id).where(DeliveryRow.id == delivery_id)
        with self._database.reading() as connection:
            return connection.execute(statement).one_or_none() is not None

    def get(self, delivery_id: str) -> Delivery | None:
        """Read one delivery."""
        statement = select(DeliveryRow.__table__).where(DeliveryRow.id == delivery_id)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        return Delivery(
            id=row.id,
            event=row.event,
            payload=row.payload,
            received_at=row.received_at,
            state=DeliveryState(row.state),
            outcome=row.outcome,
            handled_at=row.handled_at,
            attempts=row.attempts,
        )

    def unhandled(self, older_than_s: float) -> list[str]:
        """Name what waits longer than `older_than_s` and nobody is at, oldest first."""
        statement = (
            select(DeliveryRow.id)
            .where(
                not_handled(),
                DeliveryRow.received_at < DatabaseTime() - older_than_s,
                DeliveryRow.held_until < DatabaseTime(),
            )
            .order_by(DeliveryRow.received_at)
        )
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())
