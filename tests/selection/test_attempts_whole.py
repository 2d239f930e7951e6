"""Several attempts at one issue, over the whole path: one pull request, by what was measured."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from demo.house import ENDED, House
from tests.whole.given import Turn, bash, call, containers, house_with, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(500)]

PATIENCE_S = 400.0
TESTS = "python3 -m pytest -q tests/test_tax.py"
IMPORT = "from decimal import ROUND_DOWN, Decimal"


def rounds(how: str) -> list[Turn]:
    """Turns that make `tax` round in another way."""
    imported = call(
        "edit", path="shop/tax.py", old_str=IMPORT, new_str=IMPORT.replace("ROUND_DOWN", how)
    )
    used = call("edit", path="shop/tax.py", old_str="=ROUND_DOWN", new_str=f"={how}")
    return [turn(imported, used)]


def adds_test(*equals: tuple[str, str, str]) -> Turn:
    """A turn that adds a test of what `tax` is."""
    lines = [
        f'    assert tax(Decimal("{n}"), Decimal("{r}")) == Decimal("{t}")' for n, r, t in equals
    ]
    old = "def test_gross_is_net_and_tax():"
    new = "def test_rounding():\n" + "\n".join(lines) + f"\n\n\n{old}"
    return turn(call("edit", path="tests/test_tax.py", old_str=old, new_str=new))


def hand_in(command: str = TESTS) -> list[Turn]:
    check = {"command": command, "shows": "it rounds"}
    return [submit(checks=[check]), submit(checks=[check])]


def variants(match: str, **turns: list[Turn]) -> list[list[Turn]]:
    return [[{"match": match, "variant": name}, *said] for name, said in turns.items()]


LOW = ("10.99", "0.07", "0.77")
HALF = ("0.50", "0.19", "0.10")
RIGHT = [*rounds("ROUND_HALF_UP"), adds_test(LOW, HALF), *hand_in()]
TOO_LITTLE = [*rounds("ROUND_HALF_DOWN"), adds_test(LOW), *hand_in()]
BREAKS = [
    *rounds("ROUND_HALF_UP"),
    turn(
        call(
            "edit", path="shop/tax.py", old_str="return net + tax(net, rate)", new_str="return net"
        )
    ),
    adds_test(LOW, HALF),
    *hand_in("true"),
]
FAILS: list[Turn] = [
    bash("true"),
    {"error": {"code": "insufficient_quota", "message": "none left"}},
]


def slow(name: str) -> list[Turn]:
    """An attempt with a middle: commands that must not be run twice."""
    steps = [
        bash(f"echo {name}-{number} >> /tmp/steps; cat /tmp/steps", 1.0) for number in range(5)
    ]
    return [*rounds("ROUND_HALF_UP"), *steps, adds_test(LOW, HALF), *hand_in()]


def waits() -> list[Turn]:
    return [*rounds("ROUND_HALF_UP"), bash("sleep 100"), *hand_in()]


REVIEW = {
    "verdict": "revise",
    "defects": [{"file": "shop/payment.py", "line": 1, "why": "It pays twice.", "severity": "p1"}],
}
PAYS = [
    turn(call("write", path="shop/payment.py", content="PAID = 2\n")),
    *hand_in(),
    turn(call("write", path="shop/payment.py", content="PAID = 1\n")),
    *hand_in(),
]

SCRIPTS = [
    [{"match": "Review this change."}, {"text": f"My review:\n```json\n{json.dumps(REVIEW)}\n```"}],
    [{"match": "Reviewed"}, *PAYS],
    *variants("Chosen", right=RIGHT, little=TOO_LITTLE, breaks=BREAKS),
    *variants("Fails", one=FAILS, other=RIGHT),
    *variants("Killed", a=slow("a"), b=slow("b")),
    *variants("Stopped", a=waits(), b=waits()),
]


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Two workers, and a model that plays every attempt from another script."""
    assert sandbox_image
    with house_with(SCRIPTS, tmp_path_factory.mktemp("attempts"), docker_host) as opened:
        yield opened


def asked(house: House, title: str, count: int) -> int:
    number = house.open_issue(title, "`tax()` cuts fractions of a cent off.")
    house.comment(number, f"/agent fix --attempts {count}")
    return number


def ended(house: House, number: int) -> dict[str, Any]:
    """Return the task of an issue once it has ended; several attempts take their time."""

    def see() -> Any:
        return next((task for task in house.tasks(number) if task["state"] in ENDED), None)

    return dict(house.wait_for(see, f"the end of the task of issue {number}", PATIENCE_S))


def log_of(house: House, task: dict[str, Any]) -> list[dict[str, Any]]:
    address = f"{house.web}/tasks/{task['id']}/log.jsonl"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
        return [json.loads(line) for line in answer.read().splitlines()]


