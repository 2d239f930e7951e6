"""Decides whether the repository's checks may run on what the agent wrote.

They execute the change next to the repository's secrets, and what an outsider wrote may have
steered it. So they run by themselves only where all that the agent was given came from people who
may write to the repository; what cannot be looked up counts as an outsider's.
"""

from typing import Protocol

from bot.comments.held import outsider, read_elsewhere
from bot.github_errors import NotFound
from bot.github_repository import Permission
from jobs.agent.tools import GITHUB_CONTEXT
from jobs.job import Job
from records.task import Task

_WRITERS = frozenset({"admin", "write"})


class Roles(Protocol):
    """Who may do what in a repository."""

    def permission(self, login: str) -> Permission:
        """Say what somebody may do."""


def why_held(job: Job, repository: Roles) -> str:
    """Return whose words keep the checks from running, or nothing; raises GitHubError."""
    for login in dict.fromkeys(_authors(job.task)):
        try:
            level = repository.permission(login).level if login else "none"
        except NotFound:
            level = "none"
        if level not in _WRITERS:
            return outsider(login or "ghost")
    actions = job.services.actions.all(job.task.id)
    if any(action.content.get("name") == GITHUB_CONTEXT for action in actions):
        return read_elsewhere()
    return ""


def _authors(task: Task) -> list[str]:
    """Return everybody whose text the agent was given; the requester was checked already."""
    return [task.issue.author, *(one.author for one in task.issue.comments)]
