"""What is left out when the model's window gets full, and that nothing else changes."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome
from jobs.agent.conversation import Conversation
from jobs.sandbox import Sandbox
from tests.agent import given

pytestmark = pytest.mark.docker
Model = Callable[..., ScriptedModel]
TURNS = [
    given.turn(given.bash(f"seq {number} {number + 400}"), given.plan(f"step {number}"))
    for number in range(40)
]
SMALL = Budget(context_window=16_000, max_output=2_000, turns=40)
TOO_LONG = {"error": {"message": "maximum context length", "code": "context_length_exceeded"}}


def bodies(model: ScriptedModel) -> list[list[dict[str, Any]]]:
    return [request.parsed["messages"] for request in model.requests]


def test_old_results_are_left_out_in_few_batches_and_the_rest_stays(
    scripted_model: Model, shared_box: Sandbox
) -> None:
    log = given.Log()
    model = scripted_model(TURNS)
    ending = given.work(model, sandbox=shared_box, log=log, budget=SMALL)

    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, "turns"), ending
    masks = log.of("mask")
    assert 1 <= len(masks) <= 6
    sent = bodies(model)
    changed = [before for before, after in pairwise(sent) if after[: len(before)] != before]
    assert len(changed) == len(masks)
    assert max(len(request.body) for request in model.requests) / 4 < SMALL.context_window
    last = list(given.answers(model).values())
    assert last[0].startswith("[left out to save room: run `seq 0 400` → exit 0 · ")
    assert not last[-2].startswith("[left out")
    assert all(text.startswith("The plan is noted.") for text in last[1::2])
    assert sent[-1][:2] == sent[0]


def test_a_resumed_task_leaves_out_the_same(scripted_model: Model, shared_box: Sandbox) -> None:
    log = given.Log()
    model = scripted_model(TURNS)
    given.work(model, sandbox=shared_box, log=log, budget=SMALL)
    assert log.of("mask")

    rebuilt = Conversation(given.wire_to(model), SMALL.prices)
    for kind, entry in log.entries():
        rebuilt.apply(kind, entry)
    sent = bodies(model)[-1][1:]
    assert rebuilt.items[: len(sent)] == sent


def test_a_server_that_finds_the_history_too_long_gets_a_shorter_one(
    scripted_model: Model, shared_box: Sandbox
) -> None:
    refused = {**TURNS[6], "faults": [{"times": 1, "status": 400, "body": TOO_LONG}]}
    model = scripted_model([*TURNS[:6], refused, *TURNS[7:]])
    log = given.Log()
    budget = Budget(context_window=64_000, max_output=2_000, turns=8)
    ending = given.work(model, sandbox=shared_box, log=log, budget=budget)

    assert ending.cause == "turns", ending
    (mask,) = log.of("mask")
    assert mask["steps"]


def test_nothing_is_sent_that_cannot_fit(scripted_model: Model, shared_box: Sandbox) -> None:
    big = given.turn(*[given.bash(f"seq {number} {number + 3_000}") for number in range(8)])
    model = scripted_model([big, *TURNS])
    budget = Budget(context_window=12_000, max_output=1_000)
    ending = given.work(model, sandbox=shared_box, budget=budget)

    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, "context")
    assert len(model.requests) == 1
