"""Every way in which a run can end leaves a log from which the next one goes on, or ends alike."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, GateResult, Outcome, Prices, Submission, limits
from jobs.model.asking import NO_RESULT
from jobs.sandbox import SandboxLost
from tests.agent import given

Model = Callable[..., ScriptedModel]
BOTH = pytest.mark.parametrize("api", ["chat", "responses"])
WORK = [given.turn(given.bash(f"first {n}"), given.bash(f"second {n}")) for n in range(4)]
ENOUGH = Budget(turns=400, seconds=3600.0)


def accept(_: Submission) -> GateResult:
    return GateResult(accepted=True, text="Accepted.")


def fails(status: int, **body: Any) -> list[dict[str, Any]]:
    """The third turn fails once, and is the usual one when it is asked for again."""
    fault = {"times": 1, "status": status, "body": {"error": {"message": "no", **body}}}
    return [*WORK[:2], {**WORK[2], "faults": [fault]}, WORK[3], given.SUBMIT]


def says(count: int, **reply: Any) -> list[dict[str, Any]]:
    return [*WORK[:2], {**WORK[2], "faults": [{"times": count, "play": reply}]}, given.SUBMIT]


@dataclass
class Trouble(given.PlainSandbox):
    """Stops the work, or is lost, in the middle of the second turn."""

    stopped: threading.Event | None = None
    script: str = "first 1"
    happened: bool = False
    ran: list[str] = field(default_factory=list)

    def exec(self, script: str, **more: Any) -> Any:
        if script == self.script and not self.happened:
            self.happened = True
            if self.stopped is None:
                self.ran.append(script)
                raise SandboxLost("gone")
            self.stopped.set()
        return super().exec(script, **more)


def goes_on(model: ScriptedModel, log: given.Log, sandbox: given.PlainSandbox, api: str) -> None:
    """A second run ends well; the server refuses a history in which a call has no answer."""
    ending = given.work(model, sandbox=sandbox, log=log, gate=accept, api=api, budget=ENOUGH)
    assert ending.outcome == Outcome.RESOLVED, ending
    assert len(sandbox.ran) == len(set(sandbox.ran)), "a command ran twice"
    asked = [call["id"] for reply in log.of("reply") for call in reply["calls"]]
    assert [each["call_id"] for each in log.of("observation")] == asked
    assert NO_RESULT not in model.requests[-1].body.decode()


@BOTH
@pytest.mark.parametrize(
    ("script", "budget", "outcome", "cause"),
    [
        ([*WORK, given.SUBMIT], Budget(turns=2), Outcome.BUDGET, "turns"),
        ([*WORK, given.SUBMIT], Budget(tokens=6_000), Outcome.BUDGET, "tokens"),
        ([*WORK, given.SUBMIT], Budget(usd=0.01, prices=Prices(2.0, 8.0)), Outcome.BUDGET, "money"),
        ([*WORK, given.SUBMIT], Budget(seconds=0.015), Outcome.BUDGET, "time"),
        (fails(401), ENOUGH, Outcome.MODEL_ERROR, "config"),
        (fails(402), ENOUGH, Outcome.MODEL_ERROR, "quota"),
        (fails(400, code="context_length_exceeded"), ENOUGH, Outcome.BUDGET, "context"),
        (says(3, text=""), ENOUGH, Outcome.MODEL_ERROR, "empty"),
        (says(2, refusal="No."), ENOUGH, Outcome.MODEL_ERROR, "refused"),
    ],
)  # fmt: skip
def test_the_next_run_goes_on_where_this_one_ended(
    script: list[dict[str, Any]],
    budget: Budget,
    outcome: Outcome,
    cause: str,
    api: str,
    scripted_model: Model,
) -> None:
    log, sandbox, model = given.Log(), given.PlainSandbox(), scripted_model(script)
    ending = given.work(model, sandbox=sandbox, log=log, budget=budget, gate=accept, api=api)
    assert (ending.outcome, ending.cause) == (outcome, cause)
    goes_on(model, log, sandbox, api)


@BOTH
@pytest.mark.parametrize("script", ["first 1", "second 1"])
@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "stopped"])
def test_so_it_does_where_a_turn_was_left_half_done(
    is_lost: bool, script: str, api: str, scripted_model: Model
) -> None:
    stopped = threading.Event()
    sandbox = Trouble(stopped=None if is_lost else stopped, script=script)
    log, model = given.Log(), scripted_model([*WORK, given.SUBMIT])
    ending = given.work(model, sandbox=sandbox, log=log, api=api, stopped=stopped)
    assert ending.outcome == (Outcome.SANDBOX_LOST if is_lost else Outcome.STOPPED)
    goes_on(model, log, sandbox, api)
    told = [each["text"] for each in log.of("observation")]
    assert any("Interrupted" in text for text in told) is (is_lost or script == "first 1")


@BOTH
def test_so_it_does_where_the_gate_was_cut_off(api: str, scripted_model: Model) -> None:
    def lost(_: Submission) -> GateResult:
        raise SandboxLost("gone")

    log, model = given.Log(), scripted_model([given.SUBMIT, WORK[1], given.SUBMIT])
    sandbox = given.PlainSandbox()
    ending = given.work(model, sandbox=sandbox, log=log, gate=lost, api=api)
    assert ending.outcome == Outcome.SANDBOX_LOST
    goes_on(model, log, sandbox, api)


@BOTH
def test_so_it_does_where_the_model_had_fallen_silent(api: str, scripted_model: Model) -> None:
    quiet = {"text": "All done."}
    log, model = given.Log(), scripted_model([WORK[0], *[quiet] * 3, WORK[1], given.SUBMIT])
    sandbox = given.PlainSandbox()
    ending = given.work(model, sandbox=sandbox, log=log, api=api)
    assert (ending.outcome, ending.cause) == (Outcome.PARTIAL, "quiet")
    goes_on(model, log, sandbox, api)


@BOTH
@pytest.mark.parametrize(
    ("turn", "cause"),
    [
        (given.turn(given.bash("same")), "repeats"),
        (given.turn({"name": "browse", "arguments": {}}), "misread"),
        ({"finish": "length", "text": "x"}, "idle"),
    ],
)
def test_what_cannot_go_on_ends_alike_without_a_question(
    turn: dict[str, Any], cause: str, api: str, scripted_model: Model
) -> None:
    log, model = given.Log(), scripted_model([WORK[0], *[turn] * 9])
    ending = given.work(model, sandbox=given.PlainSandbox(), log=log, api=api)
    assert ending.cause == cause
    asked = len(model.requests)
    assert asked <= 1 + limits.IDLE_REPLIES
    assert given.work(model, sandbox=given.PlainSandbox(), log=log, api=api) == ending
    assert len(model.requests) == asked
