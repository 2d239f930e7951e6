"""A server that cuts the history is found out; one that only counts strangely is left in peace."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import IssueText, Outcome, limits
from jobs.agent.window import Window
from tests.agent import given

Model = Callable[..., ScriptedModel]
LONG = given.task(issue=IssueText(7, "Long", "word " * 8_000))
GROWS = [{"step": f"{number} " + "look " * 39, "status": "pending"} for number in range(20)]


def figures(read: int, *, cached: int = 0, output: int = 50) -> dict[str, Any]:
    return {
        "input": read,
        "cached": cached,
        "cache_write": 0,
        "output": output,
        "estimated": False,
    }


def after(told: Sequence[int], usages: Sequence[dict[str, Any]]) -> Window:
    """Tell so much before each reply, then take in its figures."""
    window = Window()
    for more, usage in zip(told, usages, strict=True):
        window.told += more
        window.look(usage)
    return window


TOLD = [10_000, *[1_000] * 11]
TOTAL = [10_000 + 1_000 * turn for turn in range(12)]


@pytest.mark.parametrize(
    "reads",
    [
        [4_096] * 12,
        [4_096 - 300 * (turn % 3) for turn in range(12)],
        [*TOTAL[:4], *[13_000] * 8],
        [*TOTAL[:4], *(13_000 - 900 * (turn % 4) for turn in range(8))],
    ],
    ids=["small", "small, by whole messages", "later", "later, by whole messages"],
)
def test_a_history_that_is_cut_is_noticed(reads: list[int]) -> None:
    assert after(TOLD, [figures(read) for read in reads]).is_too_small


def test_large_news_hide_it_only_until_small_ones_come() -> None:
    told = [10_000, *[4_000] * 5, *[50] * 4]
    assert not after(told[:6], [figures(4_096)] * 6).is_too_small
    assert after(told, [figures(4_096)] * 10).is_too_small


@pytest.mark.parametrize(
    "usages",
    [
        [figures(int(total / 1.6)) for total in TOTAL],
        [figures(total * 2) for total in TOTAL],
        [figures(total, cached=total - 500) for total in TOTAL],
        [figures(more + 50) for more in TOLD],
        [figures(more + 178, cached=total - more) for more, total in zip(TOLD, TOTAL, strict=True)],
        [figures(total if turn % 3 else 1_100) for turn, total in enumerate(TOTAL)],
        [{**figures(1), "estimated": True} for _ in TOTAL],
    ],
    ids=["dense", "Chinese", "cached", "news only", "cached beside", "cached by chance", "guessed"],
)
def test_strange_counts_are_no_sign(usages: list[dict[str, Any]]) -> None:
    window = after(TOLD, usages)
    assert window.cut_turns == 0


def test_one_text_of_few_tokens_is_no_sign() -> None:
    told = [10_000, 5_000, *[200] * 10]
    reads = [10_000, 10_080, *(10_080 + 200 * turn for turn in range(1, 11))]
    assert not after(told, [figures(read) for read in reads]).is_too_small


def test_what_we_leave_out_ourselves_is_no_sign() -> None:
    window = after([30_000, 1_000], [figures(30_000), figures(31_000)])
    window.forget(15_000)
    for turn in range(12):
        window.told += 1_000
        window.look(figures(17_000 + 1_000 * turn))
        assert window.cut_turns == 0


def test_short_histories_fit_anywhere() -> None:
    assert not after([2_000] + [500] * 11, [figures(2_000)] * 12).is_too_small


@pytest.mark.parametrize(
    ("read", "call"),
    [(2_500, given.plan("go on")), (9_000, {"name": "update_plan", "arguments": {"plan": GROWS}})],
    ids=["far too little", "no more than before"],
)
def test_the_work_ends_in_words_about_the_window(
    read: int, call: dict[str, Any], scripted_model: Model
) -> None:
    usage = {"prompt_tokens": read, "completion_tokens": 20}
    log = given.Log()
    model = scripted_model([given.turn(call, usage=usage) for _ in range(20)])
    ending = given.work(model, log=log, given=LONG)

    assert (ending.outcome, ending.cause) == (Outcome.MODEL_ERROR, "window")
    assert "smaller than configured" in ending.explanation
    assert f"it read {read:,}" in ending.explanation
    assert len(log.of("reply")) == 1 + limits.CUT_TURNS

    unasked = scripted_model([])
    assert given.work(unasked, log=log, given=LONG).cause == "window"
    assert unasked.requests == [], "a job that goes on knows it from the log"


def test_a_server_that_reads_everything_may_go_on(scripted_model: Model) -> None:
    turns = [given.turn({"name": "update_plan", "arguments": {"plan": GROWS}})] * 4
    log = given.Log()
    ending = given.work(scripted_model([*turns, *[{"text": "end"}] * 3]), log=log, given=LONG)
    assert (ending.outcome, ending.cause) == (Outcome.PARTIAL, "quiet")
