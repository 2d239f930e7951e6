"""Finds tasks as they stand, by their number, their thread, or who asked; writes nothing."""

import json
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.engine import Row as ResultRow
from sqlalchemy.sql.elements import ColumnElement

from records.database import Database
from records.live import not_ended
from records.schema import CheckpointRow, DatabaseTime, TaskRow
from records.task import (
    ENDED,
    Task,
    TaskNotFound,
    TaskState,
    issue_from_json,
    progress_from_json,
)

_COLUMNS = TaskRow.__table__.columns
_SHOWN = [
    column
    for column in _COLUMNS
    if column.name not in {"owner", "queued_at", "action_count", "action_head"}
]


class FoundTasks:
    """The tasks of one database, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, task_id: str) -> Task:
        """Read one task."""
        task = self._first(TaskRow.id == task_id)
        if task is None:
            raise TaskNotFound(task_id)
        return task

    def of_request(self, semantic_key: str) -> Task | None:
        """Find the task that a request made."""
        return self._first(TaskRow.semantic_key == semantic_key)

    def live_on_issue(self, repository_id: int, issue_number: int) -> Task | None:
        """Find the task of a thread that is at work, or else the first in its line."""
        return next(iter(self.line(repository_id, issue_number)), None)

    def line(self, repository_id: int, issue_number: int) -> list[Task]:
        """List the tasks of a thread that have not ended, in the order in which they get a turn."""
        queued = case((TaskRow.state == TaskState.QUEUED, 1), else_=0)
        statement = (
            select(*_SHOWN)
            .where(
                TaskRow.repository_id == repository_id,
                TaskRow.issue_number == issue_number,
                not_ended(),
            )
            .order_by(queued, TaskRow.created_at, TaskRow.id)
        )
        with self._database.reading() as connection:
            return [_task(row) for row in connection.execute(statement)]

    def latest_on_issue(
        self, repository_id: int, issue_number: int, *, verb: str = ""
    ) -> Task | None:
        """Find the newest task on an issue; the newest of this verb, if one is named."""
        return self._first(
            TaskRow.repository_id == repository_id,
            TaskRow.issue_number == issue_number,
            *((TaskRow.verb == verb,) if verb else ()),
        )

    def newest_on_issue(self, repository_id: int, issue_number: int, most: int) -> list[Task]:
        """List the newest tasks of a thread, newest first."""
        statement = (
            select(*_SHOWN)
            .where(TaskRow.repository_id == repository_id, TaskRow.issue_number == issue_number)
            .order_by(TaskRow.created_at.desc())
            .limit(most)
        )
        with self._database.reading() as connection:
            return [_task(row) for row in connection.execute(statement)]

    def last_ended(self, repository_id: int, issue_number: int) -> Task | None:
        """Find the newest task of a thread that has ended."""
        return self._first(
            TaskRow.repository_id == repository_id,
            TaskRow.issue_number == issue_number,
            TaskRow.state.in_(ENDED),
        )

    def has_work(self, task_id: str) -> bool:
        """Say whether a task left a change that another can go on with."""
        kept = (TaskRow.id == task_id) & ~TaskRow.discards & TaskRow.base_sha.is_not(None)
        statement = (
            select(TaskRow.id).join(CheckpointRow, CheckpointRow.task_id == TaskRow.id).where(kept)
        )
        with self._database.reading() as connection:
            return connection.execute(statement.limit(1)).one_or_none() is not None

    def made_since(self, since: float, repository_id: int, issue_number: int) -> int:
        """Count the tasks of a thread that were asked for since a time, in Unix seconds."""
        statement = select(func.count()).where(
            TaskRow.repository_id == repository_id,
            TaskRow.issue_number == issue_number,
            TaskRow.created_at >= since,
        )
        with self._database.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def recent(self, limit: int) -> list[Task]:
        """List the newest tasks, newest first."""
        statement = select(*_SHOWN).order_by(TaskRow.created_at.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_task(row) for row in connection.execute(statement)]

    def anybody_works(self) -> bool:
        """Say whether any task is held by a job."""
        # The lease of a queued one is a time before which nobody shall take it.
        held_now = (TaskRow.lease_expires_at >= DatabaseTime()) & (
            TaskRow.state == TaskState.RUNNING
        )
        with self._database.reading() as connection:
            found = connection.execute(select(TaskRow.id).where(not_ended(), held_now).limit(1))
            return found.one_or_none() is not None

    def _first(self, *conditions: ColumnElement[bool]) -> Task | None:
        statement = select(*_SHOWN).where(*conditions).order_by(TaskRow.created_at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _task(row)


def _task(row: ResultRow[Any]) -> Task:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    fields["state"] = TaskState(fields["state"])
    fields["issue"] = issue_from_json(fields["issue"])
    fields["brief"] = json.loads(fields["brief"])
    fields["progress"] = progress_from_json(fields["progress"])
    fields["evidence"] = json.loads(fields["evidence"]) if fields["evidence"] else None
    return Task(**fields)
