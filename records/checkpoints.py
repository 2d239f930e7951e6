"""Checkpoints: the newest state of a task's change, from which another job can go on."""

import time
import zlib
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.sql.elements import ColumnElement

from records.database import Database
from records.fence import held
from records.schema import CheckpointRow, TaskRow
from records.task import Lease, LeaseLost


@dataclass(frozen=True)
class Checkpoint:
    """A change as it stood after an action; attempt 0 is a task's only one."""

    task_id: str
    attempt: int
    action_number: int
    base_sha: str
    content: bytes
    saved_at: float


class Checkpoints:
    """The checkpoints of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, lease: Lease, action_number: int, base_sha: str, content: bytes, *, attempt: int = 0
    ) -> None:
        """Keep this state instead of the one before, as the holder of the task's lease."""
        values = {
            "task_id": lease.task_id,
            "attempt": attempt,
            "action_number": action_number,
            "base_sha": base_sha,
            # Outside of the transaction: nobody waits for the compression. Level 1: it is kept
            # for minutes, and written often.
            "content": zlib.compress(content, level=1),
            "saved_at": time.time(),
        }
        old = delete(CheckpointRow).where(_of(lease.task_id, attempt))
        with self._database.writing() as connection:
            fence = select(TaskRow.id).where(held(lease)).with_for_update()
            if connection.execute(fence).one_or_none() is None:
                raise LeaseLost(f"task {lease.task_id} is no longer this job's")
            connection.execute(old)
            connection.execute(insert(CheckpointRow), values)

    def latest(self, task_id: str, *, attempt: int = 0) -> Checkpoint | None:
        """Read the newest state of one attempt, if there is one."""
        return self._read(_of(task_id, attempt))

    def newest(self, task_id: str) -> Checkpoint | None:
        """Read the newest state of a task, of whichever attempt."""
        return self._read(CheckpointRow.task_id == task_id)

    def _read(self, which: ColumnElement[bool]) -> Checkpoint | None:
        statement = select(*CheckpointRow.__table__.columns).where(which)
        statement = statement.order_by(CheckpointRow.saved_at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        content = zlib.decompress(row.content)
        fields = {**row._mapping, "content": content}  # noqa: SLF001 - SQLAlchemy's public name
        return Checkpoint(**fields)


def _of(task_id: str, attempt: int) -> ColumnElement[bool]:
    return (CheckpointRow.task_id == task_id) & (CheckpointRow.attempt == attempt)
