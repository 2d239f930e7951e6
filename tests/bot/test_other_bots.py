"""Through the front door: other bots are heard where the repository lists them, not for ever."""

from records.deliveries import DeliveryState
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.project_repository import say
from tests.bot.test_retry import failed

RENOVATE = "renovate[bot]"
LISTED = f"version: 1\nwho:\n  bots: ['{RENOVATE}']\n"


def with_bot(front_door: FrontDoor, *, listed: bool) -> int:
    front_door.github.create_user(RENOVATE, kind="Bot")
    number = front_door.issue()
    if listed:
        say(front_door, LISTED)
    return number


def test_a_bot_that_nobody_lists_is_not_heard(front_door: FrontDoor) -> None:
    number = with_bot(front_door, listed=False)
    outcome = front_door.command(number, RENOVATE, "/agent fix")
    assert outcome.state is DeliveryState.IGNORED
    assert front_door.bot_comments(number) == ["/agent fix"]
    assert front_door.context.tasks.recent(9) == []


def test_a_listed_bot_starts_a_task(front_door: FrontDoor) -> None:
    number = with_bot(front_door, listed=True)
    assert front_door.command(number, RENOVATE, "/agent fix").state is DeliveryState.HANDLED
    (task,) = front_door.context.tasks.recent(9)
    assert task.requester == RENOVATE


def test_a_listed_bot_may_not_what_a_maintainer_may(front_door: FrontDoor) -> None:
    number = with_bot(front_door, listed=True)
    outcome = front_door.command(number, RENOVATE, "/agent batch #1")
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.context.tasks.recent(9) == []


def test_what_a_listed_bot_labels_or_remarks_starts_nothing(front_door: FrontDoor) -> None:
    number = with_bot(front_door, listed=True)
    front_door.github.add_label(REPOSITORY, number, RENOVATE, "agent:fix")
    assert front_door.next_outcome(RENOVATE).state is DeliveryState.IGNORED
    front_door.command(number, "maria", "/agent fix")
    assert front_door.command(number, RENOVATE, "By the way").state is DeliveryState.IGNORED
    (task,) = front_door.context.tasks.recent(9)
    assert front_door.context.tasks.heard.of(task.id) == ()


def test_a_bot_that_asks_again_and_again_is_stopped_until_a_person_asks(
    front_door: FrontDoor,
) -> None:
    number = with_bot(front_door, listed=True)
    for _ in range(3):
        front_door.command(number, RENOVATE, "/agent fix")
        failed(front_door, number)
    for _ in range(2):
        outcome = front_door.command(number, RENOVATE, "/agent fix")
        assert outcome.state is DeliveryState.REFUSED
    said = [one for one in front_door.bot_comments(number) if "no person in between" in one]
    assert len(said) == 1
    assert len(front_door.context.tasks.recent(9)) == 3
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    assert front_door.command(number, RENOVATE, "/agent fix").state is DeliveryState.HANDLED


def test_the_bot_never_hears_itself_even_where_it_is_listed(front_door: FrontDoor) -> None:
    number = front_door.issue()
    say(front_door, LISTED.replace(RENOVATE, "patchbay-demo[bot]"))
    outcome = front_door.command(number, "patchbay-demo[bot]", "/agent fix")
    assert outcome.state is DeliveryState.IGNORED
    assert front_door.context.tasks.recent(9) == []


def test_a_bot_that_answers_every_refusal_is_refused_in_words_once(front_door: FrontDoor) -> None:
    number = with_bot(front_door, listed=True)
    for command in ("/agent fix --nope", "/agent fix --model=none", "/agent stop", "/agent log"):
        front_door.command(number, RENOVATE, command)
    own = [one for one in front_door.bot_comments(number) if not one.startswith("/agent")]
    # Whatever it asks for, it gets an answer to a question and a refusal, and no more that day.
    assert len(own) == 2
