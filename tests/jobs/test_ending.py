"""However the agent's work ends, the task has an end, and people have words for it."""

from dataclasses import replace

import pytest

from bot.comments.failures import WORDS, Failure
from bot.github_repository import PullRequest
from jobs.agent.task import CLAIMS, Ending, Outcome, Submission
from jobs.ending import TaskEnd, TaskFailed, end_of, stopped
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.solution import Solution
from records.task import TaskState

PULL_REQUEST = PullRequest(7, "https://github.com/octo/shop/pull/7", "open", "a" * 40, draft=True)
CHANGE = Change((ChangedFile("shop.py", FileMode.REGULAR, b"x = 1\n"),))


def ending(outcome: Outcome) -> Ending:
    submission = Submission(outcome, "It is done.", "Do it") if outcome in CLAIMS else None
    return Ending(outcome, submission, "One sentence.")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_without_a_pull_request_is_an_end_with_words(outcome: Outcome) -> None:
    end = end_of(Solution(ending(outcome)), None)
    assert end.state.ended
    assert end.state is not TaskState.SUCCEEDED
    assert end.explanation
    assert WORDS[Failure(end.reason)].next


@pytest.mark.parametrize("outcome", [Outcome.RESOLVED, Outcome.PARTIAL])
@pytest.mark.parametrize(
    ("cause", "words"), [("", "summary may say why"), ("quiet", "One sentenc")]
)
def test_work_that_changed_nothing_is_not_said_to_have_failed_tests(
    outcome: Outcome, cause: str, words: str
) -> None:
    end = end_of(Solution(replace(ending(outcome), cause=cause)), None)
    assert (end.state, end.reason) == (TaskState.FAILED, "no_change")
    assert words in end.explanation
    assert "no change" in WORDS[Failure(end.reason)].meaning


@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_is_refused_is_told_as_refused(outcome: Outcome) -> None:
    end = end_of(Solution(ending(outcome), CHANGE, refused="`.github/x.yml`: not allowed"), None)
    assert end == TaskEnd(TaskState.FAILED, "policy_blocked", "`.github/x.yml`: not allowed")


def test_a_pull_request_is_a_success_in_the_endings_words() -> None:
    end = end_of(Solution(ending(Outcome.PARTIAL), CHANGE), PULL_REQUEST)
    assert end == TaskEnd(TaskState.SUCCEEDED, "", "One sentence.")


@pytest.mark.parametrize(
    ("by", "words"), [("maria", "maria"), (None, "Somebody"), ("", "Somebody")]
)
def test_a_stop_says_whose_it_was(by: str | None, words: str) -> None:
    end = stopped(by)
    assert (end.state, end.reason) == (TaskState.STOPPED, "stopped")
    assert end.explanation.startswith(words)


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_can_end_a_task(failure: Failure) -> None:
    end = TaskFailed(failure, "Because.").end()
    assert end == TaskEnd(TaskState.FAILED, failure.value, "Because.")
    assert WORDS[failure].name
