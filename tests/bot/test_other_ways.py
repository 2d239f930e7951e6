"""What starts a task besides a comment with a command: labels, assignment, mentions, reviews."""

import pytest

from records.deliveries import DeliveryState
from records.tasks import Task
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.project_repository import say

BOT = "patchbay-demo[bot]"


def newest(front_door: FrontDoor) -> Task:
    return front_door.context.tasks.get(front_door.woken[-1])


@pytest.mark.parametrize(
    ("label", "verb"), [("agent:fix", "fix"), ("agent:plan", "plan"), ("agent:ask", "ask")]
)
def test_a_label_is_a_verb(front_door: FrontDoor, label: str, verb: str) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "write", label)
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED
    assert (newest(front_door).verb, newest(front_door).requester) == (verb, "write")


@pytest.mark.parametrize(("label", "left"), [("bug", ["bug"]), ("agent:fix", [])])
def test_a_refused_wish_takes_only_the_bots_own_label_off(
    front_door: FrontDoor, label: str, left: list[str]
) -> None:
    say(front_door, "trigger:\n  labels: {bug: fix}\n")
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "triage", label)
    assert front_door.next_outcome("triage").state is DeliveryState.REFUSED
    shown = front_door.github.issue(REPOSITORY, number)["labels"]
    assert [one["name"] for one in shown] == left


def test_the_repository_has_labels_of_its_own(front_door: FrontDoor) -> None:
    say(front_door, "trigger:\n  labels: {needs a plan: plan}\nwho: {plan: triage}\n")
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "triage", "needs a plan")
    assert front_door.next_outcome("triage").state is DeliveryState.HANDLED
    assert newest(front_door).verb == "plan"


def test_the_repository_says_who_may_give_a_verb(front_door: FrontDoor) -> None:
    say(front_door, "who: {fix: maintain}\n")
    number = front_door.issue()
    assert front_door.command(number, "write", "/agent fix").state is DeliveryState.REFUSED
    assert "`/agent fix` needs `maintain`" in front_door.bot_comments(number)[0]
    assert front_door.command(number, "maintain", "/agent fix").state is DeliveryState.HANDLED


def test_assigning_the_app_is_a_fix_and_anybody_else_is_not(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.assign(REPOSITORY, number, "maria", "write")
    assert front_door.next_outcome().state is DeliveryState.IGNORED
    front_door.github.assign(REPOSITORY, number, "maria", BOT)
    assert front_door.next_outcome().state is DeliveryState.HANDLED
    assert (newest(front_door).verb, newest(front_door).requester) == ("fix", "maria")


def test_assigning_asks_for_the_same_role(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.assign(REPOSITORY, number, "triage", BOT)
    assert front_door.next_outcome("triage").state is DeliveryState.REFUSED
    assert "needs `write`" in front_door.bot_comments(number)[0]


def test_where_the_repository_says_so_assigning_starts_nothing(front_door: FrontDoor) -> None:
    say(front_door, "trigger: {assign: false}\n")
    number = front_door.issue()
    front_door.github.assign(REPOSITORY, number, "maria", BOT)
    assert front_door.next_outcome().state is DeliveryState.IGNORED


def test_a_mention_is_a_command_where_the_repository_says_so(front_door: FrontDoor) -> None:
    number = front_door.issue()
    text = "@patchbay-demo fix the tax"
    assert front_door.command(number, "maria", text).state is DeliveryState.IGNORED
    say(front_door, "trigger: {mention: true}\n")
    assert front_door.command(number, "maria", "@li look").state is DeliveryState.IGNORED
    assert front_door.command(number, "maria", text).state is DeliveryState.HANDLED
    assert newest(front_door).instruction == "the tax"


def test_a_command_in_the_text_of_a_review_is_answered(front_door: FrontDoor) -> None:
    number = pull_request(front_door)
    front_door.github.review(
        REPOSITORY, number, "write", body="Fine.\n\n/agent status", event="COMMENT"
    )
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED
    assert "There is no task on this thread" in front_door.bot_comments(number)[0]


def test_a_review_of_somebody_elses_pull_request_is_no_round(front_door: FrontDoor) -> None:
    number = pull_request(front_door)
    front_door.github.review(REPOSITORY, number, "write", body="No.", event="REQUEST_CHANGES")
    assert front_door.next_outcome("write").state is DeliveryState.IGNORED
    assert front_door.bot_comments(number) == []


def pull_request(front_door: FrontDoor) -> int:
    """Let maria open a pull request."""
    say(front_door, "more\n", branch="more", path="more.txt")
    number = front_door.github.open_pull(REPOSITORY, "maria", "more", "More")
    front_door.next_outcome("maria")
    return number
