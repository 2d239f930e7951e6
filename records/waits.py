"""Waits: what a task needs from people before it can go on, and what they said."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update
from sqlalchemy.engine import Row as ResultRow

from records.database import Database
from records.fence import held, write_fenced
from records.live import not_ended
from records.schema import DatabaseTime, TaskRow, WaitRow
from records.task import Lease, LeaseLost, TaskState, canonical_json


class WaitKind(StrEnum):
    """What a task waits for."""

    QUESTION = "question"
    PLAN = "plan"
    BUDGET = "budget"
    PACKAGES = "packages"
    CHANGE = "change"
    """The approval of a change that may not be published without one."""


@dataclass(frozen=True)
class NewWait:
    """What a job asks of people; one that was asked under the same key before is the same."""

    key: str
    """Names it within its task: `call:<id>` of the agent's call, `plan:<digest>`, …"""
    kind: WaitKind
    asked: dict[str, Any]
    seconds: float | None = None
    """How long people have; without a number, as long as they like."""


@dataclass(frozen=True)
class Wait:
    """A wait as it stands in the records."""

    task_id: str
    number: int
    key: str
    kind: WaitKind
    asked: dict[str, Any]
    asked_at: float
    deadline: float | None
    """Unix seconds, by the database's clock."""
    answer: dict[str, Any]
    """What was said so far; of several questions, maybe not to all."""
    answered_by: str
    """Whose word was the last; nobody's where the deadline passed."""
    answered_at: float | None
    """When it was answered in full, or ran out; None while it is open."""

    @property
    def is_open(self) -> bool:
        """Say whether somebody may still answer."""
        return self.answered_at is None

    @property
    def expired(self) -> bool:
        """Say whether the deadline passed before it was answered in full."""
        return bool(self.answer.get(EXPIRED))


EXPIRED = "expired"
"""The key in an answer that says that the deadline answered."""
_COLUMNS = list(WaitRow.__table__.columns)


