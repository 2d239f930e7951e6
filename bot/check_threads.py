"""Finds the thread that an event about checks belongs to: a pull request of the bot's, an issue."""

from dataclasses import dataclass
from typing import Any

from bot.check_events import AGAIN, ButtonPressed, CheckRunAsked, ChecksEnded, CheckSuiteCompleted
from bot.github_errors import Forbidden, Invalid, NotFound, Unauthorized
from bot.request import Context
from bot.subjects import Issue
from records.task import TaskNotFound

_READ = {"issues": "read", "pull_requests": "read", "metadata": "read"}
_ON_THE_TASK = frozenset({"stop", "retry", "approve", "reject", AGAIN})
"""The buttons that are about the task whose check run it is, and not about the pull request."""


class NoThread(Exception):
    """Nothing follows from the event; the words say why."""


@dataclass(frozen=True)
class _Event:
    event: CheckRunAsked | CheckSuiteCompleted
    context: Context

    def issue(self, number: int) -> Issue:
        """Read the thread with this number, as it is now; NoThread if it is not to be had."""
        event, github = self.event, self.context.github
        try:
            found = github.kept_repository(event.installation_id, event.repository.id, _READ).issue(
                number
            )
        except Unauthorized:
            github.forget(event.installation_id, event.repository.id)
            raise
        except (Forbidden, Invalid, NotFound) as error:
            raise NoThread(f"no access to #{number}: {error}") from error
        return Issue(
            id=found.id,
            number=number,
            title=found.title,
            body=found.body,
            author=found.author,
            author_id=found.author_id,
            url=found.url,
            labels=found.labels,
            is_open=found.is_open,
            locked=found.locked,
            is_pull_request=found.is_pull_request,
            updated_at=found.updated_at,
        )

    def pull_request(self) -> int:
        """Return the bot's pull request that the commit is in; NoThread if it is in none."""
        tasks, repository_id = self.context.tasks, self.event.repository.id
        known = tasks.pulls.with_head(repository_id, self.event.head_sha)
        if known:
            return known[1]
        for number in self.event.pull_requests:
            if tasks.rounds.opened_by(repository_id, number):
                return number
        raise NoThread("not on a pull request of the bot's")

    def fields(self, number: int) -> dict[str, Any]:
        """Return what an event in a thread is made of."""
        event = self.event
        return {
            "installation_id": event.installation_id,
            "repository": event.repository,
            "sender": event.sender,
            "issue": self.issue(number),
        }


def where_pressed(event: CheckRunAsked, context: Context) -> ButtonPressed:
    """Return the pressing of a button as what happened in its thread; NoThread."""
    found = _Event(event, context)
    number = _task_thread(event, context) if event.button in _ON_THE_TASK else None
    return ButtonPressed(
        **found.fields(number or found.pull_request()), button=event.button, pressed=event.key
    )


def where_checked(event: CheckSuiteCompleted, context: Context) -> ChecksEnded:
    """Return the end of checks as what happened in the bot's pull request; NoThread."""
    found = _Event(event, context)
    return ChecksEnded(**found.fields(found.pull_request()), suite=event)


def _task_thread(event: CheckRunAsked, context: Context) -> int | None:
    try:
        task = context.tasks.get(event.external_id)
    except TaskNotFound:
        return None
    return task.issue_number if task.repository_id == event.repository.id else None
