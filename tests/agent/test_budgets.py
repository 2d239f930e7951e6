"""Each budget warns once, ends the work, and is charged for calls that came to nothing as well."""

from collections.abc import Callable
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome, Prices, limits
from tests.agent import given

Model = Callable[..., ScriptedModel]
PLANS = [given.turn(given.plan(f"step {number}")) for number in range(60)]
PRICES = Prices(input=1.0, output=4.0)
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
COUNTED = [{**each, "usage": USAGE} for each in PLANS]
CUT = {"cut": 30}


@pytest.mark.parametrize(
    ("cause", "budget", "turns", "latency"),
    [
        ("turns", Budget(turns=10), COUNTED, 0.0),
        ("tokens", Budget(tokens=11_000), COUNTED, 0.0),
        ("money", Budget(usd=0.0139, prices=PRICES), COUNTED, 0.0),
        ("time", Budget(seconds=1.5), PLANS, 0.14),
    ],
)
def test_each_budget_warns_once_at_four_fifths_and_then_ends_the_work(
    cause: str, budget: Budget, turns: list[Any], latency: float, scripted_model: Model
) -> None:
    model = scripted_model(turns, latency=latency)
    log = given.Log()
    ending = given.work(model, budget=budget, log=log)

    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, cause)
    assert "was reached" in ending.explanation
    texts = [entry["text"] for entry in log.of("observation")]
    warned = [at for at, text in enumerate(texts, 1) if "80% of the" in text]
    assert len(warned) == 1
    assert f"80% of the {cause}" in texts[warned[0] - 1]
    if cause != "time":
        assert warned == [8]
        assert len(model.requests) == 10
    else:
        asked_for = [entry["seconds"] for entry in log.of("reply")]
        assert sum(asked_for[: warned[0]]) >= limits.WARN_SHARE * budget.seconds
        assert len(asked_for) > warned[0]


def test_a_budget_that_has_grown_warns_again(scripted_model: Model) -> None:
    model, log = scripted_model(COUNTED), given.Log()
    for turns in (10, 20):
        ending = given.work(model, budget=Budget(turns=turns), log=log)
        assert ending.cause == "turns"
    texts = [entry["text"] for entry in log.of("observation")]
    assert [at for at, text in enumerate(texts, 1) if "80% of the turns" in text] == [8, 16]


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_try_that_was_cut_off_is_charged_with_the_reply_that_came_after_it(
    api: str, scripted_model: Model
) -> None:
    model = scripted_model([{**PLANS[0], "faults": [CUT]}, PLANS[1]])
    log = given.Log()
    given.work(model, budget=Budget(turns=1, prices=PRICES), log=log, api=api)

    (reply,) = log.of("reply")
    usage, first = reply["usage"], model.requests[0]
    assert usage["lost"] == first.size // limits.BYTES_PER_TOKEN + 1
    assert log.progress
    assert log.progress.input_tokens == usage["input"] + usage["lost"]
    whole = (usage["input"] + usage["lost"]) * 1.0 + usage["output"] * 4.0
    assert log.progress.cost_usd == pytest.approx(whole / 1e6)


def test_calls_that_come_to_nothing_use_the_budget_up(scripted_model: Model) -> None:
    """Three tries are cut off, and the task ends: its tokens and its time are gone all the same."""
    rude = {**PLANS[0], "faults": [CUT, CUT, {"times": 0, "status": 401, "body": {}}]}
    model = scripted_model([rude])
    log = given.Log()
    ending = given.work(model, budget=Budget(tokens=100), log=log)

    assert (ending.outcome, ending.cause) == (Outcome.MODEL_ERROR, "config")
    (failed,) = log.of("failure")
    assert failed["usage"]["lost"] == sum(
        one.size // limits.BYTES_PER_TOKEN + 1 for one in model.requests[:2]
    )
    assert failed["seconds"] > 1
    assert log.progress
    assert log.progress.input_tokens == failed["usage"]["lost"]
    again = given.work(model, budget=Budget(tokens=100), log=log)
    assert (again.outcome, again.cause) == (Outcome.BUDGET, "tokens")
    assert len(model.requests) == 3


def test_a_refusal_that_the_server_does_not_work_on_costs_time_alone(scripted_model: Model) -> None:
    rude = {**PLANS[0], "faults": [{"times": 0, "status": 402, "body": {}}]}
    log = given.Log()
    given.work(scripted_model([rude]), log=log)

    (failed,) = log.of("failure")
    assert failed["usage"]["lost"] == 0
    assert failed["result"] == "no reply: quota"