class Waits:
    """The waits of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, lease: Lease, new: NewWait) -> Wait:
        """Write down what a job asks, once for each key; LeaseLost if the task is not its own."""
        with self._database.writing() as connection:
            write_fenced(connection, lease, {"owner": lease.owner})
            if not _of_key(connection, lease.task_id, new.key):
                values = _row(connection, lease.task_id, new)
                late = None if new.seconds is None else DatabaseTime() + new.seconds
                connection.execute(insert(WaitRow).values(**values, deadline=late))
            found = _of_key(connection, lease.task_id, new.key)
        assert found  # noqa: S101 - it was there, or is there now
        return found

    def rest(self, lease: Lease) -> TaskState:
        """Give the task back until it is answered; at once, if that has happened or it shall stop.

        Returns WAITING or QUEUED, which the task is now in. LeaseLost if it is another job's.
        """
        is_open = _open_of(lease.task_id).exists()
        waits = is_open & TaskRow.stop_requested_by.is_(None)
        values = {
            "lease_expires_at": 0.0,
            "attempts": TaskRow.attempts - 1,  # who waits has not failed
            "owner": "",
            "queued_at": 0.0,
            "state": case((waits, str(TaskState.WAITING)), else_=str(TaskState.QUEUED)),
        }
        running = held(lease) & (TaskRow.state == TaskState.RUNNING)
        statement = update(TaskRow).where(running).values(values).returning(TaskRow.state)
        with self._database.writing() as connection:
            state = connection.execute(statement).scalar_one_or_none()
        if state is None:
            raise LeaseLost(f"task {lease.task_id} is no longer this job's (epoch {lease.epoch})")
        return TaskState(state)

    def answer(
        self,
        wait: Wait,
        said: dict[str, Any],
        by: str,
        *,
        is_all: Callable[[dict[str, Any]], bool] = lambda _: True,
    ) -> Wait | None:
        """Add to the answer of an open wait; once that is all, the task is queued again.

        Returns the wait as it is now, or None if it was answered before. Whoever calls wakes the
        task if it is no longer open.
        """
        this = (WaitRow.task_id == wait.task_id) & (WaitRow.number == wait.number)
        with self._database.writing() as connection:
            locked = select(*_COLUMNS).where(this).with_for_update()
            now = _wait(connection.execute(locked).one())
            if not now.is_open:
                return None
            merged = _merged(now.answer, said)
            done = is_all(merged)
            values = {
                "answer": canonical_json(merged),
                "answered_by": by,
                "answered_at": DatabaseTime() if done else None,
            }
            connection.execute(update(WaitRow).where(this).values(values))
            if done:
                _queue(connection, wait.task_id)
            return _wait(connection.execute(select(*_COLUMNS).where(this)).one())

    def grant(self, task_id: str, new: NewWait, said: dict[str, Any], by: str) -> Wait:
        """Write down an answer that nobody had asked for yet, once for each key."""
        # Its job may ask at the same time, and each wait has a number of its own.
        of_task = select(TaskRow.id).where(TaskRow.id == task_id).with_for_update()
        with self._database.writing() as connection:
            connection.execute(of_task)
            if not _of_key(connection, task_id, new.key):
                values = _row(connection, task_id, new)
                values |= {"answer": canonical_json(said), "answered_by": by}
                connection.execute(insert(WaitRow).values(**values, answered_at=DatabaseTime()))
            found = _of_key(connection, task_id, new.key)
        assert found  # noqa: S101 - it was there, or is there now
        return found

    def open(self, task_id: str) -> Wait | None:
        """Find what a task waits for now."""
        with self._database.reading() as connection:
            row = connection.execute(_open_of(task_id)).first()
        return None if row is None else _wait(row)

    def latest(self, task_id: str) -> Wait | None:
        """Find what a task waits for, or waited for last."""
        return next(iter(reversed(self.all(task_id))), None)

    def of_key(self, task_id: str, key: str) -> Wait | None:
        """Find a wait by its key."""
        with self._database.reading() as connection:
            return _of_key(connection, task_id, key)

    def all(self, task_id: str) -> list[Wait]:
        """List the waits of a task, oldest first."""
        statement = select(*_COLUMNS).where(WaitRow.task_id == task_id).order_by(WaitRow.number)
        with self._database.reading() as connection:
            return [_wait(row) for row in connection.execute(statement)]

    def expire(self) -> list[str]:
        """Let every deadline that has passed be the answer; name the tasks that go on with it."""
        with self._database.reading() as connection:
            live = select(TaskRow.id).where(not_ended())
            passed = (WaitRow.deadline < DatabaseTime()) & WaitRow.answered_at.is_(None)
            of_live = passed & WaitRow.task_id.in_(live)
            late = [_wait(row) for row in connection.execute(select(*_COLUMNS).where(of_live))]
        return [wait.task_id for wait in late if self.answer(wait, {EXPIRED: True}, "")]

    def requeue_orphans(self) -> list[str]:
        """Queue the tasks that wait for nothing that anybody could answer; name them."""
        has_open = _open_of(TaskRow.id).exists()
        lost = not_ended() & (TaskRow.state == TaskState.WAITING) & ~has_open
        values = {"state": TaskState.QUEUED, "queued_at": 0.0}
        statement = update(TaskRow).where(lost).values(values).returning(TaskRow.id)
        with self._database.writing() as connection:
            return list(connection.execute(statement).scalars())


def _open_of(task_id: Any) -> Any:
    is_open = (WaitRow.task_id == task_id) & WaitRow.answered_at.is_(None)
    return select(*_COLUMNS).where(is_open).order_by(WaitRow.number.desc()).limit(1)


def _of_key(connection: Connection, task_id: str, key: str) -> Wait | None:
    this = (WaitRow.task_id == task_id) & (WaitRow.key == key)
    row = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
    return None if row is None else _wait(row)


def _row(connection: Connection, task_id: str, new: NewWait) -> dict[str, Any]:
    count = select(func.count()).where(WaitRow.task_id == task_id)
    return {
        "task_id": task_id,
        "number": connection.execute(count).scalar_one() + 1,
        "key": new.key,
        "kind": str(new.kind),
        "asked": canonical_json(new.asked),
        "asked_at": time.time(),
        "answer": "{}",
        "answered_by": "",
    }


def _queue(connection: Connection, task_id: str) -> None:
    waiting = (TaskRow.id == task_id) & (TaskRow.state == TaskState.WAITING)
    values = {"state": TaskState.QUEUED, "queued_at": DatabaseTime()}
    connection.execute(update(TaskRow).where(waiting).values(values))


def _merged(before: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Return both, one level deep: a later answer to the same question is the one that counts."""
    both = {key: {**before[key], **value} if isinstance(value, dict) and key in before else value
            for key, value in said.items()}  # fmt: skip
    return {**before, **both}


def _wait(row: ResultRow[Any]) -> Wait:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    fields["kind"] = WaitKind(fields["kind"])
    fields["asked"], fields["answer"] = json.loads(fields["asked"]), json.loads(fields["answer"])
    return Wait(**fields)
