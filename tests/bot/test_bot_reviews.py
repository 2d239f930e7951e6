"""Reviews of other bots: a listed one starts rounds on the bot's pull request, twice at most."""

from bot.comments.rounds import enough_of_bot_comment
from bot.other_bots import ROUND, rounds_of
from records.deliveries import DeliveryState
from records.task import Lease, Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.own_pull import OnPullRequest, on_pull
from tests.bot.project_repository import say

__all__ = ["on_pull"]

RENOVATE = "renovate[bot]"
LISTED = f"version: 1\nwho:\n  bots: ['{RENOVATE}']\n"


def reviewed(door: FrontDoor, number: int, state: str = "REQUEST_CHANGES") -> str:
    door.github.review(REPOSITORY, number, RENOVATE, body="Use Decimal.", event=state)
    outcome = door.next_outcome(RENOVATE)
    return f"{outcome.state.value}: {outcome.detail}"


def rounds(door: FrontDoor, number: int) -> list[Task]:
    tasks = door.context.tasks
    return [tasks.get(one) for one in tasks.rounds.on(door.repository_id, number)]


def done(door: FrontDoor, task: Task) -> Lease:
    """Let a job do a round, as far as the records show it."""
    tasks = door.context.tasks
    tasks.rounds.hold(task.id, -60.0)
    lease = tasks.take(task.id, "a job", 60.0)
    assert lease
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    return lease


def test_a_bot_that_nobody_lists_starts_no_round(on_pull: OnPullRequest) -> None:
    door = on_pull.door
    door.github.create_user(RENOVATE, kind="Bot")
    assert reviewed(door, on_pull.number) == "ignored: a bot's doing"
    assert rounds(door, on_pull.number) == []


def test_a_listed_bot_starts_two_rounds_and_is_told_once_that_there_is_no_third(
    on_pull: OnPullRequest,
) -> None:
    door, number = on_pull.door, on_pull.number
    door.github.create_user(RENOVATE, kind="Bot")
    say(door, LISTED)
    for count in (1, 2):
        assert reviewed(door, number).startswith(DeliveryState.HANDLED.value)
        assert reviewed(door, number).startswith(DeliveryState.HANDLED.value), "it is the same one"
        assert len(rounds(door, number)) == count
        done(door, rounds(door, number)[-1])
    for _ in range(2):
        assert reviewed(door, number) == f"refused: {RENOVATE} was heard in 2 rounds"
    assert len(rounds(door, number)) == 2
    said = enough_of_bot_comment("/agent", RENOVATE, 2)
    assert sum(said in one for one in door.bot_comments(number)) == 1


def test_a_bots_remarks_without_a_wish_start_nothing(on_pull: OnPullRequest) -> None:
    door = on_pull.door
    door.github.create_user(RENOVATE, kind="Bot")
    say(door, LISTED)
    assert reviewed(door, on_pull.number, "COMMENT") == "ignored: no command"


def test_a_round_in_which_a_bots_threads_were_heard_counts_as_well(on_pull: OnPullRequest) -> None:
    door, number, tasks = on_pull.door, on_pull.number, on_pull.door.context.tasks
    door.command(number, "maria", "/agent address")
    (task,) = rounds(door, number)
    lease = tasks.take(task.id, "a job", 60.0)
    assert lease
    threads = [{"said": [{"author": RENOVATE}, {"author": "maria"}]}]
    tasks.actions.append(lease, ROUND, {"round": {"threads": threads}})
    assert rounds_of(RENOVATE, tasks, door.repository_id, number) == 1
    assert rounds_of(RENOVATE, tasks, door.repository_id, number, beside=task.id) == 0
