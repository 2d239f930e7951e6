"""What is left out when the model's window gets full, and that nothing else changes."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome
from jobs.agent.conversation import Conversation
from tests.agent import given

Model = Callable[..., ScriptedModel]
TURNS = [
    # The plan goes by a name of another house's, and is kept all the same.
    given.turn(given.bash(f"seq {number}"), given.plan(f"step {number}") | {"name": "todo_write"})
    for number in range(60)
]
SMALL = Budget(context_window=32_000, max_output=2_000, turns=45)
TOO_LONG = {"error": {"message": "maximum context length", "code": "context_length_exceeded"}}


def box(chars: int = 3_000) -> given.PlainSandbox:
    return given.PlainSandbox(says=lambda script: f"{script}\n" * (chars // (len(script) + 1)))


def bodies(model: ScriptedModel) -> list[list[dict[str, Any]]]:
    return [request.parsed["messages"] for request in model.requests]


def test_old_results_are_left_out_in_few_batches_and_the_rest_stays(scripted_model: Model) -> None:
    log = given.Log()
    model = scripted_model(TURNS)
    ending = given.work(model, sandbox=box(), log=log, budget=SMALL)

    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, "turns"), ending
    masks = log.of("mask")
    assert 1 <= len(masks) <= 6
    sent = bodies(model)
    changed = [before for before, after in pairwise(sent) if after[: len(before)] != before]
    assert len(changed) == len(masks)
    assert max(len(request.body) for request in model.requests) / 4 < SMALL.context_window
    last = list(given.answers(model).values())
    assert last[0].startswith("[left out to save room: run `seq 0` → exit 0 · ")
    assert not last[-2].startswith("[left out")
    assert all(text.startswith("The plan is noted.") for text in last[1::2])
    assert sent[-1][:2] == sent[0]


def test_a_resumed_task_leaves_out_the_same(scripted_model: Model) -> None:
    log = given.Log()
    model = scripted_model(TURNS)
    given.work(model, sandbox=box(), log=log, budget=SMALL)
    assert log.of("mask")

    rebuilt = Conversation(given.wire_to(model), SMALL.prices)
    for kind, entry in log.entries():
        rebuilt.apply(kind, entry)
    sent = bodies(model)[-1][1:]
    assert rebuilt.items[: len(sent)] == sent


def test_a_server_that_finds_the_history_too_long_gets_a_shorter_one(scripted_model: Model) -> None:
    refused = {**TURNS[6], "faults": [{"times": 1, "status": 400, "body": TOO_LONG}]}
    model = scripted_model([*TURNS[:6], refused, *TURNS[7:]])
    log = given.Log()
    budget = Budget(context_window=64_000, max_output=2_000, turns=8)
    ending = given.work(model, sandbox=box(), log=log, budget=budget)

    assert ending.cause == "turns", ending
    (mask,) = log.of("mask")
    assert mask["steps"]


def test_nothing_is_sent_that_cannot_fit(scripted_model: Model) -> None:
    """A turn may bring more than the window holds: then only its newest result stays whole."""
    big = given.turn(*[given.bash(f"seq {number}") for number in range(8)])
    model = scripted_model([big, *TURNS[1:]])
    budget = Budget(context_window=12_000, max_output=1_000, turns=3)
    ending = given.work(model, sandbox=box(15_000), budget=budget)

    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, "turns"), ending
    assert max(request.size for request in model.requests) / 4 < budget.context_window
    texts = list(given.answers(model, 1).values())
    assert [text.startswith("[left out to save room: ") for text in texts] == [True] * 7 + [False]


def test_one_result_that_cannot_fit_leaves_the_records(scripted_model: Model) -> None:
    turns = [given.turn(given.bash(f"seq {number}"), text="I saw it.") for number in range(3)]
    log, model = given.Log(), scripted_model(turns)
    budget = Budget(context_window=6_000, max_output=500, turns=1)
    given.work(model, sandbox=box(19_000), log=log, budget=budget)
    given.work(model, sandbox=box(100), log=log, budget=replace(budget, turns=2))

    (recap,) = log.of("recap")
    assert "(None was written." in recap["text"]
    assert len(model.requests) == 2, "nobody is asked to sum up what cannot be shown"
