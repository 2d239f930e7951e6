"""However the agent's work ends, the task has an end, and people have words for it."""

from dataclasses import replace

import pytest

from bot.comments.failures import WORDS, Failure
from bot.comments.outcomes import OUTCOMES
from demo.house import ENDED as ENDED_AS_THE_DEMO_KNOWS
from jobs.agent.endings import QUIET
from jobs.agent.task import CLAIMS, Ending, Outcome, Submission
from jobs.ending import TaskEnd, TaskFailed, end_of, in_words, stopped
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.solution import Place, Solution
from records.task import ENDED, HONEST, TaskState

CHANGE = Change((ChangedFile("shop.py", FileMode.REGULAR, b"x = 1\n"),))
WITH_CHANGE = (Outcome.RESOLVED, Outcome.PARTIAL)
CUT_SHORT = {
    Outcome.BUDGET: "budget",
    Outcome.MODEL_ERROR: "model_unavailable",
    Outcome.LOOP: "loop",
    Outcome.SANDBOX_LOST: "sandbox_lost",
}
ANSWERS = {
    Outcome.NO_CHANGE_NEEDED: TaskState.NO_CHANGE_NEEDED,
    Outcome.NOT_REPRODUCIBLE: TaskState.CANNOT_REPRODUCE,
    Outcome.NEEDS_INFORMATION: TaskState.NEEDS_INFORMATION,
}


def ending(outcome: Outcome) -> Ending:
    submission = Submission(outcome, "It is done.", "Do it") if outcome in CLAIMS else None
    return Ending(outcome, submission, "One sentence.")


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.WAITING])
@pytest.mark.parametrize("refused", ["", "`.github/x.yml`: not allowed"])
@pytest.mark.parametrize("change", [Change(), CHANGE])
def test_every_outcome_is_an_end_with_words(outcome: Outcome, refused: str, change: Change) -> None:
    end = end_of(Solution(ending(outcome), change, refused=refused))
    assert end.state.ended
    assert end.explanation
    if end.state in OUTCOMES:
        assert OUTCOMES[end.state].next
    elif end.state not in HONEST:
        assert WORDS[Failure(end.reason)].next


@pytest.mark.parametrize("outcome", CUT_SHORT)
def test_work_that_was_cut_short_is_partial_with_a_change_and_failed_without(
    outcome: Outcome,
) -> None:
    shown = Solution(ending(outcome), CHANGE)
    assert end_of(shown) == TaskEnd(TaskState.PARTIAL, CUT_SHORT[outcome], "One sentence.")
    assert shown.place is Place.PULL_REQUEST
    nothing = Solution(ending(outcome))
    assert end_of(nothing) == TaskEnd(TaskState.FAILED, CUT_SHORT[outcome], "One sentence.")
    assert nothing.place is Place.NOWHERE
    refused = Solution(ending(outcome), CHANGE, refused="`x`: no")
    assert end_of(refused).reason == CUT_SHORT[outcome]
    assert end_of(refused).explanation == (
        "One sentence. What had changed by then may not be published: `x`: no."
    )
    assert refused.place is Place.NOWHERE


@pytest.mark.parametrize("outcome", ANSWERS)
@pytest.mark.parametrize(("change", "place"), [(Change(), Place.NOWHERE), (CHANGE, Place.BRANCH)])
def test_an_answer_is_a_state_of_its_own_and_what_lies_about_is_kept_on_a_branch(
    outcome: Outcome, change: Change, place: Place
) -> None:
    solution = Solution(ending(outcome), change)
    assert end_of(solution) == TaskEnd(ANSWERS[outcome], "", "One sentence.")
    assert solution.place is place


@pytest.mark.parametrize("outcome", WITH_CHANGE)
def test_work_that_changed_nothing_is_not_said_to_have_failed_tests(outcome: Outcome) -> None:
    end = end_of(Solution(ending(outcome)))
    assert (end.state, end.reason) == (TaskState.FAILED, "no_change")
    assert "summary may say why" in end.explanation
    assert "no change" in WORDS[Failure(end.reason)].meaning
    told = in_words(Solution(ending(outcome)))
    assert told == f"{WORDS[Failure.NO_CHANGE].meaning} {end.explanation}"


@pytest.mark.parametrize("outcome", WITH_CHANGE)
def test_whatever_is_refused_is_told_as_refused(outcome: Outcome) -> None:
    end = end_of(Solution(ending(outcome), CHANGE, refused="`.github/x.yml`: not allowed"))
    assert end == TaskEnd(TaskState.FAILED, "policy_blocked", "`.github/x.yml`: not allowed")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.RESOLVED, TaskState.SUCCEEDED), (Outcome.PARTIAL, TaskState.PARTIAL)],
)
def test_what_is_handed_in_is_what_the_agent_says_it_is(outcome: Outcome, state: TaskState) -> None:
    solution = Solution(ending(outcome), CHANGE)
    assert end_of(solution) == TaskEnd(state, "", "One sentence.")
    assert solution.place is Place.PULL_REQUEST


@pytest.mark.parametrize(
    ("change", "state"), [(CHANGE, TaskState.PARTIAL), (Change(), TaskState.FAILED)]
)
def test_a_model_that_fell_silent_did_not_hand_in(change: Change, state: TaskState) -> None:
    quiet = replace(ending(Outcome.PARTIAL), cause=QUIET)
    assert end_of(Solution(quiet, change)) == TaskEnd(state, "quiet", "One sentence.")


def test_what_was_stopped_is_kept_on_a_branch_and_offered_to_nobody() -> None:
    solution = Solution(ending(Outcome.STOPPED), CHANGE)
    assert end_of(solution).state is TaskState.STOPPED
    assert solution.place is Place.BRANCH


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


def test_the_demo_knows_every_end() -> None:
    assert set(map(str, ENDED)) == ENDED_AS_THE_DEMO_KNOWS
