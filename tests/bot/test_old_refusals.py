"""What was refused is folded away after a week, and no sooner; nothing else is."""

import pytest

from jobs.old_refusals import OldRefusals
from records.refusals import Refusal, Refusals
from tests.bot.conftest import REPOSITORY, FrontDoor


def folded(door: FrontDoor, number: int) -> dict[int, str]:
    return door.github.minimized(REPOSITORY, number)


def test_a_refusal_is_folded_away_when_its_week_is_over(front_door: FrontDoor) -> None:
    door, refusals = front_door, front_door.context.tasks.refusals
    number = door.issue()
    door.command(number, "read", "/agent fix")
    door.command(number, "maria", "/agent help")
    refused, _help = (
        one["id"]
        for one in door.github.comments(REPOSITORY, number)
        if one["user"]["type"] == "Bot"
    )
    clock = OldRefusals(refusals, door.app)
    clock.sweep()
    assert folded(door, number) == {}
    refusals.put_off(refused, -1.0)
    for _ in range(2):
        clock.sweep()
    assert list(folded(door, number)) == [refused]
    assert refusals.due(9) == []


def test_the_same_refusal_is_kept_once_and_stays_a_week(front_door: FrontDoor) -> None:
    refusals: Refusals = front_door.context.tasks.refusals
    for wait_s in (-1.0, 3600.0):
        refusals.add(Refusal(2**40, 1, 2, 3), wait_s)
    assert refusals.due(9) == [Refusal(2**40, 1, 2, 3)]
    number = front_door.issue()
    front_door.command(number, "read", "/agent fix")
    assert len(refusals.due(9)) == 1


@pytest.mark.parametrize(
    ("trouble", "left"),
    [({"status": 429, "headers": {"Retry-After": "60"}}, 1), ({"status": 403}, 0)],
)
def test_what_github_does_not_take_now_comes_later_and_what_it_refuses_never(
    front_door: FrontDoor, trouble: dict[str, object], left: int
) -> None:
    refusals = front_door.context.tasks.refusals
    number = front_door.issue()
    front_door.command(number, "read", "/agent fix")
    comment = front_door.last_comment_of(number, "patchbay-demo[bot]")
    refusals.put_off(comment, -1.0)
    front_door.github.fault("issues/get-comment", message="no", **trouble)
    OldRefusals(refusals, front_door.app).sweep()
    assert refusals.due(9) == []
    refusals.put_off(comment, -1.0)
    assert len(refusals.due(9)) == left


@pytest.mark.parametrize(("status", "left"), [(None, 2), (429, 0)])
def test_the_clock_folds_one_at_a_time_and_none_while_github_is_away(
    front_door: FrontDoor, status: int | None, left: int
) -> None:
    door, refusals = front_door, front_door.context.tasks.refusals
    numbers = [door.issue() for _ in range(3)]
    for number in numbers:
        door.command(number, "read", "/agent fix")
        refusals.put_off(door.last_comment_of(number, "patchbay-demo[bot]"), -1.0)
    if status:
        wait = {"Retry-After": "60"}
        door.github.fault("issues/get-comment", message="no", status=status, headers=wait)
    OldRefusals(refusals, door.app).sweep()
    assert len(refusals.due(9)) == left
    assert sum(bool(folded(door, number)) for number in numbers) == (0 if status else 1)
