"""Decides whether the repository's checks may run on what the agent wrote.

They execute the change next to the repository's secrets, and what an outsider wrote may have
steered it. So they run by themselves only where all that the agent was given came from people who
may write to the repository; what cannot be looked up counts as an outsider's.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from bot.comments.held import base_held, is_held, outsider, read_elsewhere
from bot.github_errors import NotFound
from bot.github_repository import Permission
from bot.other_bots import ROUND
from bot.vouching import VOUCHED
from jobs.agent.tools import GITHUB_CONTEXT
from jobs.checkout import Base
from jobs.job import Job
from jobs.plans.approved import BRIEF
from jobs.rounds.round import Round
from records.task import Task

_WRITERS = frozenset({"admin", "write"})


class Roles(Protocol):
    """Who may do what in a repository."""

    def permission(self, login: str) -> Permission:
        """Say what somebody may do."""

    def commit_message(self, sha: str) -> str:
        """Return the message of a commit."""


def why_held(job: Job, repository: Roles, base: Base | None = None) -> str:
    """Return why the checks may not run, or nothing; raises GitHubError.

    That is whose words the agent was given, or that nobody has let them run on the base so far.
    What is merged into the default branch was let in by somebody who may.
    """
    if why := _why_given(job, repository):
        return why
    if base is None or not base.project_sha:
        return ""
    return base_held() if is_held(repository.commit_message(base.sha)) else ""


def _why_given(job: Job, repository: Roles) -> str:
    tasks = tuple(_behind(job))
    for login, user_id in dict.fromkeys(author for task in tasks for author in _authors(task)):
        if not _writes(repository, login, user_id):
            return outsider(login or "ghost")
    actions = [action for task in tasks for action in job.services.actions.all(task.id)]
    rounds = (Round.from_json(one.content["round"]) for one in actions if one.kind == ROUND)
    heard = (login for taken in rounds for login, _ in taken.reviewers if login.endswith("[bot]"))
    if bot := next(heard, ""):
        return outsider(bot)
    if any(action.content.get("name") == GITHUB_CONTEXT for action in actions):
        return read_elsewhere()
    return ""


def _writes(repository: Roles, login: str, user_id: int) -> bool:
    if not login or login.endswith("[bot]"):
        return False  # GitHub knows no roles of other Apps
    try:
        found = repository.permission(login)
    except NotFound:
        return False
    # A login can be given up and taken by somebody else; the id of an account stays.
    return found.level in _WRITERS and found.user_id == user_id != 0


def _behind(job: Job) -> Iterator[Task]:
    """Yield the task, and each one whose work or plan it goes on with: that steered it as well."""
    seen: set[str] = set()
    left = [job.task]
    while left:
        task = left.pop()
        seen.add(task.id)
        yield task
        left += [job.services.tasks.get(one) for one in _before(task.brief) if one not in seen]


def _before(brief: dict[str, Any]) -> list[str]:
    plan = brief.get(BRIEF) or {}
    # A task that is tried again has the instruction of the one before in its own.
    return [one for one in (brief.get("wip"), plan.get("task"), brief.get("retry_of")) if one]


def _authors(task: Task) -> list[tuple[str, int]]:
    """Return everybody whose text the agent was given; who asked may have less than write access.

    Of an issue's text that somebody with write access vouched for, that one is the author.
    """
    issue = task.issue
    return [
        (task.requester, task.requester_id),
        *([] if task.brief.get(VOUCHED) else [(issue.author, issue.author_id)]),
        *((one.author, one.author_id) for one in issue.comments),
    ]
