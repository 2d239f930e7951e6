"""How a task ends: its state, the class of a failure, and one sentence for people."""

from dataclasses import dataclass
from typing import assert_never

from bot.comments.failures import Failure
from bot.github_repository import PullRequest
from jobs.agent.task import Ending, Outcome
from jobs.solve import Solution
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
    match ending.outcome:
        case Outcome.RESOLVED | Outcome.PARTIAL:
            return failed(Failure.TESTS_STILL_FAIL, "The agent handed in no change.")
        case Outcome.NO_CHANGE_NEEDED:
            return failed(Failure.NO_CHANGE_NEEDED, ending.explanation)
        case Outcome.NOT_REPRODUCIBLE:
            return failed(Failure.CANNOT_REPRODUCE, ending.explanation)
        case Outcome.NEEDS_INFORMATION:
            return failed(Failure.NEEDS_INFORMATION, ending.explanation)
        case Outcome.STOPPED:
            return stopped(None)
        case Outcome.BUDGET:
            return failed(Failure.BUDGET, ending.explanation)
        case Outcome.MODEL_ERROR:
            return failed(Failure.MODEL_UNAVAILABLE, ending.explanation)
        case Outcome.LOOP:
            return failed(Failure.LOOP, ending.explanation)
        case Outcome.SANDBOX_LOST:
            return failed(Failure.SANDBOX_LOST, ending.explanation)
        case never:
            assert_never(never)
