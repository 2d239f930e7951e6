"""Looks, before a fix that waited in line begins, whether the bot has a pull request for it now."""

from bot.before_start import READ_PULLS
from bot.comments.failures import Failure
from bot.comments.line import addressed_meanwhile
from bot.github_errors import Forbidden, Invalid, NotFound, PermissionsMissing
from bot.github_pulls import OpenPullRequest
from bot.others_pull_requests import ONTO
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.minted import minted
from jobs.patience import patiently
from records.pulls import Fate

_ASKED_FOR_ALL_THE_SAME = ("new", "plan", "batch", ONTO)
"""Of these a brief speaks where another pull request was asked for knowingly: by an option, by the
approval of a plan, for one item of several, or onto the branch of a pull request."""
_LOOKED_THROUGH = 60


def check_not_addressed(job: Job) -> None:
    """Raise TaskFailed where a task before this one has opened a pull request for the issue.

    The intake asks first; but it cannot know what becomes of a task that has not ended. Others'
    pull requests do not count here: with one, anybody could end what waits.
    """
    task = job.task
    if task.attempts > 1 or any(task.brief.get(key) for key in _ASKED_FOR_ALL_THE_SAME):
        return
    if not (numbers := _opened(job)):
        return
    try:
        found = patiently(job, lambda: _open(job), until=job.watch.halted)
    except (Forbidden, Invalid, NotFound, PermissionsMissing):
        return  # whatever the App may not do, handing in will say
    if left := [pull for pull in found if pull.number in numbers]:
        words = addressed_meanwhile([(pull.number, pull.url) for pull in left])
        raise TaskFailed(Failure.ADDRESSED, words)


def _opened(job: Job) -> set[int]:
    """Return the pull requests of other tasks on this issue that the records hold for open."""
    task, tasks = job.task, job.services.tasks
    others = tasks.newest_on_issue(task.repository_id, task.issue_number, _LOOKED_THROUGH)
    numbers = {one.pull_request_number for one in others if one.id != task.id}
    return {
        number
        for number in numbers - {None, task.issue_number}
        if number and tasks.pulls.get(task.repository_id, number).fate is Fate.OPEN
    }


def _open(job: Job) -> list[OpenPullRequest]:
    with minted(job.services, job.task, READ_PULLS) as token:
        return job.services.github.repository(token).open_pull_requests()
