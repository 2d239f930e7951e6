"""Actions: what was done for a task, in order, append-only, each chained to the one before."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Row as ResultRow

from records.database import Database
from records.schema import ActionRow, TaskRow
from records.task import Lease, LeaseLost, Progress, TaskNotFound, canonical_json, progress_json

RESULT = "result"
"""The kind of an entry that holds what came of a task beside a change, as of a review's threads."""


@dataclass(frozen=True)
class Action:
    """One entry of the action log."""

    task_id: str
    number: int
    kind: str
    at: float
    content: dict[str, Any]
    previous: str
    hash: str


class Actions:
    """The action logs of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Each step of a task waits for its entry, so the statements are put together only once.
        ours = (
            (TaskRow.id == bindparam("our_task"))
            & (TaskRow.epoch == bindparam("our_epoch"))
            & (TaskRow.owner == bindparam("our_owner"))
        )
        end = select(TaskRow.action_count, TaskRow.action_head).where(ours)
        self._find_end = end.with_for_update()
        self._insert = insert(ActionRow)
        self._move_end = update(TaskRow).where(ours)

    def append(
        self, lease: Lease, kind: str, content: dict[str, Any], progress: Progress | None = None
    ) -> Action:
        """Add an entry, as the holder of the task's lease, and the progress with it."""
        at = time.time()
        ours = {"our_task": lease.task_id, "our_epoch": lease.epoch, "our_owner": lease.owner}
        with self._database.writing() as connection:
            row = connection.execute(self._find_end, ours).one_or_none()
            if row is None:
                raise LeaseLost(f"task {lease.task_id} is no longer this job's")
            number, previous = row.action_count + 1, row.action_head
            digest = chained_hash(previous, number=number, kind=kind, at=at, content=content)
            entry = Action(lease.task_id, number, kind, at, content, previous, digest)
            connection.execute(self._insert, {**vars(entry), "content": _in_its_order(content)})
            state: dict[str, Any] = {"action_count": number, "action_head": digest}
            if progress is not None:
                state["progress"] = progress_json(progress)
            connection.execute(self._move_end, {**ours, **state})
        return entry

    def all(self, task_id: str) -> list[Action]:
        """Read a task's whole log."""
        return self.since(task_id, 0)

    def since(self, task_id: str, number: int) -> list[Action]:
        """Read the entries after `number`."""
        statement = (
            select(*ActionRow.__table__.columns)
            .where(ActionRow.task_id == task_id, ActionRow.number > number)
            .order_by(ActionRow.number)
        )
        with self._database.reading() as connection:
            return [_action(row) for row in connection.execute(statement)]

    def of_kind(self, task_id: str, kind: str) -> list[Action]:
        """Read the entries of one kind."""
        statement = (
            select(*ActionRow.__table__.columns)
            .where(ActionRow.task_id == task_id, ActionRow.kind == kind)
            .order_by(ActionRow.number)
        )
        with self._database.reading() as connection:
            return [_action(row) for row in connection.execute(statement)]

    def head(self, task_id: str) -> str:
        """Give the hash of the last entry; nothing if there is none."""
        statement = select(TaskRow.action_head).where(TaskRow.id == task_id)
        with self._database.reading() as connection:
            head = connection.execute(statement).scalar_one_or_none()
        if head is None:
            raise TaskNotFound(task_id)
        return head

    def verify(self, task_id: str) -> bool:
        """Compute the whole chain again; False if an entry was changed, lost or put in."""
        head, previous = self.head(task_id), ""
        for expected, entry in enumerate(self.all(task_id), start=1):
            digest = chained_hash(
                previous, number=entry.number, kind=entry.kind, at=entry.at, content=entry.content
            )
            if (entry.number, entry.previous, entry.hash) != (expected, previous, digest):
                return False
            previous = digest
        return previous == head


def chained_hash(
    previous: str, *, number: int, kind: str, at: float, content: dict[str, Any]
) -> str:
    """Compute an entry's hash, which also stands for all entries before it."""
    entry = canonical_json({"number": number, "kind": kind, "at": at, "content": content})
    return hashlib.sha256((previous + entry).encode()).hexdigest()


def _in_its_order(content: dict[str, Any]) -> str:
    """Write what is read again: a history that came back sorted would be another to a server."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def _action(row: ResultRow[Any]) -> Action:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return Action(**{**fields, "content": json.loads(fields["content"])})
