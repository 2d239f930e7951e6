"""Tasks: created once per request, leased to one job at a time, written only by its holder."""

import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Unpack

from sqlalchemy import Connection, case, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from records.actions import Actions
from records.batches import Batches
from records.database import Database, one_at_a_time
from records.fence import held, write_fenced
from records.found_tasks import FoundTasks
from records.heard import Heard
from records.live import not_ended
from records.living import Living
from records.pacing import Pacing
from records.pulls import Pulls
from records.refusals import Refusals
from records.rounds import Rounds
from records.schema import DatabaseTime, TaskRow
from records.task import (
    AT_WORK,
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
    new_row,
    progress_json,
)
from records.usage import Usage
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


def its_turn() -> ColumnElement[bool]:
    """Say in SQL that nothing of the task's thread is at work, or stands before it in the line."""
    other = aliased(TaskRow)
    in_thread = (
        (other.repository_id == TaskRow.repository_id)
        & (other.issue_number == TaskRow.issue_number)
        & (other.id != TaskRow.id)
    )
    asked_before = tuple_(other.created_at, other.id) < tuple_(TaskRow.created_at, TaskRow.id)
    before = other.state.in_(AT_WORK) | ((other.state == TaskState.QUEUED) & asked_before)
    return ~exists().where(in_thread & before)


class Tasks(FoundTasks):
    """The tasks of one database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.heard = Heard(database)
        self.usage = Usage(database)
        self.rounds = Rounds(database)
        self.living = Living(database)
        self.pulls = Pulls(database)
        self.waits = Waits(database)
        self.batches = Batches(database)
        self.refusals = Refusals(database)
        self.pacing = Pacing(database)
        self.actions = Actions(database)

    def create(
        self, new: NewTask, *, same: Callable[[Task], bool] | None = None
    ) -> tuple[Task, bool]:
        """Record a new task, or find the one that the same request made before (then False).

        It stands at the end of its thread's line, and can be taken once all before it have ended.
        `same` says of a task in that line that it is the one that is wanted: then it is found too.
        """
        thread = f"thread:{new.repository_id}:{new.issue_number}"
        length = _SHORTEST_ID
        while True:
            task_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(length))
            try:
                with self._database.writing() as connection:
                    if same is not None:
                        one_at_a_time(connection, thread)
                        line = self.line(new.repository_id, new.issue_number)
                        if known := next(filter(same, line), None):
                            return known, False
                    connection.execute(insert(TaskRow), new_row(task_id, new))
            except IntegrityError:
                # Either the request is known, or the id is taken.
                known = self._first(TaskRow.semantic_key == new.semantic_key)
                if known:
                    return known, False
                length += 1
            else:
                return self.get(task_id), True

    def take(self, task_id: str, owner: str, lease_s: float) -> Lease | None:
        """Take the task for a job.

        None if it has ended, waits, is not the first of its line, or another job has it.
        """
        statement = (
            update(TaskRow)
            .where(
                TaskRow.id == task_id,
                or_(
                    TaskRow.state == TaskState.RUNNING,
                    (TaskRow.state == TaskState.QUEUED) & its_turn(),
                ),
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
        try:
            with self._database.writing() as connection:
                epoch = connection.execute(statement).scalar_one_or_none()
        except IntegrityError:
            return None  # another of the thread was taken in this moment
        return None if epoch is None else Lease(task_id, epoch, owner)

    def renew(self, lease: Lease, lease_s: float) -> None:
        """Keep the task for `lease_s` more seconds; LeaseLost if another job has it."""
        with self._database.writing() as connection:
            write_fenced(connection, lease, {"lease_expires_at": DatabaseTime() + lease_s})

    def release(self, lease: Lease, *, until: float = 0.0) -> None:
        """Give the task back unfinished, for another job to take at once, or from then on.

        `until` is in Unix seconds.
        """
        still_running = TaskRow.state == TaskState.RUNNING
        values = {
            "lease_expires_at": until,
            # Leaving politely is no attempt that failed.
            "attempts": case((still_running, TaskRow.attempts - 1), else_=TaskRow.attempts),
            "owner": case((still_running, ""), else_=TaskRow.owner),
            "queued_at": until,
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
            _call_the_next(connection, lease.task_id)

    def also_asked(self, task_id: str, login: str, how: str) -> None:
        """Remember who wished the same, and how; each once."""
        this = TaskRow.id == task_id
        wish = {"login": login, "how": how}
        with self._database.writing() as connection:
            text = connection.execute(select(TaskRow.brief).where(this).with_for_update())
            brief = json.loads(text.scalar_one())
            if wish not in brief.setdefault("also", []):
                brief["also"].append(wish)
                values = {"brief": canonical_json(brief)}
                connection.execute(update(TaskRow).where(this).values(values))

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
        # What was put off to a later time is stopped now.
        queued = {**asked, "state": TaskState.QUEUED, "queued_at": 0.0, "lease_expires_at": 0.0}
        with self._database.writing() as connection:
            if connection.execute(this.where(idle & ~begun).values(now)).rowcount:
                _call_the_next(connection, task_id)
            else:
                connection.execute(this.where(begun).values(queued))
                connection.execute(this.where(running).values(asked))
        return self.get(task_id)

    def unattended(self, queued_s: float = 10.0) -> list[str]:
        """Name the tasks that no job works on: first in line for `queued_s`, or with no lease."""
        queued = (
            (TaskRow.state == TaskState.QUEUED)
            & (TaskRow.queued_at < DatabaseTime() - queued_s)
            & its_turn()
        )
        left = (TaskRow.state == TaskState.RUNNING) & (TaskRow.lease_expires_at < DatabaseTime())
        statement = select(TaskRow.id).where(not_ended(), or_(queued, left))
        statement = statement.order_by(TaskRow.created_at)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def left_alone(self) -> list[str]:
        """Name the tasks that were at work and whose lease ran out."""
        left = (TaskRow.state == TaskState.RUNNING) & (TaskRow.lease_expires_at < DatabaseTime())
        with self._database.reading() as connection:
            found = connection.execute(select(TaskRow.id).where(not_ended(), left))
            return list(found.scalars())

    def is_leased(self, task_id: str, epoch: int) -> bool:
        """Say whether the job with this epoch still has the task."""
        leased = (TaskRow.epoch == epoch) & (TaskRow.lease_expires_at >= DatabaseTime())
        statement = select(TaskRow.id).where(TaskRow.id == task_id, leased)
        with self._database.reading() as connection:
            return connection.execute(statement).one_or_none() is not None


def _call_the_next(connection: Connection, task_id: str) -> None:
    """Let the clock ring at once for what waited behind a task that has ended."""
    ended = aliased(TaskRow)
    behind = exists().where(
        ended.id == task_id,
        ended.repository_id == TaskRow.repository_id,
        ended.issue_number == TaskRow.issue_number,
    )
    waiting = update(TaskRow).where(TaskRow.state == TaskState.QUEUED, behind)
    connection.execute(waiting.values(queued_at=0.0))
