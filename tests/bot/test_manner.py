"""Options that say how something is to be done reach the task, as far as who asks may have them."""

import pytest

from bot.limits import within
from records.deliveries import DeliveryState
from records.task import Task
from tests.bot.conftest import FrontDoor
from tests.bot.project_repository import say
from tests.bot.test_plans import newest, waiting


def started(front_door: FrontDoor) -> Task:
    """Return the newest task."""
    return front_door.context.tasks.get(front_door.woken[-1])


def test_options_reach_the_task_which_is_quiet_if_asked_to(front_door: FrontDoor) -> None:
    number = front_door.issue()
    options = '--time 20m --test "make check" --effort high --no-pr --quiet'
    front_door.command(number, "maria", f"/agent fix {options} the rounding")
    task = started(front_door)
    assert task.instruction == "the rounding"
    wanted = {"time": "20m", "test": "make check", "effort": "high", "no_pr": "yes", "quiet": "yes"}
    assert wanted.items() <= task.brief.items()
    assert within(front_door.context.limits, task).minutes == 20
    assert front_door.bot_comments(number) == []
    assert front_door.reactions(front_door.last_comment_of(number, "maria")) == ["eyes"]


@pytest.mark.parametrize(
    ("who", "asked", "minutes"),
    [("maria", "30m", 10), ("maria", "5m", 5), ("maintain", "30m", 30), ("maintain", "9h", 60)],
)
def test_more_time_than_the_repository_allows_is_for_maintainers(
    front_door: FrontDoor, who: str, asked: str, minutes: float
) -> None:
    say(front_door, "limits: {minutes: 10}\n")
    number = front_door.issue()
    front_door.command(number, who, f"/agent fix --time {asked}")
    assert within(front_door.context.limits, started(front_door)).minutes == minutes


def test_more_tokens_than_the_repository_allows_are_for_maintainers(front_door: FrontDoor) -> None:
    say(front_door, "limits: {tokens: 100k}\n")
    number, tokens = front_door.issue(), []
    for who in ("maria", "maintain"):
        front_door.command(number, who, "/agent fix --budget 200k")
        tokens.append(within(front_door.context.limits, started(front_door)).tokens)
    assert tokens == [100_000, 200_000]
    (said,) = [one for one in front_door.bot_comments(number) if "less than was asked" in one]
    assert "at most 100k tokens" in said
    assert "`maintain` role can ask for more" in said
    front_door.command(number, "maintain", "/agent fix --budget 900M")
    assert "whoever runs this bot allows a task no more" in front_door.bot_comments(number)[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--draft --ready", "`--draft` and `--ready` cannot both be"),
        ("--ready --no-pr", "`--ready` and `--no-pr` cannot both be"),
    ],
)
def test_options_that_contradict_each_other_start_nothing(
    front_door: FrontDoor, options: str, words: str
) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, "maria", f"/agent fix {options}")
    assert outcome.state is DeliveryState.REFUSED
    assert words in front_door.bot_comments(number)[0]
    assert front_door.woken == []


def test_a_repository_that_wants_drafts_gets_no_other(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix --ready")
    assert started(front_door).brief["ready"] == "yes"
    say(front_door, "pr: {draft: true}\n")
    outcome = front_door.command(number, "maria", "/agent fix --ready")
    assert outcome.state is DeliveryState.REFUSED
    assert "`pr.draft: true`" in front_door.bot_comments(number)[-1]


def test_a_fix_with_a_plan_first_keeps_its_options_until_the_plan_is_approved(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    options = '--plan --test "make check" --no-pr --time 20m'
    front_door.command(number, "maria", f"/agent fix {options} the rate")
    waiting(front_door, number)
    assert newest(front_door, number) is None
    front_door.command(number, "maria", "/agent approve")
    fix = newest(front_door, number)
    assert fix is not None
    wanted = {"test": "make check", "no_pr": "yes", "time": "20m"}
    assert wanted.items() <= fix.brief.items()
    assert fix.instruction == "the rate"
