"""Packages that a task asks for: who may allow them, by which words, and how often that counts."""

import pytest

from bot.comments import pull_request_body
from bot.comments.packages import packages_block, packages_result, packages_words
from records.deliveries import DeliveryState
from records.task import Lease, TaskState
from records.waits import NewWait, Wait, WaitKind
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.test_comments import around, make_task
from tests.bot.test_edited import offer, standing
from tests.bot.test_waits import begun, status_of, task_of, waiting

WANTED = NewWait(
    "call:7",
    WaitKind.PACKAGES,
    {
        "packages": [
            {"manager": "pip", "name": "six", "version": "1.16.0"},
            {"manager": "npm", "name": "@types/node", "version": ""},
        ],
        "reason": "Ask @maria: the new parser needs `six`.",
    },
    3600.0,
)


def wait_of(door: FrontDoor, lease: Lease) -> Wait:
    found = door.context.tasks.waits.of_key(lease.task_id, WANTED.key)
    assert found
    return found


@pytest.mark.parametrize(
    ("words", "allowed"), [("yes", True), ("1", True), ("no", False), ("YES", True)]
)
def test_a_maintainer_decides_and_the_task_goes_on(
    words: str, allowed: bool, front_door: FrontDoor
) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, "maintain", f"/agent packages {words}")
    assert outcome.state is DeliveryState.HANDLED
    wait = wait_of(front_door, lease)
    assert (wait.answer, wait.answered_by) == ({"allowed": allowed}, "maintain")
    assert task_of(front_door, lease).state is TaskState.QUEUED
    assert front_door.woken == [lease.task_id]


@pytest.mark.parametrize("user", ["write", "maria", "triage", "read"])
def test_who_does_not_maintain_allows_nothing(user: str, front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    for words in ("yes", "no", "1"):
        outcome = front_door.command(number, user, f"/agent packages {words}")
        assert outcome.state is DeliveryState.REFUSED
    assert "needs `maintain`" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).is_open
    assert front_door.woken == []


@pytest.mark.parametrize(
    ("user", "box", "answer"),
    [
        ("maintain", "do:packages 1", {"allowed": True}),
        ("maintain", "do:packages no", {"allowed": False}),
        ("write", "do:packages 1", {}),
    ],
)
def test_a_tick_counts_where_a_maintainer_sets_it(
    user: str, box: str, answer: dict[str, bool], front_door: FrontDoor
) -> None:
    number, lease = waiting(front_door, WANTED)
    body = "\n\n".join(packages_words(wait_of(front_door, lease), "/agent"))
    comment = offer(front_door, number, body)
    offered = standing(front_door, number, comment)
    front_door.github.tick(REPOSITORY, comment, user, box)
    front_door.next_outcome(user)
    assert wait_of(front_door, lease).answer == answer
    assert standing(front_door, number, comment) == offered, "the comment is put back"


def test_a_yes_to_another_request_allows_nothing(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, "maintain", "/agent packages 2")
    assert outcome.state is DeliveryState.REFUSED
    assert "another request than number 2" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).is_open


def test_the_second_word_is_told_that_it_is_too_late(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    front_door.command(number, "maintain", "/agent packages no")
    outcome = front_door.command(number, "admin", "/agent packages yes")
    assert outcome.state is DeliveryState.REFUSED
    assert "decided already, by @<!-- -->maintain" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).answer == {"allowed": False}


def test_a_delivery_that_comes_twice_decides_once(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    front_door.github.comment(REPOSITORY, number, "maintain", "/agent packages yes")
    delivery = front_door.next("maintain")
    assert front_door.answer(*delivery).state is DeliveryState.HANDLED
    assert front_door.answer(*delivery).state is DeliveryState.HANDLED
    assert wait_of(front_door, lease).answered_by == "maintain"


def test_a_yes_where_nothing_is_asked_says_so(front_door: FrontDoor) -> None:
    number, _ = begun(front_door)
    front_door.command(number, "maintain", "/agent packages yes")
    assert "No packages are asked for here" in front_door.bot_comments(number)[-1]


def test_other_words_to_a_task_that_asks_for_packages_are_kept_for_it(
    front_door: FrontDoor,
) -> None:
    number, lease = waiting(front_door, WANTED)
    front_door.command(number, "maria", "/agent Use the standard library.")
    heard = front_door.context.tasks.heard.of(lease.task_id)
    assert [one.text for one in heard] == ["Use the standard library."]
    assert wait_of(front_door, lease).is_open


def test_the_status_answers_with_what_is_asked_for(front_door: FrontDoor) -> None:
    number, _ = waiting(front_door, WANTED)
    front_door.command(number, "maria", "/agent status")
    assert "2 packages" in "".join(front_door.bot_comments(number))
    assert status_of(front_door, number)


def test_what_came_of_packages_is_shown_without_anybodys_own_markdown() -> None:
    came = [
        {"package": "six 1.16.0 (pip)", "installed": True, "said": "",
         "changes": ["requirements.txt: +1 -0 lines", "requirements.txt: +six `<b>` @maria"]},
        {"package": "no-such 1.0.0 (npm)", "installed": False, "changes": [],
         "said": "npm error\n404 ![x](https://example.org) @maria"},
    ]  # fmt: skip
    entry = {"by": "maintain", "allowed": True, "came": came}
    block = packages_block([entry, {**entry, "allowed": False, "came": []}])
    assert block.count("Allowed by @<!-- -->maintain") == 1
    assert "\n  ```diff\n  requirements.txt: +1 -0 lines\n  +six `<b>` @maria\n  ```\n" in block
    assert "**not installed**" in block
    assert packages_result(entry) == "allowed by maintain, 1 of 2 installed"
    assert packages_block([]) == ""


def test_a_reviewer_is_told_what_the_checks_had_beside_the_project() -> None:
    came = [{"package": "six 1.16.0 (pip)", "installed": True, "said": "", "changes": []}]
    allowed = {"by": "maintain", "allowed": True, "came": came}
    body = pull_request_body(make_task(), around(packages=[allowed]))
    assert "made and checked with six 1.16.0 (pip)" in body
    missing = [{**came[0], "installed": False}]
    for none in ([], [{**allowed, "came": missing}], [{**allowed, "allowed": False}]):
        assert "made and checked with" not in pull_request_body(make_task(), around(packages=none))
