"""Does a wish on a pull request by one more commit on its branch; reads like a contents page."""

from collections.abc import Callable
from dataclasses import replace

from bot.comments.failures import Failure
from bot.comments.pull_request import credit, harmless_lines
from bot.comments.rounds import (
    never_the_default,
    pull_request_gone,
    pushed_meanwhile,
    round_commit,
    theirs_by_now,
    was_added,
)
from bot.others_pull_requests import ONTO, PUSH_TO
from jobs.agent.task import AgentTask, Outcome
from jobs.checkout import Base
from jobs.checks.look_here import keep_remarks
from jobs.ending import TaskEnd, end_of, failed, stopped
from jobs.given import note_given
from jobs.handing_in import keep, remember_words
from jobs.job import Job
from jobs.patience import patiently
from jobs.requester import check_requester
from jobs.room import in_room
from jobs.rounds.branch import Added, Message, Moved
from jobs.rounds.measuring import forget_if_moved
from jobs.rounds.place import READ, at_pull_request
from jobs.solution import Place, Solution
from jobs.solve import solve
from jobs.waiting.approval import approval
from records.waits import NewWait

_HANDED_IN = {Outcome.RESOLVED, Outcome.PARTIAL}
_TOLD = """\
You work on pull request #{number}: what it has changed so far is part of the tree that you see. \
Do what is asked for here, and nothing beside it; what you hand in becomes {what}."""
_A_COMMIT = "one more commit on its branch"
_OF_ITS_OWN = "a pull request onto its branch"
_BY_ITS_TEXT = "Find out what it still lacks of what its title and its text say, and do that."


class _NotOurs(Exception):
    """The project lets nothing be pushed to a pull request of others by now."""


def with_pull_request(job: Job) -> Job:
    """Return the job with an agent that knows which pull request it works on, if on any."""
    number = job.task.brief.get(ONTO)
    if not number:
        return job
    what = _A_COMMIT if job.task.brief.get(PUSH_TO) else _OF_ITS_OWN
    told = _TOLD.format(number=number, what=what)
    return replace(job, give=_telling(told))


def _telling(told: str) -> Callable[[AgentTask], AgentTask]:
    return lambda task: replace(
        task, instruction=f"{told}\n\n{task.instruction.strip() or _BY_ITS_TEXT}"
    )


def add_to_pull_request(job: Job) -> TaskEnd | NewWait:
    """Do what is wished, on the branch that is there; TaskFailed if GitHub does not take it."""
    base = patiently(job, lambda: _begin(job), until=job.watch.halted)
    if isinstance(base, TaskEnd):
        return base
    solution = in_room(job, lambda: solve(with_pull_request(job), base))
    return solution.ending.wait or _hand_in(job, base, solution)


def _begin(job: Job) -> Base | TaskEnd:
    with at_pull_request(job, READ) as place:
        opened = place.reviews.opened()
        # Once it is pushed, what becomes of the pull request changes nothing of what was done.
        if not opened.is_open and not job.task.head_sha:
            return failed(Failure.PUSH_REJECTED, pull_request_gone())
        if place.branch.name == place.repository.default_branch():
            return failed(Failure.PUSH_REJECTED, never_the_default())
        base = place.base(job.task.base_sha or opened.head_sha)
        if not job.task.head_sha and not _may_push(job, base):
            return failed(Failure.PUSH_REJECTED, theirs_by_now())
        job.services.tasks.write(job.lease, base_sha=base.sha, base_branch=base.branch)
        note_given(job, base)
        return base


def _may_push(job: Job, base: Base) -> bool:
    """Say whether the pull request is the bot's own, or the project lets it push to others."""
    task = job.task
    number = task.pull_request_number or task.issue_number
    own = job.services.tasks.rounds.opened_by(task.repository_id, number)
    return own is not None or base.project.pr.others == "push"


def _hand_in(job: Job, base: Base, solution: Solution) -> TaskEnd | NewWait:
    """Push what came of it, or say why there is nothing to push."""
    remember_words(job, solution.ending.submission)
    if job.watch.halted.is_set():
        return stopped(None)  # by whom, and whether for good, is not for here to say
    end = end_of(solution)
    if solution.place is Place.PULL_REQUEST and solution.ending.outcome in _HANDED_IN:
        if stands := approval(job, base, solution):
            return stands
        keep_remarks(job, base.mirror.at(base.sha), solution.change, solution.policy)
        try:
            added = patiently(job, lambda: _push(job, base, solution), until=job.watch.halted)
        except (Moved, _NotOurs) as moved:
            kept = keep(job, base, solution, end)
            branch = job.services.tasks.get(job.task.id).branch or ""
            is_theirs = isinstance(moved, _NotOurs)
            why = theirs_by_now(branch) if is_theirs else pushed_meanwhile(str(moved), branch)
            return failed(Failure.PUSH_REJECTED, f"{why} {kept.explanation}".strip())
        return replace(end, explanation=f"{was_added(added.sha)} {end.explanation}".strip())
    return end if solution.place is Place.NOWHERE else keep(job, base, solution, end)


def _push(job: Job, base: Base, solution: Solution) -> Added:
    task = job.services.tasks.get(job.task.id)
    with at_pull_request(job) as place:
        check_requester(place.repository, task)
        if not task.head_sha and not _may_push(job, place.base(base.sha)):
            raise _NotOurs
        headline, body = round_commit(
            task.title or task.issue.title,
            harmless_lines(task.summary),
            issue=int(task.brief.get("issue") or task.issue_number),
            task_id=task.id,
            log_head=job.log.head(),
            credited=[credit(task.requester, task.requester_id)],
        )
        added = place.branch.add(solution.change, base.sha, Message(headline, body, "onto"))
        job.services.tasks.write(job.lease, head_sha=added.sha)
        forget_if_moved(job, base, added)
        job.log.event(f"push to `{place.branch.name}`", added.sha[:12])
        return added
