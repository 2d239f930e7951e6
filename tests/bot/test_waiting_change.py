"""A change that needs approval: who may give it, by which words, and that it counts once."""

from dataclasses import replace

import pytest

from records.deliveries import DeliveryState
from records.task import Lease, TaskState
from records.waits import NewWait, Wait, WaitKind
from tests.bot.conftest import FrontDoor
from tests.bot.test_waits import task_of, waiting

WANTED = NewWait(
    "change:7fd1c0de7fd1c0de",
    WaitKind.CHANGE,
    {
        "digest": "7fd1c0de7fd1c0de",
        "paths": ["migrations/1.sql"],
        "diff": "+ drop @maria\n```\n",
    },
    3600.0,
)


def wait_of(door: FrontDoor, lease: Lease) -> Wait:
    found = door.context.tasks.waits.of_key(lease.task_id, WANTED.key)
    assert found
    return found


@pytest.mark.parametrize("words", ["", " 7fd1c0de", " 7FD1"])
def test_a_maintainer_approves_and_the_task_goes_on(words: str, front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, "maintain", f"/agent approve{words}")
    assert outcome.state is DeliveryState.HANDLED
    wait = wait_of(front_door, lease)
    assert (wait.answer["decision"], wait.answered_by) == ("approve", "maintain")
    assert task_of(front_door, lease).state is TaskState.QUEUED
    assert front_door.woken == [lease.task_id]


@pytest.mark.parametrize("user", ["write", "maria", "read"])
def test_who_does_not_maintain_approves_nothing(user: str, front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, user, "/agent approve 7fd1c0de")
    assert outcome.state is DeliveryState.REFUSED
    assert wait_of(front_door, lease).is_open
    assert front_door.woken == []


def test_another_digest_approves_nothing(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, "maintain", "/agent approve 12345678")
    assert outcome.state is DeliveryState.REFUSED
    assert "that is `7fd1c0de`" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).is_open


def test_a_writer_rejects_with_a_reason_and_nobody_decides_twice(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, WANTED)
    outcome = front_door.command(number, "write", "/agent reject Not now.")
    assert outcome.state is DeliveryState.HANDLED
    wait = wait_of(front_door, lease)
    assert (wait.answer["decision"], wait.answer["words"]) == ("reject", "Not now.")
    again = front_door.command(number, "maintain", "/agent approve")
    assert again.state is DeliveryState.REFUSED
    assert wait_of(front_door, lease).answer["decision"] == "reject"


@pytest.mark.parametrize("more", [{"cut": True}, {"paths": [f"m/{one}" for one in range(21)]}])
def test_what_is_not_shown_whole_is_approved_by_its_digest_alone(
    more: dict[str, object], front_door: FrontDoor
) -> None:
    number, lease = waiting(front_door, replace(WANTED, asked=WANTED.asked | more))
    outcome = front_door.command(number, "maintain", "/agent approve")
    assert outcome.state is DeliveryState.REFUSED
    assert wait_of(front_door, lease).is_open
    said = front_door.bot_comments(number)[-1]
    assert front_door.context.task_url(lease.task_id) in said
    assert "`/agent approve 7fd1c0de`" in said
    front_door.command(number, "maintain", "/agent approve 7fd1c0de")
    assert wait_of(front_door, lease).answer["decision"] == "approve"
