"""Carries one task from its lease to the words on the issue; reads like a table of contents."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import assert_never

import structlog

from bot.comments import Failure
from bot.github_errors import Forbidden, GitHubError, Invalid, NotFound, RateLimited
from bot.model_settings import UnknownModel
from bot.others_pull_requests import PUSH_TO
from jobs.addressed import check_not_addressed
from jobs.answers.answer import answer
from jobs.checkout import Base, fetch_base
from jobs.checks.repair import repair
from jobs.ending import TaskEnd, TaskFailed, failed
from jobs.github_context import GitHubContext
from jobs.given import note_given
from jobs.handing_in import give_up, hand_in, stop
from jobs.job import Job
from jobs.patience import patiently
from jobs.plans.plan import plan
from jobs.repository.git import GitFailed, NotInRepository
from jobs.requester import check_before_work
from jobs.reviews.review import review
from jobs.room import in_room, wait_for_room
from jobs.rounds.address import address
from jobs.rounds.onto import add_to_pull_request, with_pull_request
from jobs.rounds.sync import sync
from jobs.sandbox import SandboxError
from jobs.services import Services
from jobs.solve import solve
from jobs.status_comment import StatusComment
from jobs.task_log import TaskLog
from jobs.waiting.rest import rest
from jobs.watch import LEASE_S, Halt, Watch
from records.effects import Ambiguous
from records.task import HONEST, LeaseLost, TaskState
from records.waits import NewWait

_MOST_ATTEMPTS = 5
"""Jobs for one task; a task that ends its worker every time must not do so for ever."""

_MOST_FAREWELLS = 3
"""Jobs after those that do nothing but try to say the end."""

_BEFORE_HANDING_IN = {Failure.SETUP_FAILED, Failure.MODEL_UNAVAILABLE, Failure.INTERNAL}
"""Failures that say nothing against the work that there may be."""

_log = structlog.get_logger()


def run_task(
    task_id: str,
    services: Services,
    shutting_down: threading.Event,
    *,
    wake: Callable[[str], None] = lambda _: None,
) -> None:
    """Take the task and work on it until it has ended, or until another job has to.

    `wake` rings for whoever is next in the thread's line; it may be lost, as the clock rings too.
    """
    lease = services.tasks.take(task_id, f"{socket.gethostname()}:{os.getpid()}", LEASE_S)
    if lease is None:
        return
    task = services.tasks.get(task_id)
    log = TaskLog(services.actions, lease, redactor=services.redactor, progress=task.progress)
    # Its mirror may not go for want of room while a job works with it.
    mirror_stays = services.mirrors.open(task.repository_id).hold()
    with Watch(services.tasks, lease, shutting_down=shutting_down) as watch, mirror_stays:
        looks = services.settings.github_context == "on"
        github = GitHubContext(services, task) if looks else None
        job = Job(services, task, lease, log, watch, github=github)
        try:
            _take_to_its_end(job)
        except LeaseLost:
            _log.warning("task.lease_lost", task=task_id, epoch=lease.epoch)
        except RateLimited as limited:
            # Neither a try nor a worker is spent on a time that GitHub itself has set.
            _log.warning("task.put_off", task=task_id, error=str(limited))
            with suppress(LeaseLost):  # then it is another job's to put off
                services.tasks.release(lease, until=limited.until)
    first = services.tasks.live_on_issue(task.repository_id, task.issue_number)
    if first and first.id != task_id and first.state is TaskState.QUEUED:
        wake(first.id)


def _take_to_its_end(job: Job) -> None:
    status = StatusComment(job)
    with status.kept_up_to_date():
        end = stop(job) if job.task.stop_requested_by else _end(job)
    match end:
        case None:
            job.services.tasks.release(job.lease)
        case NewWait():
            rest(job, status, end)
        case TaskEnd():
            _conclude(job, status, end)
        case _:
            assert_never(end)


def _conclude(job: Job, status: StatusComment, end: TaskEnd) -> None:
    end = replace(end, explanation=job.services.redactor.clean(end.explanation))
    if not _said(job, status, end):
        job.services.tasks.release(job.lease)
        return
    job.services.tasks.end(job.lease, end.state, reason=end.reason, explanation=end.explanation)


def _said(job: Job, status: StatusComment, end: TaskEnd) -> bool:
    """Say the end on the issue; False if that is left to another job."""
    if job.task.attempts > _MOST_ATTEMPTS + _MOST_FAREWELLS:
        # Saying it has ended every job so far. It stands on the task's page.
        return True
    try:
        patiently(job, lambda: status.conclude(end), until=job.watch.leaving)
    except (GitHubError, Ambiguous) as trouble:
        if job.watch.leaving.is_set():
            return False
        if isinstance(trouble, RateLimited):
            raise  # the next job says it, when GitHub hears it again
        # It stands on the task's page; the issue has to do without.
        _log.warning("task.end_not_said", task=job.task.id, exc_info=True)
    return True


def _end(job: Job) -> TaskEnd | NewWait | None:
    """Return how the task ended, or what it waits for; None if it has to go on in another job."""
    try:
        end = _carry_out(job)
    except TaskFailed as failure:
        end = _without_a_solution(job, failure.failure, str(failure))
    except UnknownModel as gone:
        words = f"It was to be worked on with a model: {gone}."
        end = _without_a_solution(job, Failure.MODEL_UNAVAILABLE, words)
    except (SandboxError, GitFailed, GitHubError, Ambiguous) as trouble:
        if job.watch.why is None and _may_pass(job, trouble):
            raise  # the clock gives the task to another job
        _log.warning("task.trouble", task=job.task.id, exc_info=True)
        words = "It failed again and again on this side."
        end = _without_a_solution(job, Failure.INTERNAL, words)
    ended = isinstance(end, TaskEnd) and end.state in HONEST
    if ended and not job.watch.leaving.is_set():
        return end  # whatever was asked for in the meantime came too late
    match job.watch.why:
        case Halt.STOPPED:
            return stop(job)
        case Halt.SHUTTING_DOWN:
            return None
        case Halt.LEASE_LOST:
            raise LeaseLost(job.task.id)
        case None:
            return end


def _may_pass(job: Job, trouble: Exception) -> bool:
    """Say whether another job is to go on; a limit of GitHub's is over at its own time."""
    return isinstance(trouble, RateLimited) or job.task.attempts < _MOST_ATTEMPTS


