"""Tasks: created once per request, leased to one job at a time, written only by its holder."""

import json
import secrets
import time
from typing import Any, Unpack

from sqlalchemy import case, func, insert, or_, select, update
from sqlalchemy.engine import Row as ResultRow
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from records.database import Database
from records.fence import held, write_fenced
from records.heard import Heard
from records.schema import DatabaseTime, TaskRow
from records.task import (
    ENDED,
    IssueSnapshot,
    Lease,
    LeaseLost,
    NewTask,
    PlanStep,
    Progress,
    Task,
    TaskFields,
    TaskNotFound,
    TaskState,
    canonical_json,
    issue_from_json,
    issue_json,
    progress_from_json,
    progress_json,
)
from records.waits import Waits

__all__ = [
    "IssueSnapshot",
    "Lease",
    "LeaseLost",
    "NewTask",
    "PlanStep",
    "Progress",
    "Task",
    "TaskFields",
    "TaskNotFound",
    "TaskState",
    "Tasks",
]

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SHORTEST_ID = 4
_COLUMNS = TaskRow.__table__.columns
_SHOWN = [
    column
    for column in _COLUMNS
    if column.name not in {"owner", "queued_at", "action_count", "action_head"}
]


class IssueBusy(Exception):
    """Another task on the issue has not ended; an issue has one at a time."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"task {task.id} is on its way")
        self.task = task


class Tasks:
    """The tasks of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.heard = Heard(database)
        self.waits = Waits(database)

    def create(self, new: NewTask) -> tuple[Task, bool]:
        """Record a new task, or find the one that the same request made before (then False).

        IssueBusy if another request's task on the same issue has not ended.
        """
        length = _SHORTEST_ID
        while True:
            task_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(length))
            try:
                with self._database.writing() as connection:
                    connection.execute(insert(TaskRow), _new_row(task_id, new))
            except IntegrityError:
                # Either the request is known, or the id is taken.
                known = self._first(TaskRow.semantic_key == new.semantic_key)
                if known:
                    return known, False
                live = self.live_on_issue(new.repository_id, new.issue_number)
                if live:
                    raise IssueBusy(live) from None
                length += 1
            else:
                return self.get(task_id), True

    def get(self, task_id: str) -> Task:
        """Read one task."""
        task = self._first(TaskRow.id == task_id)
        if task is None:
            raise TaskNotFound(task_id)
        return task

    def live_on_issue(self, repository_id: int, issue_number: int) -> Task | None:
        """Find the newest task on an issue that has not ended."""
        return self._first(
            TaskRow.repository_id == repository_id,
            TaskRow.issue_number == issue_number,
            TaskRow.state.not_in(ENDED),
        )

    def latest_on_issue(self, repository_id: int, issue_number: int) -> Task | None:
        """Find the newest task on an issue."""
        return self._first(
            TaskRow.repository_id == repository_id,
            TaskRow.issue_number == issue_number,
        )

    def recent(self, limit: int) -> list[Task]:
        """List the newest tasks, newest first."""
        statement = select(*_SHOWN).order_by(TaskRow.created_at.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_task(row) for row in connection.execute(statement)]

    def take(self, task_id: str, owner: str, lease_s: float) -> Lease | None:
        """Take the task for a job; None if it has ended, waits, or another job has it."""
        statement = (
            update(TaskRow)
            .where(
                TaskRow.id == task_id,
                TaskRow.state.in_([TaskState.QUEUED, TaskState.RUNNING]),
                TaskRow.lease_expires_at < DatabaseTime(),
            )
            .values(
                epoch=TaskRow.epoch + 1,
                attempts=TaskRow.attempts + 1,
                owner=owner,
                state=TaskState.RUNNING,
                lease_expires_at=DatabaseTime() + lease_s,
                started_at=func.coalesce(TaskRow.started_at, DatabaseTime()),
            )
            .returning(TaskRow.epoch)
        )
        with self._database.writing() as connection:
            epoch = connection.execute(statement).scalar_one_or_none()
        return None if epoch is None else Lease(task_id, epoch, owner)

    def renew(self, lease: Lease, lease_s: float) -> None:
        """Keep the task for `lease_s` more seconds; LeaseLost if another job has it."""
        with self._database.writing() as connection:
            write_fenced(connection, lease, {"lease_expires_at": DatabaseTime() + lease_s})

    def release(self, lease: Lease) -> None:
        """Give the task back unfinished, for another job to take at once."""
        still_running = TaskRow.state == TaskState.RUNNING
        values = {
            "lease_expires_at": 0.0,
            # Leaving politely is no attempt that failed.
            "attempts": case((still_running, TaskRow.attempts - 1), else_=TaskRow.attempts),
            "owner": case((still_running, ""), else_=TaskRow.owner),
            "queued_at": 0.0,
            "state": case((still_running, str(TaskState.QUEUED)), else_=TaskRow.state),
        }
        with self._database.writing() as connection:
            write_fenced(connection, lease, values)

    def write(self, lease: Lease, **fields: Unpack[TaskFields]) -> None:
        """Write about the task, as the holder of its lease."""
        values: dict[str, Any] = dict(fields)
        if "progress" in fields:
            values["progress"] = progress_json(fields["progress"])
        if (evidence := fields.get("evidence")) is not None:
            values["evidence"] = canonical_json(evidence)
        with self._database.writing() as connection:
            write_fenced(connection, lease, values)

    def end(self, lease: Lease, state: TaskState, *, reason: str, explanation: str) -> None:
        """End the task, once; the holder may still write about it afterwards."""
        if not state.ended:
            raise ValueError(f"a task cannot end as {state}")
        statement = (
            update(TaskRow)
            .where(held(lease), TaskRow.state == TaskState.RUNNING)
            .values(
                state=state,
                reason=reason,
                explanation=explanation,
                ended_at=time.time(),
                lease_expires_at=0.0,
            )
        )
        with self._database.writing() as connection:
            if connection.execute(statement).rowcount != 1:
                raise LeaseLost(f"task {lease.task_id} is not this job's to end")

    def set_status_comment(self, task_id: str, comment_id: int) -> None:
        """Remember which comment on the issue shows the task."""
        statement = (
            update(TaskRow).where(TaskRow.id == task_id).values(status_comment_id=comment_id)
        )
        with self._database.writing() as connection:
            connection.execute(statement)

    def request_stop(self, task_id: str, by: str, *, discard: bool = False) -> Task:
        """Stop a task that never began, or ask for it to be stopped by a job.

        A job that has the task stops; a task that waits with work already done is queued, for a
        job that keeps the work. With `discard`, nothing is to be kept.
        """
        idle = TaskRow.state.in_([TaskState.QUEUED, TaskState.WAITING])
        now = {
            "state": TaskState.STOPPED,
            "reason": "stopped",
            "ended_at": time.time(),
            "stop_requested_by": by,
            "discards": discard,
        }
        asked = {"stop_requested_by": by, "discards": discard}
        this = update(TaskRow).where(TaskRow.id == task_id)
        begun = idle & (TaskRow.epoch > 0)
        running = TaskRow.state == TaskState.RUNNING
        queued = {**asked, "state": TaskState.QUEUED, "queued_at": 0.0}
        with self._database.writing() as connection:
            if not connection.execute(this.where(idle & ~begun).values(now)).rowcount:
                connection.execute(this.where(begun).values(queued))
                connection.execute(this.where(running).values(asked))
        return self.get(task_id)

    def unattended(self, queued_s: float = 10.0) -> list[str]:
        """Name the tasks that no job works on: queued for `queued_s`, or with a lease run out."""
        queued = (TaskRow.state == TaskState.QUEUED) & (
            TaskRow.queued_at < DatabaseTime() - queued_s
        )
        left = (TaskRow.state == TaskState.RUNNING) & (TaskRow.lease_expires_at < DatabaseTime())
        statement = select(TaskRow.id).where(or_(queued, left)).order_by(TaskRow.created_at)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def is_leased(self, task_id: str, epoch: int) -> bool:
        """Say whether the job with this epoch still has the task."""
        leased = (TaskRow.epoch == epoch) & (TaskRow.lease_expires_at >= DatabaseTime())
        statement = select(TaskRow.id).where(TaskRow.id == task_id, leased)
        with self._database.reading() as connection:
            return connection.execute(statement).one_or_none() is not None

    def _first(self, *conditions: ColumnElement[bool]) -> Task | None:
        statement = select(*_SHOWN).where(*conditions).order_by(TaskRow.created_at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _task(row)


def _new_row(task_id: str, new: NewTask) -> dict[str, Any]:
    now = time.time()
    return {
        **vars(new),
        "id": task_id,
        "issue": issue_json(new.issue),
        "brief": canonical_json(new.brief),
        "state": TaskState.QUEUED,
        "reason": "",
        "explanation": "",
        "epoch": 0,
        "owner": "",
        "attempts": 0,
        "lease_expires_at": 0.0,
        "queued_at": now,
        "created_at": now,
        "progress": progress_json(Progress()),
        "summary": "",
        "title": "",
        "action_count": 0,
        "action_head": "",
    }


def _task(row: ResultRow[Any]) -> Task:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    fields["state"] = TaskState(fields["state"])
    fields["issue"] = issue_from_json(fields["issue"])
    fields["brief"] = json.loads(fields["brief"])
    fields["progress"] = progress_from_json(fields["progress"])
    fields["evidence"] = json.loads(fields["evidence"]) if fields["evidence"] else None
    return Task(**fields)