def page_of(house: House, task: dict[str, Any]) -> str:
    with urllib.request.urlopen(f"{house.web}/tasks/{task['id']}", timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def choice_of(house: House, task: dict[str, Any]) -> dict[str, Any]:
    [found] = [entry["content"] for entry in log_of(house, task) if entry["kind"] == "choice"]
    return dict(found)


def test_the_attempt_that_the_measurements_choose_is_handed_in(house: House) -> None:
    number = asked(house, "Chosen", 3)
    task = ended(house, number)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    choice = choice_of(house, task)
    by_word = {one["attempt"]: one for one in choice["candidates"]}
    winner = by_word.pop(choice["chosen"])
    assert "ROUND_HALF_UP" in winner["diff"]
    assert winner["foreign"] == [1, 1]
    assert choice["why"] == "it passes more of the other attempts' reproductions"
    little = next(one for one in by_word.values() if "ROUND_HALF_DOWN" in one["diff"])
    breaks = next(one for one in by_word.values() if one is not little)
    assert little["foreign"] == [0, 1]
    assert breaks["new_failures"] > 0
    [pull_request] = house.pull_requests(number)
    assert f"Attempt {choice['chosen']} of 3 was chosen" in pull_request["body"]
    assert task["evidence"]["clean"]
    assert "Closes #" in pull_request["body"]
    page = page_of(house, task)
    assert "ROUND_HALF_DOWN" in page
    assert "return net" in page
    replies = [entry for entry in log_of(house, task) if entry["kind"] == "reply"]
    assert task["progress"]["turns"] == len(replies)
    used = sum(entry["content"]["usage"]["output"] for entry in replies)
    assert task["progress"]["output_tokens"] == used


def test_a_reviewer_is_heard_and_quoted_in_the_pull_request(house: House) -> None:
    number = house.open_issue("Reviewed", "Pay.")
    house.comment(number, "/agent fix")
    task = ended(house, number)
    assert task["state"] == "succeeded"
    [review] = [entry["content"] for entry in log_of(house, task) if entry["kind"] == "review"]
    assert review["result"] == "revise: 1 to mend"
    assert "`payment` is a sensitive place" in review["why"]
    [pull_request] = house.pull_requests(number)
    assert "`shop/payment.py:1`: It pays twice. (major)" in pull_request["body"]
    assert "ask an independent reviewer" in pull_request["body"]
    gates = [entry["content"] for entry in log_of(house, task) if entry["kind"] == "gate"]
    assert [one["accepted"] for one in gates] == [False, False, True]


def test_an_attempt_that_fails_does_not_end_the_others(house: House) -> None:
    number = asked(house, "Fails", 2)
    task = ended(house, number)
    assert task["state"] == "succeeded"
    choice = choice_of(house, task)
    [loser] = [one for one in choice["candidates"] if one["attempt"] != choice["chosen"]]
    assert loser["outcome"] == "model_error"
    assert "no credit left" in loser["explanation"]
    assert len(house.pull_requests(number)) == 1


def test_a_stop_ends_all_attempts_at_once(house: House, docker_host: str) -> None:
    number = asked(house, "Stopped", 2)
    house.wait_for(
        lambda: any(task["progress"]["turns"] >= 4 for task in house.tasks(number)),
        "two sleeping attempts",
        PATIENCE_S,
    )
    [task] = house.tasks(number)
    assert len(containers(docker_host, task["id"])) >= 2
    house.comment(number, "/agent stop")
    house.wait_for(lambda: house.tasks(number)[0]["stop_requested_by"], "the stop is heard")
    began = time.monotonic()
    house.wait_for(lambda: not containers(docker_host, task["id"]), "no sandbox is left")
    assert time.monotonic() - began < 20
    task = ended(house, number)
    assert task["state"] == "stopped"
    assert house.pull_requests(number) == []


def test_a_killed_worker_resumes_all_attempts_and_repeats_nothing(house: House) -> None:
    number = asked(house, "Killed", 2)
    house.wait_for(
        lambda: any(task["progress"]["turns"] >= 7 for task in house.tasks(number)),
        "the middle of the attempts",
        PATIENCE_S,
    )
    task_id = house.tasks(number)[0]["id"]
    house.bot.started[house.worker_of(task_id)].kill()
    task = ended(house, number)
    assert (task["id"], task["state"], task["attempts"]) == (task_id, "succeeded", 2)
    assert len(house.pull_requests(number)) == 1
    entries = log_of(house, task)
    ran = Counter(
        (entry["content"]["attempt"], entry["content"]["title"])
        for entry in entries
        if entry["kind"] == "observation"
        and entry["content"]["status"] != "skipped"
        and "echo" in entry["content"]["title"]
    )
    assert len({attempt for attempt, _ in ran}) == 2
    assert set(ran.values()) == {1}
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
