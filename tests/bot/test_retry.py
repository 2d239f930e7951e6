"""Through the front door: trying again what a task did not come to, from where it was or anew."""

import pytest

from records.checkpoints import Checkpoints
from records.deliveries import DeliveryState
from records.tasks import Task, TaskState
from tests.bot.conftest import FrontDoor
from tests.bot.test_line import open_pull_request, tasks_of


def failed(front_door: FrontDoor, number: int, *, work: bool = False) -> Task:
    """End the first task of a thread, with a change kept or without."""
    tasks = front_door.context.tasks
    first = tasks_of(front_door, number)[0]
    lease = tasks.take(first.id, "a job", 30.0)
    assert lease
    if work:
        tasks.write(lease, base_sha="abc", base_branch="main")
        Checkpoints(tasks._database).save(lease, 7, "abc", b"a change")
    tasks.end(lease, TaskState.FAILED, reason="budget", explanation="")
    return tasks.get(first.id)


def the_new(front_door: FrontDoor, number: int) -> Task:
    (task,) = tasks_of(front_door, number)
    return task


def test_a_failed_task_is_tried_again_with_its_words_and_those_that_are_new(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix --model fast the rounding")
    first = failed(front_door, number)
    front_door.command(number, "admin", "/agent retry --model=deep --attempts=2 with Decimal")
    again = the_new(front_door, number)
    assert (again.verb, again.instruction) == ("fix", "the rounding\n\nwith Decimal")
    assert (again.model, again.wanted_attempts, again.requester) == ("deep", 2, "admin")
    assert again.brief["retry_of"] == first.id
    assert "wip" not in again.brief
    assert again.base_sha is None


def test_a_retry_goes_on_with_the_work_that_was_kept(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    first = failed(front_door, number, work=True)
    front_door.command(number, "maria", "/agent retry")
    again = the_new(front_door, number)
    assert again.brief["wip"] == first.id
    assert (again.base_sha, again.base_branch) == ("abc", "main")


def test_a_retry_from_scratch_knows_nothing_of_the_work(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number, work=True)
    front_door.command(number, "maria", "/agent retry --from=scratch")
    again = the_new(front_door, number)
    assert "wip" not in again.brief
    assert again.base_sha is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/agent retry --from=wip", "left no change to go on with"),
        ("/agent retry --from=plan", "had no approved plan"),
        ("/agent retry --from=there", "`--from` wants a value, as in"),
        ("/agent retry --model=none", "I know no model `none`"),
        ("/agent retry --attempts=9", "`9` is no number of attempts"),
    ],
)
def test_what_cannot_be_tried_again_is_said(front_door: FrontDoor, text: str, words: str) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    assert front_door.command(number, "maria", text).state is DeliveryState.REFUSED
    assert words in front_door.bot_comments(number)[-1]
    assert tasks_of(front_door, number) == []


def test_without_a_task_or_with_one_on_its_way_there_is_nothing_to_try_again(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent retry")
    assert "There was no task on this thread" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent fix")
    front_door.command(number, "maria", "/agent retry")
    assert "has not ended" in front_door.bot_comments(number)[-1]
    assert len(tasks_of(front_door, number)) == 1


def test_a_retry_is_asked_back_where_a_pull_request_is_open(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    open_pull_request(front_door, number, f"Closes #{number}")
    front_door.command(number, "maria", "/agent retry")
    assert "<!-- do:retry --new -->" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent retry --new")
    assert len(tasks_of(front_door, number)) == 1


def test_a_retry_that_is_told_twice_is_one_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    front_door.github.comment("acme/shop", number, "maria", "/agent retry")
    event, body = front_door.next("maria")
    for _ in range(2):
        assert front_door.answer(event, body).state is DeliveryState.HANDLED
    assert len(tasks_of(front_door, number)) == 1


def test_somebody_without_write_access_retries_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    assert front_door.command(number, "read", "/agent retry").state is DeliveryState.REFUSED
    assert tasks_of(front_door, number) == []
