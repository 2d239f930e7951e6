"""What people are told of an ending: why work is only partial, and what the model's server said."""

from collections.abc import Callable

import pytest

from demo.model import ScriptedModel
from jobs.agent import GateResult, Outcome, Submission
from jobs.agent.gate import PUT_BACK
from jobs.agent.task import TESTS_NOT_AS_BEFORE, CheckRow
from tests.agent import given

Model = Callable[..., ScriptedModel]
ROWS = (
    CheckRow("there is a change", passed=True),
    CheckRow("run pytest -q", passed=False, detail="exit 5: no tests ran in 0.04s\nat all"),
    CheckRow(TESTS_NOT_AS_BEFORE, None, f"test_calc.py: test_mul is deleted. {PUT_BACK}"),
    CheckRow("may be pointed out", None, "a test file is deleted"),
)


def test_partial_work_says_why_in_this_run_and_in_the_next(scripted_model: Model) -> None:
    def gate(submission: Submission) -> GateResult:
        last = submission.round == 3
        return GateResult(last, "Look again.", ROWS, Outcome.PARTIAL if last else None)

    log, model = given.Log(), scripted_model([given.SUBMIT] * 3)
    ending = given.work(model, log=log, gate=gate)
    assert ending.outcome is Outcome.PARTIAL
    assert ending.explanation.endswith(
        "The last look at it found: tests that were there are not as before: test_calc.py: "
        "test_mul is deleted; run pytest -q: exit 5: no tests ran in 0.04s."
    )
    assert given.work(model, log=log, gate=gate) == ending


def test_work_that_passed_has_nothing_added(scripted_model: Model) -> None:
    rows = (CheckRow("there is a change", passed=True), ROWS[2])
    ending = given.work(
        scripted_model([given.SUBMIT]), gate=lambda _: GateResult(True, "Accepted.", rows)
    )
    assert ending.explanation == "The agent handed in a change that it says resolves the issue."


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "takes no more requests for now."), (503, "did not answer properly for too long.")],
)
def test_what_a_server_said_that_is_busy_or_unwell_is_told(
    status: int, words: str, scripted_model: Model
) -> None:
    headers, body = {"Retry-After": "3600"}, {"error": {"message": "slow down"}}
    fault = {"times": 0, "status": status, "headers": headers, "body": body}
    turn = given.turn(given.plan("x"), faults=[fault])
    model = scripted_model([turn])
    ending = given.work(model)
    server = model.base_url.partition("://")[2].partition("/")[0]
    assert (ending.outcome, ending.cause) == (Outcome.MODEL_ERROR, "retry")
    assert ending.explanation.endswith(
        f"{words} {server} answered {status}: slow down (it asks to be left alone for 3600 s)"
    )
