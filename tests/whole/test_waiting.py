"""A task waits for people with nothing held, and goes on; one worker serves all of them here."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.house import House
from demo.stage import MAINTAINS
from tests.whole.given import bash, call, house_with, script, submit, turn
from tests.whole.test_endings import DEAR, branches, files, labels, limited

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

TITLES = ("Which way?", "No way", "A dear one", "Steered")
NOTE = turn(call("write", path="NOTES.md", content="Half of it.\n"))
QUESTIONS = [
    {"question": "Round half up?", "choices": ["yes", "no, to even"], "default": 2},
    {"question": "Where?", "choices": ["in the model", "in the view"], "default": 1},
]
ASK = turn(call("ask_people", questions=QUESTIONS))
DONE = (submit("partial"), submit("partial"))
LIMITS = {
    "PATCHBAY_MODEL_CONTEXT_WINDOW": "1000000",
    "PATCHBAY_TASK_MAX_USD": "5",
    "PATCHBAY_PRICE_INPUT_PER_MTOK": "10",
    "PATCHBAY_PRICE_OUTPUT_PER_MTOK": "10",
    "PATCHBAY_REVIEW": "off",
}


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    scripts = [
        script("Which way?", NOTE, ASK, bash("cat NOTES.md"), *DONE),
        script("No way", NOTE, ASK, *DONE),
        script("A dear one", {**NOTE, "usage": DEAR}, bash("ls"), *DONE),
        script("Steered", bash("ls"), bash("true", 5), bash("ls tests"), *DONE),
    ]
    folder = tmp_path_factory.mktemp("waiting")
    with limited(house_with(scripts, folder, docker_host, workers=1), LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(house: House) -> dict[str, int]:
    """The number of each issue; all of them are asked for at once."""
    numbers = {title: house.open_issue(title) for title in TITLES}
    for number in numbers.values():
        house.comment(number, "/agent fix")
    return numbers


def status(house: House, number: int) -> str:
    return str(house.bot_comments(number)[0]["body"])


def waits(house: House, number: int, words: str) -> dict[str, Any]:
    task: dict[str, Any] = house.wait_for_task(number, {"waiting"})
    house.wait_for(lambda: words in status(house, number), words)
    house.wait_for(lambda: labels(house, number) == {"agent:needs-input"}, "the label")
    return task


def test_a_word_that_steers_is_acknowledged_with_its_step(
    house: House, asked: dict[str, int]
) -> None:
    number = asked["Steered"]
    house.wait_for(lambda: any(task["progress"]["turns"] for task in house.tasks(number)), "a turn")
    comment = house.comment(number, "/agent steer Use Decimal.")
    house.wait_for_task(number)
    house.wait_for(lambda: house.reactions(comment) == ["rocket"], "the acknowledgement")
    house.wait_for(lambda: "steer by maria: `Use Decimal.`" in status(house, number), "its line")
    assert "| taken at step" in status(house, number)


def test_questions_are_answered_while_the_only_worker_does_something_else(
    house: House, asked: dict[str, int]
) -> None:
    first, second = asked["Which way?"], asked["No way"]
    waits(house, first, "### ❓ I need 2 decisions")
    waits(house, second, "- [ ] a. yes <!-- do:answer 1a -->")
    house.comment(first, "/agent 1a 2b")
    task = house.wait_for_task(first)
    assert task["state"] == "partial"
    assert files(house, task["branch"]) == {"NOTES.md"}
    body = status(house, first)
    assert "ask: `Round half up?` | answered by maria" in body
    assert "run `cat NOTES.md` | exit 0" in body

    house.comment(second, "/agent stop")
    stopped = house.wait_for_task(second)
    assert stopped["state"] == "stopped"
    assert branches(house, second) == [stopped["branch"]]
    assert files(house, stopped["branch"]) == {"NOTES.md"}
    house.wait_for(lambda: "maria stopped it." in status(house, second), "the last words")


def test_a_task_without_money_pauses_and_goes_on_with_more(
    house: House, asked: dict[str, int]
) -> None:
    number = asked["A dear one"]
    waits(house, number, "### 💸 Paused at $5.00")
    assert "Changed so far: NOTES.md." in status(house, number)
    house.comment(number, "/agent budget +$5", user=MAINTAINS)
    task = house.wait_for_task(number)
    assert task["state"] == "partial"
    assert task["reason"] == "", task["explanation"]
    assert "of $10.00" in status(house, number)
