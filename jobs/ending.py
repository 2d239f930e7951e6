"""How a task ends: its state, the class of a failure, and one sentence for people."""

from dataclasses import dataclass, replace
from typing import assert_never

from bot.comments.failures import Failure, failure_words
from bot.comments.outcomes import DISCARDED, not_published
from jobs.agent.endings import QUIET
from jobs.agent.task import Outcome
from jobs.solution import Solution
from records.task import Task, TaskState


@dataclass(frozen=True)
class TaskEnd:
    """The state, the class of what went wrong (or nothing), and one sentence for people."""

    state: TaskState
    reason: str
    explanation: str

    def of(self, task: Task) -> Task:
        """Return the task as it will be when it has ended so."""
        return replace(task, state=self.state, reason=self.reason, explanation=self.explanation)


class TaskFailed(Exception):
    """The task cannot go on, for a reason that can be said on the issue."""

    def __init__(self, failure: Failure, explanation: str) -> None:
        super().__init__(explanation)
        self.failure = failure

    def end(self) -> TaskEnd:
        """Return it as the end of the task."""
        return failed(self.failure, str(self))


def failed(failure: Failure, explanation: str) -> TaskEnd:
    """Return the end of a task that did not do what was asked."""
    return TaskEnd(TaskState.FAILED, failure.value, explanation)


def stopped(by: str | None, *, discards: bool = False) -> TaskEnd:
    """Return the end of a task that somebody stopped."""
    words = f"{by or 'Somebody'} stopped it{DISCARDED if discards else ''}."
    return TaskEnd(TaskState.STOPPED, Failure.STOPPED.value, words)


def end_of(solution: Solution) -> TaskEnd:
    """Return the end of a task whose agent came to one; whatever is publishable gets published."""
    outcome = solution.ending.outcome
    match outcome:
        case Outcome.STOPPED:
            return stopped(None)
        case Outcome.RESOLVED | Outcome.PARTIAL:
            return _handed_in(solution)
        case Outcome.NO_CHANGE_NEEDED | Outcome.NOT_REPRODUCIBLE | Outcome.NEEDS_INFORMATION:
            return TaskEnd(_ANSWERS[outcome], "", solution.ending.explanation)
        case Outcome.BUDGET | Outcome.MODEL_ERROR | Outcome.LOOP | Outcome.SANDBOX_LOST:
            return cut_short(_CUT_SHORT[outcome], solution)
        case Outcome.WAITING:
            raise ValueError("a task that waits for people has not ended")
        case _:
            assert_never(outcome)


def in_words(solution: Solution) -> str:
    """Say how the work ended where no issue and no class of failure stands beside it."""
    if solution.ending.outcome is Outcome.WAITING:
        return solution.ending.explanation
    end = end_of(solution)
    if end.reason == Failure.NO_CHANGE:
        return f"{failure_words(end.reason).meaning} {end.explanation}"
    return end.explanation


def cut_short(why: Failure, solution: Solution) -> TaskEnd:
    """Return the end of work that was not done: partial if there is something to show for it."""
    said = solution.ending.explanation
    if solution.publishable:
        return TaskEnd(TaskState.PARTIAL, why.value, said)
    return failed(why, f"{said} {not_published(solution.refused)}".rstrip())


def _handed_in(solution: Solution) -> TaskEnd:
    ending = solution.ending
    if ending.cause == QUIET:
        return cut_short(Failure.QUIET, solution)
    if solution.refused:
        return failed(Failure.POLICY_BLOCKED, solution.refused)
    if not solution.change.files:
        # The words of the ending are about the change that there should be.
        return failed(Failure.NO_CHANGE, "Its own summary may say why.")
    resolved = ending.outcome is Outcome.RESOLVED
    return TaskEnd(TaskState.SUCCEEDED if resolved else TaskState.PARTIAL, "", ending.explanation)


_ANSWERS = {
    Outcome.NO_CHANGE_NEEDED: TaskState.NO_CHANGE_NEEDED,
    Outcome.NOT_REPRODUCIBLE: TaskState.CANNOT_REPRODUCE,
    Outcome.NEEDS_INFORMATION: TaskState.NEEDS_INFORMATION,
}
_CUT_SHORT = {
    Outcome.BUDGET: Failure.BUDGET,
    Outcome.MODEL_ERROR: Failure.MODEL_UNAVAILABLE,
    Outcome.LOOP: Failure.LOOP,
    Outcome.SANDBOX_LOST: Failure.SANDBOX_LOST,
}
