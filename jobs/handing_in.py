"""Sends what a task came to where it belongs: a pull request, a branch, or words alone."""

from dataclasses import replace

import structlog

from bot.comments import summary_text
from bot.comments.failures import Failure
from bot.comments.outcomes import not_kept
from bot.github_errors import GitHubError
from bot.others_pull_requests import PUSH_TO
from jobs.agent.task import Ending, Outcome, Submission
from jobs.checkout import Base, fetch_base
from jobs.ending import TaskEnd, TaskFailed, cut_short, end_of, failed, stopped
from jobs.harvest import Harvest
from jobs.job import Job
from jobs.patience import patiently
from jobs.pull_request import keep_branch, publish
from jobs.repository.git import GitFailed
from jobs.sandbox import SandboxError
from jobs.solution import Place, Solution
from jobs.waiting.approval import approval
from records.effects import Ambiguous
from records.waits import NewWait

_log = structlog.get_logger()


def hand_in(job: Job, base: Base, solution: Solution) -> TaskEnd | NewWait:
    """Publish or keep the change as its ending says; TaskFailed if GitHub does not take it.

    Where a maintainer has to approve it, that is what it waits for.
    """
    remember_words(job, solution.ending.submission)
    if job.watch.halted.is_set():
        return stopped(None)  # by whom, and whether for good, is not for here to say
    end = _clean(job, end_of(solution))
    match solution.place:
        case Place.PULL_REQUEST:
            return approval(job, base, solution) or _published(job, base, solution, end)
        case Place.BRANCH:
            return keep(job, base, solution, end)
        case Place.NOWHERE:
            return end


def stop(job: Job) -> TaskEnd:
    """Return the end of a task that was stopped, with what was saved of its work on a branch."""
    task = job.services.tasks.get(job.task.id)
    end = stopped(task.stop_requested_by, discards=task.discards)
    return end if task.discards else with_saved_work(job, end, Outcome.STOPPED)


def with_saved_work(job: Job, end: TaskEnd, outcome: Outcome) -> TaskEnd:
    """Put what an earlier moment of the task saved on a branch, and return the end with that."""
    ending = Ending(outcome, None, end.explanation)
    try:
        found = patiently(job, lambda: _saved(job, ending), until=job.watch.leaving)
    except (TaskFailed, GitFailed, GitHubError, Ambiguous) as trouble:
        return _not_kept(job, end, trouble)
    if found is None or not found[1].publishable:
        return end
    return keep(job, *found, end)


def give_up(job: Job, why: Failure, words: str) -> TaskEnd:
    """Return the end of a task that cannot go on, with what was saved of its work, if it can be."""
    try:
        found = _saved(job, Ending(Outcome.SANDBOX_LOST, None, words))
        if found and found[1].publishable:
            end = _clean(job, cut_short(why, found[1]))
            # What was to go onto a pull request that is open already gets none of its own.
            brief = job.task.brief
            is_new = job.task.verb == "fix" and not brief.get(PUSH_TO)
            wants_one = is_new and not brief.get("no_pr")
            hand_over = publish if wants_one else keep_branch
            hand_over(job, *found, end)
            return end
    except (TaskFailed, SandboxError, GitFailed, GitHubError, Ambiguous):
        _log.warning("task.work_not_kept", task=job.task.id, exc_info=True)
    return failed(why, words)


def _saved(job: Job, ending: Ending) -> tuple[Base, Solution] | None:
    """Find what an earlier moment of the task saved; None if it never came that far."""
    task, checkpoints = job.services.tasks.get(job.task.id), job.services.checkpoints
    numbers = range(task.wanted_attempts + 1)
    saved = [one for at in numbers if (one := checkpoints.latest(task.id, attempt=at))]
    if not task.base_sha or not saved or task.verb == "sync":
        return None  # half of a merge is nothing to keep, and its base is on this machine alone
    # Of several attempts that nobody has compared, the one that was at work last.
    newest = max(saved, key=lambda one: one.saved_at)
    base = fetch_base(job.services, task)
    return base, Harvest(job, base).saved(ending, newest)


def _published(job: Job, base: Base, solution: Solution, end: TaskEnd) -> TaskEnd:
    hand_over = keep_branch if job.task.brief.get("no_pr") else publish
    try:
        patiently(job, lambda: hand_over(job, base, solution, end), until=job.watch.halted)
    except TaskFailed as refused:
        if not end.reason:
            raise
        raise TaskFailed(refused.failure, f"{end.explanation} {refused}") from refused
    return end


def keep(job: Job, base: Base, solution: Solution, end: TaskEnd) -> TaskEnd:
    """Push the change on a branch of its own; the end says so where that cannot be done."""
    try:
        patiently(job, lambda: keep_branch(job, base, solution, end), until=job.watch.leaving)
    except (TaskFailed, GitFailed, GitHubError, Ambiguous) as trouble:
        return _not_kept(job, end, trouble)
    return end


def _not_kept(job: Job, end: TaskEnd, trouble: Exception) -> TaskEnd:
    """Say in the end's own words that the work is lost; the end is what it is without it."""
    _log.warning("task.work_not_kept", task=job.task.id, exc_info=trouble)
    return replace(end, explanation=f"{end.explanation} {not_kept(str(trouble))}")


def remember_words(job: Job, said: Submission | None) -> None:
    """Write into the task's record what the agent said of its work."""
    if said is None:
        return
    clean = job.services.redactor.clean
    summary = clean(summary_text(said.summary, said.unverified))
    job.services.tasks.write(job.lease, title=clean(said.title), summary=summary)


def _clean(job: Job, end: TaskEnd) -> TaskEnd:
    return replace(end, explanation=job.services.redactor.clean(end.explanation))
