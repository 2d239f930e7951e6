"""A repository can call the bot by another word: it alone counts there, and the bot's words too."""

import pytest

from bot.check_events import CheckSuiteCompleted
from bot.events import IssueCommented
from bot.own_word import as_called_here, as_last_called
from bot.payloads import parse
from records.deliveries import DeliveryState
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.project_repository import say


@pytest.fixture
def number(front_door: FrontDoor) -> int:
    """An issue where the bot is called by `/bot`."""
    say(front_door, "trigger: {command: /bot}\n")
    return front_door.issue()


def test_its_word_starts_a_task_and_is_used_in_answers(front_door: FrontDoor, number: int) -> None:
    front_door.command(number, "maria", "/bot fix the rounding")
    [task_id] = front_door.woken
    task = front_door.context.tasks.get(task_id)
    assert (task.instruction, task.brief["command"]) == ("the rounding", "/bot")
    assert "comment `/bot stop`" in front_door.bot_comments(number)[0]


def test_the_usual_word_means_nothing_there(front_door: FrontDoor, number: int) -> None:
    outcome = front_door.command(number, "maria", "/agent fix the rounding")
    assert outcome.state is DeliveryState.IGNORED
    assert front_door.woken == []
    assert front_door.bot_comments(number) == []


def test_a_slip_and_a_refusal_name_its_word(front_door: FrontDoor, number: int) -> None:
    front_door.command(number, "maria", "/bot rety")
    front_door.command(number, "read", "/bot fix")
    slip, refusal = front_door.bot_comments(number)
    assert "Did you mean `/bot retry`" in slip
    assert "`/bot fix`" in refusal
    assert "/agent" not in slip + refusal


def test_its_word_in_the_text_of_a_new_issue_counts(front_door: FrontDoor, number: int) -> None:
    front_door.github.open_issue(REPOSITORY, "maria", f"After {number}", "See.\n/bot fix")
    assert front_door.next_outcome().state is DeliveryState.HANDLED
    assert len(front_door.woken) == 1


def test_the_configuration_says_whose_word_it_is(front_door: FrontDoor, number: int) -> None:
    front_door.command(number, "maria", "/bot config")
    shown = front_door.bot_comments(number)[-1]
    assert "| `trigger.command` | /bot | .github/agent.yml, line 1 |" in shown


def test_while_github_is_away_the_word_counts_that_was_read_last(
    front_door: FrontDoor, number: int
) -> None:
    front_door.github.comment(REPOSITORY, number, "maria", "/bot stop")
    event = parse(*front_door.next("maria"))
    assert as_last_called(event, front_door.context).command == "/agent"
    front_door.command(number, "maria", "/bot status")
    assert as_last_called(event, front_door.context).command == "/bot"


def test_without_its_own_word_the_usual_one_counts(front_door: FrontDoor) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, "maria", "/bot fix")
    assert outcome.state is DeliveryState.IGNORED
    front_door.command(number, "maria", "/agent fix")
    assert "command" not in front_door.context.tasks.get(front_door.woken[0]).brief


def test_the_end_of_a_task_whose_issue_was_closed_names_its_word(
    front_door: FrontDoor, number: int
) -> None:
    front_door.command(number, "maria", "/bot fix the rounding")
    front_door.github.close_issue(REPOSITORY, number, "maria")
    front_door.next_outcome("maria")
    shown = front_door.bot_comments(number)[0]
    assert "closed this issue" in shown
    assert "`/bot " in shown
    assert "/agent" not in shown


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure"])
def test_whatever_way_checks_fail_the_words_name_its_word(
    conclusion: str, front_door: FrontDoor
) -> None:
    say(front_door, "trigger: {command: /bot}\n")
    door, number = front_door, front_door.issue()
    door.github.comment(REPOSITORY, number, "maria", "/bot status")
    commented = parse(*door.next("maria"))
    assert isinstance(commented, IssueCommented)
    suite = CheckSuiteCompleted(
        installation_id=commented.installation_id,
        repository=commented.repository,
        sender=commented.sender,
        suite_id=1,
        app="ci",
        head_sha="abc",
        head_branch="theirs",
        conclusion=conclusion,
        pull_requests=(number,),
        updated_at="",
    )
    assert as_called_here(suite, door.context).command == "/bot"
