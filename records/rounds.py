"""Tasks about the bot's own pull requests: which one opened it, and which rounds it has had."""

import json
from typing import Any

from sqlalchemy import exists, select, update

from records.actions import RESULT
from records.database import Database
from records.schema import ActionRow, DatabaseTime, TaskRow
from records.task import ENDED, TaskState, canonical_json

_DONE = (TaskState.SUCCEEDED, TaskState.PARTIAL)

_LONGEST_HELD_S = 600.0
"""However often a review goes on, its round begins so long after it was asked for."""
_RUNG_AFTER_S = 10.0
"""How long a task is queued before the clock rings for it; see `Tasks.unattended`."""


class Rounds:
    """What the tasks table says of pull requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opened_by(self, repository_id: int, number: int) -> str | None:
        """Name the task that opened a pull request; None if it is none of the bot's."""
        statement = (
            select(TaskRow.id)
            .where(
                TaskRow.repository_id == repository_id,
                TaskRow.pull_request_number == number,
                TaskRow.issue_number != number,
                TaskRow.branch.is_not(None),
            )
            .order_by(TaskRow.created_at)
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def on(self, repository_id: int, number: int, verb: str = "address") -> list[str]:
        """Name the tasks with a verb on a pull request, the oldest first."""
        statement = (
            select(TaskRow.id)
            .where(
                TaskRow.repository_id == repository_id,
                TaskRow.issue_number == number,
                TaskRow.verb == verb,
            )
            .order_by(TaskRow.created_at)
        )
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def made(self, repository_id: int, number: int) -> list[str]:
        """Name the rounds of review of a pull request: those that came to something, or still may.

        One that was stopped before it began, or found no thread to work on, was none.
        """
        kept = exists().where(ActionRow.task_id == TaskRow.id, ActionRow.kind == RESULT)
        came_to_something = TaskRow.state.in_(_DONE) | TaskRow.head_sha.is_not(None) | kept
        statement = (
            select(TaskRow.id)
            .where(
                TaskRow.repository_id == repository_id,
                TaskRow.issue_number == number,
                TaskRow.verb == "address",
                TaskRow.state.not_in(ENDED) | came_to_something,
            )
            .order_by(TaskRow.created_at)
        )
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def hold(self, task_id: str, seconds: float, words: tuple[dict[str, Any], ...] = ()) -> bool:
        """Let a task that no job has had begin so many seconds from now, and hear more words.

        False if it has begun, or ended: then it hears nothing more so.
        """
        this = TaskRow.id == task_id
        waits = (TaskRow.state == TaskState.QUEUED) & (TaskRow.attempts == 0)
        with self._database.writing() as connection:
            found = connection.execute(
                select(TaskRow.brief, TaskRow.created_at, DatabaseTime().label("now"))
                .where(this & waits)
                .with_for_update()
            ).one_or_none()
            if found is None:
                return False
            brief = json.loads(found.brief)
            known = brief.setdefault("words", [])
            known += [one for one in words if one not in known]
            until = min(found.now + seconds, found.created_at + _LONGEST_HELD_S)
            values = {
                "brief": canonical_json(brief),
                # A lease that nobody holds keeps every job away until it runs out.
                "lease_expires_at": until,
                "queued_at": until - _RUNG_AFTER_S,
            }
            changed = connection.execute(update(TaskRow).where(this & waits).values(values))
            return changed.rowcount == 1
