"""What `/agent status` and `/agent log` say, from the records alone."""

import pytest

from records.deliveries import DeliveryState
from records.task import Lease
from records.waits import NewWait, WaitKind
from tests.bot.conftest import REPOSITORY, FrontDoor

STEP = {"step": 1, "title": "run `pytest -q`", "result": "exit 1", "text": "1 failed @maria"}


def started(front_door: FrontDoor, number: int) -> Lease:
    """Ask for a task, and take it as a worker does."""
    front_door.command(number, "maria", "/agent fix")
    lease = front_door.context.tasks.take(front_door.woken[-1], "worker", 30)
    assert lease
    return lease


def test_status_says_what_waits_behind_the_task_at_work(front_door: FrontDoor) -> None:
    number = front_door.issue()
    lease = started(front_door, number)
    other = front_door.issue()
    front_door.command(other, "maria", "/agent fix")
    later = front_door.context.tasks.line(front_door.repository_id, other)
    front_door.command(number, "maria", "/agent status")
    answer = front_door.bot_comments(number)[-1]
    assert f"{lease.task_id}`" in answer
    assert "has been running for" in answer
    assert later[0].id not in answer


def test_status_says_what_a_task_waits_for(front_door: FrontDoor) -> None:
    number = front_door.issue()
    lease = started(front_door, number)
    asked = {"questions": [{"question": "Which?", "choices": ["a", "b"], "default": 0}]}
    waits = front_door.context.tasks.waits
    waits.ask(lease, NewWait("call:1", WaitKind.QUESTION, asked, 3600))
    waits.rest(lease)
    front_door.command(number, "read", "/agent status")
    assert "waits for people, until" in front_door.bot_comments(number)[-1]
    assert "I need 1 decision" in front_door.bot_comments(number)[-1]


def test_a_log_is_shown_whole_and_by_the_step(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "triage", "/agent log")
    assert "There is no task on this thread" in front_door.bot_comments(number)[-1]
    lease = started(front_door, number)
    front_door.context.tasks.actions.append(lease, "observation", dict(STEP))
    front_door.command(number, "triage", "/agent log")
    whole = front_door.bot_comments(number)[-1]
    assert "| 1 |" in whole
    assert "Action log · 1 step" in whole
    assert front_door.command(number, "triage", "/agent log 1").state is DeliveryState.HANDLED
    one = front_door.bot_comments(number)[-1]
    assert "Step 1 of task" in one
    assert "```\n1 failed @maria\n```" in one
    assert front_door.reactions(front_door.last_comment_of(number, "triage")) == ["hooray"]


def test_a_step_that_there_is_not_is_said(front_door: FrontDoor) -> None:
    number = front_door.issue()
    started(front_door, number)
    assert front_door.command(number, "maria", "/agent log 7").state is DeliveryState.REFUSED
    assert "has no step 7" in front_door.bot_comments(number)[-1]


@pytest.mark.parametrize("login", ["read", "none"])
def test_a_log_is_not_for_everybody(front_door: FrontDoor, login: str) -> None:
    front_door.github.set_repository(REPOSITORY, private=False)
    number = front_door.issue()
    started(front_door, number)
    assert front_door.command(number, login, "/agent log").state is DeliveryState.REFUSED
    assert "needs `triage`" in front_door.bot_comments(number)[-1]
