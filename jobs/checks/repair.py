"""Mends failing checks on the bot's pull request, on its own branch; reads like a contents page."""

from dataclasses import dataclass, replace

from bot.comments.checks import checks_pass_now, repair_title, repaired
from bot.comments.failures import Failure
from bot.comments.given import CHECKS
from bot.comments.pull_request import credit, harmless_lines
from bot.comments.rounds import pull_request_gone, pushed_meanwhile, round_commit
from bot.own_word import word_for
from jobs.agent.task import Outcome
from jobs.checkout import Base
from jobs.checks.failing import FailingCheck, failing_checks, with_failures
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
from records.task import TaskState
from records.waits import NewWait

_HANDED_IN = {Outcome.RESOLVED, Outcome.PARTIAL}


@dataclass(frozen=True)
class _Begun:
    """What fails, and the commit that it fails on."""

    base: Base
    failing: tuple[FailingCheck, ...]


def repair(job: Job) -> TaskEnd | NewWait:
    """Mend what fails; TaskFailed if GitHub does not take it."""
    begun = patiently(job, lambda: _begin(job), until=job.watch.halted)
    if isinstance(begun, TaskEnd):
        return begun
    number = job.task.pull_request_number or job.task.issue_number
    told = replace(job, give=with_failures(begun.failing, number))
    solution = in_room(job, lambda: solve(told, begun.base))
    return solution.ending.wait or _hand_in(job, begun, solution)


def _begin(job: Job) -> _Begun | TaskEnd:
    with at_pull_request(job, READ) as place:
        opened = place.reviews.opened()
        # Once it is pushed, what becomes of the pull request changes nothing of what was done.
        if not opened.is_open and not job.task.head_sha:
            return failed(Failure.PUSH_REJECTED, pull_request_gone())
        # Where an earlier job of the task began, or where the checks failed: they are known there.
        head = job.task.base_sha or str(job.task.brief.get("head") or opened.head_sha)
        failing = failing_checks(job, head)
        if not failing:
            return TaskEnd(TaskState.NO_CHANGE_NEEDED, "", checks_pass_now(head))
        base = place.base(head)
        job.services.tasks.write(job.lease, base_sha=base.sha, base_branch=base.branch)
        note_given(job, base, {CHECKS: len(failing)})
        return _Begun(base, failing)


def _hand_in(job: Job, begun: _Begun, solution: Solution) -> TaskEnd | NewWait:
    """Push what came of it, or say why there is nothing to push."""
    remember_words(job, solution.ending.submission)
    if job.watch.halted.is_set():
        return stopped(None)  # by whom, and whether for good, is not for here to say
    end = end_of(solution)
    if solution.place is Place.PULL_REQUEST and solution.ending.outcome in _HANDED_IN:
        if stands := approval(job, begun.base, solution):
            return stands
        before = begun.base.mirror.at(begun.base.sha)
        keep_remarks(job, before, solution.change, solution.policy)
        try:
            added, is_held = patiently(
                job, lambda: _push(job, begun, solution), until=job.watch.halted
            )
        except Moved as moved:
            kept = keep(job, begun.base, solution, end)
            branch = job.services.tasks.get(job.task.id).branch or ""
            words = f"{pushed_meanwhile(str(moved), branch)} {kept.explanation}".strip()
            return failed(Failure.PUSH_REJECTED, words)
        command = word_for(job.task, job.services.settings.command)
        said = repaired(added.sha, command, is_held=is_held)
        return replace(end, explanation=f"{said} {end.explanation}".strip())
    if solution.place is not Place.NOWHERE:
        return keep(job, begun.base, solution, end)
    return end


def _push(job: Job, begun: _Begun, solution: Solution) -> tuple[Added, bool]:
    """Push the repair; return it, and whether the checks are held back on it."""
    task = job.services.tasks.get(job.task.id)
    with at_pull_request(job) as place:
        check_requester(place.repository, task)
        headline, body = round_commit(
            task.title or repair_title([one.name for one in begun.failing]),
            harmless_lines(task.summary),
            issue=int(task.brief.get("issue") or task.issue_number),
            task_id=task.id,
            log_head=job.log.head(),
            credited=[credit(task.requester, task.requester_id)],
        )
        added = place.branch.add(solution.change, begun.base.sha, Message(headline, body, "repair"))
        job.services.tasks.write(job.lease, head_sha=added.sha)
        forget_if_moved(job, begun.base, added)
        job.log.event(f"push to `{place.branch.name}`", added.sha[:12])
        return added, place.branch.is_held_on(added.on)
