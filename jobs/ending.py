"""How a task ends: its state, the class of a failure, and one sentence for people."""

from dataclasses import dataclass

from bot.comments.failures import Failure
from bot.github_repository import PullRequest
from jobs.agent.task import Ending, Outcome
from jobs.solution import Solution
from records.task import TaskState


@dataclass(frozen=True)
class TaskEnd:
    """The state, the class of the failure (or nothing), and one sentence for people."""

    state: TaskState
    reason: str
    explanation: str


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


def stopped(by: str | None) -> TaskEnd:
    """Return the end of a task that somebody stopped."""
    return TaskEnd(TaskState.STOPPED, Failure.STOPPED.value, f"{by or 'Somebody'} stopped it.")


def end_of(solution: Solution, pull_request: PullRequest | None) -> TaskEnd:
    """Return the end of a task whose agent came to one."""
    if pull_request:
        return TaskEnd(TaskState.SUCCEEDED, "", solution.ending.explanation)
    if solution.refused:
        return failed(Failure.POLICY_BLOCKED, solution.refused)
    return _without_change(solution.ending)


def _without_change(ending: Ending) -> TaskEnd:
    if ending.outcome is Outcome.STOPPED:
        return stopped(None)
    if ending.outcome in {Outcome.RESOLVED, Outcome.PARTIAL}:
        # The words of an ending without a cause are about the change that there should be.
        words = ending.explanation if ending.cause else "Its own summary may say why."
        return failed(Failure.NO_CHANGE, words)
    return failed(_FAILURES[ending.outcome], ending.explanation)


_FAILURES = {
    Outcome.NO_CHANGE_NEEDED: Failure.NO_CHANGE_NEEDED,
    Outcome.NOT_REPRODUCIBLE: Failure.CANNOT_REPRODUCE,
    Outcome.NEEDS_INFORMATION: Failure.NEEDS_INFORMATION,
    Outcome.BUDGET: Failure.BUDGET,
    Outcome.MODEL_ERROR: Failure.MODEL_UNAVAILABLE,
    Outcome.LOOP: Failure.LOOP,
    Outcome.SANDBOX_LOST: Failure.SANDBOX_LOST,
}
