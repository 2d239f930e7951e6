"""Looks again, before a task costs anything and before anything is pushed, at who asked for it."""

from bot.comments.failures import Failure
from bot.github_errors import Forbidden, Invalid, NotFound
from bot.github_repository import GitHubRepository, Permission
from bot.permissions import Role, role_of
from bot.project import Projects, Who
from bot.request import READ_CONTENTS
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.minted import minted
from jobs.patience import patiently
from jobs.project_file.file import read_project
from records.task import Task

_USUALLY = {"ask": Role.TRIAGE}
"""What a verb needs where that is less than write access, and the project says nothing else."""


def check_before_work(job: Job) -> None:
    """Raise TaskFailed unless whoever asked may still have this done; it may have waited long."""
    if job.task.head_sha:
        return  # it is handed in; what is left to do is to say so
    try:
        patiently(job, lambda: _look(job), until=job.watch.halted)
    except (Forbidden, Invalid, NotFound) as refused:
        # The App was taken off the repository, or the repository is gone.
        raise TaskFailed(Failure.SETUP_FAILED, f"GitHub says: {refused}") from refused


def _look(job: Job) -> None:
    with minted(job.services, job.task, READ_CONTENTS) as token:
        check_requester(job.services.github.repository(token), job.task)


def check_requester(repository: GitHubRepository, task: Task) -> None:
    """Raise TaskFailed unless whoever asked for the task may still have it done."""
    if task.requester.endswith("[bot]"):
        # GitHub knows no roles of other Apps; the list is the repository's own word.
        if task.requester not in who_may(repository, task).bots:
            words = f"{task.requester} is not among the bots that are listened to any more."
            raise TaskFailed(Failure.PERMISSION_LOST, words)
        return
    try:
        person = repository.permission(task.requester)
    except NotFound as gone:
        words = f"GitHub knows no {task.requester} any more."
        raise TaskFailed(Failure.PERMISSION_LOST, words) from gone
    if person.user_id != task.requester_id or not _may(person, repository, task):
        words = f"{task.requester} has {person.role} access now."
        raise TaskFailed(Failure.PERMISSION_LOST, words)


def _may(person: Permission, repository: GitHubRepository, task: Task) -> bool:
    """Say whether the role is enough: the usual one, or a smaller one that the project allows."""
    if role_of(person) >= _USUALLY.get(task.verb, Role.WRITE):
        return True
    said = who_may(repository, task).roles.get(task.verb)
    return said is not None and role_of(person) >= Role[said.upper()]


def who_may(repository: GitHubRepository, task: Task) -> Who:
    """Return whom the repository's default branch lets ask for what, as it says now."""
    branch = repository.default_branch()
    return Projects(read_project).of(task.repository_id, repository, branch).who
