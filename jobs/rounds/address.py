"""Passes once over the open threads of the bot's pull request; reads like a table of contents."""

from dataclasses import dataclass, replace

from bot.comments.failures import Failure
from bot.comments.given import THREADS
from bot.comments.pull_request import credit, harmless_lines
from bot.comments.rounds import (
    ROUND,
    all_applied,
    nothing_open,
    pull_request_gone,
    pushed_meanwhile,
    round_commit,
    suggestions_title,
)
from jobs.agent.task import Outcome
from jobs.checkout import Base
from jobs.checks.look_here import keep_remarks
from jobs.ending import TaskEnd, end_of, failed, stopped
from jobs.given import note_given
from jobs.handing_in import keep, remember_words
from jobs.job import Job
from jobs.patience import patiently
from jobs.reading.result import keep_result
from jobs.requester import check_requester
from jobs.room import in_room
from jobs.rounds.answers import answers, without_answers
from jobs.rounds.branch import Added, Message, Moved
from jobs.rounds.carrying_out import suggestions_of
from jobs.rounds.measuring import forget_if_moved, measured
from jobs.rounds.outcomes import ThreadOutcome, content, of_answers, of_suggestions
from jobs.rounds.place import Place, at_pull_request
from jobs.rounds.reading import with_round
from jobs.rounds.refreshing import fold_earlier, show_evidence
from jobs.rounds.replying import Replies, ask_again
from jobs.rounds.round import Round
from jobs.rounds.suggestions import Applied
from jobs.rounds.taking import round_of
from jobs.solution import Place as Whither
from jobs.solution import Solution
from jobs.solve import solve
from jobs.waiting.approval import approval
from records.task import TaskState
from records.waits import NewWait

_HANDED_IN = {Outcome.RESOLVED, Outcome.PARTIAL}


@dataclass(frozen=True)
class _Begun:
    """A round after the part that needs no agent."""

    taken: Round
    base: Base
    """What the agent works from: the branch with the suggestions in it."""
    applied: tuple[Applied, ...]
    suggestions: Added | None

    @property
    def rest(self) -> Round:
        """Return what is left for the agent."""
        done = {one.thread.number for one in self.applied}
        left = tuple(one for one in self.taken.threads if one.number not in done)
        return replace(self.taken, threads=left)


def address(job: Job) -> TaskEnd | NewWait:
    """Do one round of review; TaskFailed if GitHub does not take it."""
    begun = patiently(job, lambda: _begin(job), until=job.watch.halted)
    if isinstance(begun, TaskEnd):
        return begun
    rest = begun.rest
    if not rest.threads and not rest.words:
        seen = in_room(job, lambda: _measured(job, begun))
        if job.watch.halted.is_set():
            return stopped(None)  # by whom, and whether for good, is not for here to say
        end = TaskEnd(TaskState.SUCCEEDED, "", all_applied(checked=seen))
        return _conclude(job, begun, end, None, None)
    number = job.task.pull_request_number or job.task.issue_number
    told = replace(job, give=with_round(rest, number, _issue(job)))
    solution = in_room(job, lambda: solve(told, begun.base))
    return solution.ending.wait or _hand_in(job, begun, solution)


def _begin(job: Job) -> _Begun | TaskEnd:
    """Take the round, and carry out what is suggested word for word."""
    tasks, task = job.services.tasks, job.task
    with at_pull_request(job) as place:
        # Once it is pushed, what becomes of the pull request changes nothing of what was done.
        if not place.reviews.opened().is_open and not task.head_sha:
            return failed(Failure.PUSH_REJECTED, pull_request_gone())
        taken = round_of(job, place.repository, task.pull_request_number or task.issue_number)
        if not taken.threads and not taken.words:
            words = nothing_open(taken.strangers, taken.answered)
            return TaskEnd(TaskState.NO_CHANGE_NEEDED, "", words)
        place.fetch(taken.head_sha)
        replies = Replies(job, place.reviews, taken)
        replies.show_eyes()
        try:
            applied, added = _apply(job, place, taken)
        except Moved as moved:
            return failed(Failure.PUSH_REJECTED, pushed_meanwhile(str(moved), ""))
        base = place.base(added.sha if added else taken.head_sha)
        tasks.write(job.lease, base_sha=base.sha, base_branch=base.branch)
        note_given(job, base, {THREADS: len(taken.threads)})
        for outcome in of_suggestions(applied, added.sha if added else ""):
            replies.say(outcome, base.project.review.resolve)
        return _Begun(taken, base, applied, added)


def _apply(job: Job, place: Place, taken: Round) -> tuple[tuple[Applied, ...], Added | None]:
    change, applied, report = suggestions_of(job, place, taken)
    if not applied:
        return (), None
    keep_remarks(job, place.mirror.at(taken.head_sha), change, report)
    check_requester(place.repository, job.task)
    authors = list(dict.fromkeys((one.by.author, one.by.author_id) for one in applied))
    title = suggestions_title([login for login, _ in authors])
    message = _message(job, title, "", tuple(authors), "suggestions")
    added = place.branch.add(change, taken.head_sha, message)
    job.services.tasks.write(job.lease, head_sha=added.sha)
    job.log.event(f"apply {len(applied)} suggestions", added.sha[:12])
    return applied, added