def _without_a_solution(job: Job, why: Failure, words: str) -> TaskEnd:
    """Return a failure, or what an earlier job saved: that is not lost with this one."""
    last_try = job.task.attempts <= _MOST_ATTEMPTS + 1
    if why in _BEFORE_HANDING_IN and last_try and not job.watch.halted.is_set():
        return give_up(job, why, words)
    return failed(why, words)


def _carry_out(job: Job) -> TaskEnd | NewWait:
    """Do what the task's verb asks for, until it has ended or waits for people."""
    if job.task.attempts > _MOST_ATTEMPTS:
        raise TaskFailed(
            Failure.INTERNAL, f"It was started {_MOST_ATTEMPTS} times and never ended."
        )
    wait_for_room(job)
    check_before_work(job)
    match job.task.verb:
        case "fix" if job.task.brief.get(PUSH_TO):
            return add_to_pull_request(job)
        case "fix":
            check_not_addressed(job)
            return _fix(job, _base(job))
        case "plan" | "ask" | "review" as verb:
            base = _base(job)
            return in_room(job, lambda: _READING[verb](job, base))
        case "address":
            return address(job)
        case "ci":
            return repair(job)
        case "sync":
            return sync(job)
        case verb:
            raise TaskFailed(Failure.INTERNAL, f"There is no work that is called {verb}.")


_READING: dict[str, Callable[[Job, Base], TaskEnd | NewWait]] = {
    "plan": plan,
    "ask": answer,
    "review": review,
}
"""What changes nothing, and comes to words."""


def _fix(job: Job, base: Base) -> TaskEnd | NewWait:
    solution = in_room(job, lambda: solve(with_pull_request(job), base))
    return solution.ending.wait or hand_in(job, base, solution)


def _base(job: Job) -> Base:
    """Bring the base commit here; TaskFailed if the repository cannot be had."""
    try:
        base = patiently(job, lambda: fetch_base(job.services, job.task), until=job.watch.halted)
    except (Forbidden, Invalid, NotFound) as refused:
        # The App was taken off the repository, or the repository is gone.
        raise TaskFailed(Failure.SETUP_FAILED, f"GitHub says: {refused}") from refused
    except NotInRepository as missing:
        raise TaskFailed(Failure.SETUP_FAILED, missing.words) from missing
    job.services.tasks.write(job.lease, base_sha=base.sha, base_branch=base.branch)
    job.log.event(f"fetch `{base.branch}`", base.sha[:12])
    note_given(job, base)
    return base
