"""Looks again, before anything is pushed, at whether whoever asked may still write."""

from bot.comments.failures import Failure
from bot.github_errors import NotFound
from bot.github_repository import GitHubRepository
from jobs.ending import TaskFailed
from records.task import Task


def check_requester(repository: GitHubRepository, task: Task) -> None:
    """Raise TaskFailed unless whoever asked for the task may still write to the repository."""
    try:
        person = repository.permission(task.requester)
    except NotFound as gone:
        words = f"GitHub knows no {task.requester} any more."
        raise TaskFailed(Failure.PERMISSION_LOST, words) from gone
    if person.user_id != task.requester_id or person.level not in {"admin", "write"}:
        words = f"{task.requester} has {person.role} access now."
        raise TaskFailed(Failure.PERMISSION_LOST, words)