def _measured(job: Job, begun: _Begun) -> bool:
    """Run the checks on a round that was nothing but suggestions."""
    if begun.suggestions is None:
        return False
    before = replace(begun.base, sha=begun.suggestions.on)
    return measured(job, before, begun.suggestions.sha)


def _hand_in(job: Job, begun: _Begun, solution: Solution) -> TaskEnd | NewWait:
    """Push what came of the agent's part, and answer in the threads."""
    said = solution.ending.submission
    remember_words(job, said)
    if job.watch.halted.is_set():
        return stopped(None)  # by whom, and whether for good, is not for here to say
    end = end_of(solution)
    added = None
    is_new = solution.place is Whither.PULL_REQUEST and solution.ending.outcome in _HANDED_IN
    stands = approval(job, begun.base, solution) if is_new else None
    if isinstance(stands, NewWait):
        return stands
    if stands:
        end = stands  # the threads are answered all the same
    elif is_new:
        before = begun.base.mirror.at(begun.base.sha)
        keep_remarks(job, before, solution.change, solution.policy)
        try:
            added = patiently(job, lambda: _push(job, begun, solution), until=job.watch.halted)
        except Moved as moved:
            kept = keep(job, begun.base, solution, end)
            branch = job.services.tasks.get(job.task.id).branch or ""
            words = f"{pushed_meanwhile(str(moved), branch)} {kept.explanation}".strip()
            return failed(Failure.PUSH_REJECTED, words)
    elif solution.place is not Whither.NOWHERE:
        end = keep(job, begun.base, solution, end)
    if said is None:
        return end
    return _conclude(job, begun, end, solution, added)


def _push(job: Job, begun: _Begun, solution: Solution) -> Added:
    task = job.services.tasks.get(job.task.id)
    with at_pull_request(job) as place:
        check_requester(place.repository, task)
        summary = harmless_lines(without_answers(task.summary))
        message = _message(job, task.title, summary, begun.rest.reviewers, "round")
        added = place.branch.add(solution.change, begun.base.sha, message)
        job.services.tasks.write(job.lease, head_sha=added.sha)
        forget_if_moved(job, begun.base, added)
        job.log.event(f"push to `{place.branch.name}`", added.sha[:12])
        return added


def _issue(job: Job) -> int:
    """Return the number of the issue that the pull request is for."""
    return int(job.task.brief.get("issue") or job.task.issue_number)


def _message(
    job: Job, title: str, summary: str, people: tuple[tuple[str, int], ...], step: str
) -> Message:
    """Return the message of a commit, with credit to those who asked for it."""
    task = job.task
    headline, body = round_commit(
        title,
        summary,
        issue=_issue(job),
        task_id=task.id,
        log_head=job.log.head(),
        credited=[credit(login, user_id) for login, user_id in people],
    )
    return Message(headline, body, step)


def _conclude(
    job: Job, begun: _Begun, end: TaskEnd, solution: Solution | None, added: Added | None
) -> TaskEnd:
    """Answer in every thread, ask for another look, and fold what earlier rounds said."""
    said = solution.ending.submission if solution else None
    outcomes = of_suggestions(begun.applied, begun.suggestions.sha if begun.suggestions else "")
    found = answers(said.summary) if said else {}
    answered = of_answers(begun.rest.threads, found, added.sha if added else "")
    patiently(job, lambda: _say(job, begun, answered, outcomes, added), until=job.watch.halted)
    if said:
        # What it says of single threads stands in these, and in the table.
        remember_words(job, replace(said, summary=without_answers(said.summary)))
    if begun.suggestions and end.state is TaskState.NO_CHANGE_NEEDED:
        return replace(end, state=TaskState.SUCCEEDED)
    return end


def _say(
    job: Job,
    begun: _Begun,
    answered: tuple[ThreadOutcome, ...],
    applied: tuple[ThreadOutcome, ...],
    added: Added | None,
) -> None:
    newest = added or begun.suggestions
    with at_pull_request(job) as place:
        replies = Replies(job, place.reviews, begun.taken)
        for outcome in answered:
            replies.say(outcome, begun.base.project.review.resolve)
        outcomes = (*applied, *answered)
        title = f"answer round {begun.taken.number} of the review"
        text = "\n".join(f"{one.where}: {one.outcome} {one.said}".rstrip() for one in outcomes)
        keep_result(job, ROUND, content(begun.taken, outcomes), title=title, text=text)
        if newest:
            show_evidence(job, place, begun.taken, newest.sha)
            ask_again(job, place.reviews, begun.taken)
        fold_earlier(job, place)
