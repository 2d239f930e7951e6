"""What people say to a task that waits, or works: answers, words that steer, more money."""

from dataclasses import replace

import pytest

from bot.comments import Limits, Surroundings, status_comment
from bot.limits import Allowance
from bot.request import Outcome
from records.deliveries import DeliveryState
from records.heard import Remark
from records.task import Lease, Progress, TaskState
from records.tasks import Task
from records.waits import NewWait, Wait, WaitKind
from tests.bot.conftest import REPOSITORY, FrontDoor

TWO = NewWait(
    "call:1",
    WaitKind.QUESTION,
    {
        "questions": [
            {"question": "Round half up?", "choices": ["yes", "no"], "default": 0},
            {"question": "Where?", "choices": ["model", "view"], "default": 1},
        ],
        "at_deadline": "defaults",
    },
    3600.0,
)
PAUSED = NewWait("budget:2:100", WaitKind.BUDGET, {"what": "money", "usd": 2.0, "tokens": 9}, 60.0)


def begun(door: FrontDoor) -> tuple[int, Lease]:
    """A task of maria's that a job has."""
    number = door.issue()
    door.command(number, "maria", "/agent fix this")
    task = door.context.tasks.live_on_issue(door.repository_id, number)
    assert task
    lease = door.context.tasks.take(task.id, "a job", 60.0)
    assert lease
    door.woken.clear()
    return number, lease


def waiting(door: FrontDoor, asked: NewWait = TWO) -> tuple[int, Lease]:
    number, lease = begun(door)
    door.context.tasks.waits.ask(lease, asked)
    door.context.tasks.waits.rest(lease)
    return number, lease


def task_of(door: FrontDoor, lease: Lease) -> Task:
    return door.context.tasks.get(lease.task_id)


def wait_of(door: FrontDoor, lease: Lease, key: str = TWO.key) -> Wait:
    found = door.context.tasks.waits.of_key(lease.task_id, key)
    assert found
    return found


def status_of(door: FrontDoor, number: int) -> str:
    return door.bot_comments(number)[0]


def reaction(door: FrontDoor, number: int, user: str) -> list[str]:
    return door.reactions(door.last_comment_of(number, user))


def test_letters_answer_every_question_and_wake_the_task(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    outcome = front_door.command(number, "maria", "/agent 1b 2a")
    assert outcome.state is DeliveryState.HANDLED
    answers = wait_of(front_door, lease).answer["answers"]
    assert {key: one["choice"] for key, one in answers.items()} == {"1": "b", "2": "a"}
    assert wait_of(front_door, lease).answered_by == "maria"
    assert task_of(front_door, lease).state is TaskState.QUEUED
    assert front_door.woken == [lease.task_id]
    assert reaction(front_door, number, "maria") == ["hooray"]
    assert status_of(front_door, number).split("\n")[1].startswith("### ⏳")


def test_one_answer_of_two_is_noted_and_shown_and_the_task_waits_on(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    front_door.command(number, "write", "/agent answer 2 In the @view, of course.")
    assert task_of(front_door, lease).state is TaskState.WAITING
    assert front_door.woken == []
    assert "In the @<!-- -->view, of course." in status_of(front_door, number)
    front_door.command(number, "maria", "/agent 1a")
    assert task_of(front_door, lease).state is TaskState.QUEUED


def test_plain_words_answer_the_one_question_that_is_open(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    front_door.command(number, "maria", "/agent Up, please.")
    assert "`/agent answer 1 …` or `/agent answer 2 …`" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent 1a")
    front_door.command(number, "maria", "/agent In the template.")
    assert wait_of(front_door, lease).answer["answers"]["2"]["text"] == "In the template."


@pytest.mark.parametrize("choice", ["3a", "1c"])
def test_a_choice_that_was_not_offered_is_refused(front_door: FrontDoor, choice: str) -> None:
    number, lease = waiting(front_door)
    outcome = front_door.command(number, "maria", f"/agent {choice}")
    assert outcome.state is DeliveryState.REFUSED
    assert f"I did not ask for `{choice}`" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).answer == {}


def test_strangers_answer_nothing_and_the_requester_may_without_write_access(
    front_door: FrontDoor,
) -> None:
    number, lease = waiting(front_door)
    outcome = front_door.command(number, "read", "/agent 1a 2a")
    assert outcome.state is DeliveryState.REFUSED
    assert "needs `write`, or to come from" in front_door.bot_comments(number)[-1]
    front_door.github.add_collaborator(REPOSITORY, "maria", "read")
    assert front_door.command(number, "maria", "/agent 1a 2a").state is DeliveryState.HANDLED
    assert not wait_of(front_door, lease).is_open


def test_an_answer_that_is_too_long_is_refused_and_not_cut(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    front_door.command(number, "maria", f"/agent answer 2 {'so ' * 1_500}")
    assert "longer than 4000 letters" in front_door.bot_comments(number)[-1]
    assert wait_of(front_door, lease).answer == {}


def test_the_second_answer_is_told_that_it_is_too_late(front_door: FrontDoor) -> None:
    number, _ = waiting(front_door)
    front_door.command(number, "maria", "/agent 1a 2a")
    outcome = front_door.command(number, "write", "/agent 1b 2b")
    assert outcome.state is DeliveryState.REFUSED
    said = front_door.bot_comments(number)[-1]
    assert "answered already, by @<!-- -->maria" in said
    assert "`/agent steer …`" in said


def test_a_delivery_that_comes_twice_answers_once(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    front_door.github.comment(REPOSITORY, number, "maria", "/agent 1a 2a")
    delivery = front_door.next("maria")
    assert front_door.answer(*delivery).state is DeliveryState.HANDLED
    assert front_door.answer(*delivery).state is DeliveryState.HANDLED
    assert wait_of(front_door, lease).answered_by == "maria"


def test_an_answer_where_nothing_is_asked_says_so(front_door: FrontDoor) -> None:
    number, _ = begun(front_door)
    front_door.command(number, "maria", "/agent answer Yes.")
    assert "Nothing is asked here" in front_door.bot_comments(number)[-1]


@pytest.mark.parametrize("text", ["/agent steer Use Decimal.", "/agent Use Decimal."])
def test_a_word_while_it_works_steers(front_door: FrontDoor, text: str) -> None:
    number, lease = begun(front_door)
    outcome = front_door.command(number, "write", text)
    assert outcome == Outcome(DeliveryState.HANDLED, f"steers task {lease.task_id}")
    comment = front_door.last_comment_of(number, "write")
    heard = front_door.context.tasks.heard.of(lease.task_id)
    assert heard == (Remark(comment, "write", "Use Decimal.", steers=True),)
    assert front_door.reactions(comment) == ["eyes"]
    assert len(front_door.bot_comments(number)) == 1, "the status comment says the rest"


def test_words_to_a_task_that_waits_for_money_are_kept_for_it(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, PAUSED)
    front_door.command(number, "maria", "/agent Leave the view alone.")
    assert [one.steers for one in front_door.context.tasks.heard.of(lease.task_id)] == [True]
    assert task_of(front_door, lease).state is TaskState.WAITING


def test_strangers_steer_nothing_and_nothing_is_no_task_to_steer(front_door: FrontDoor) -> None:
    number, lease = begun(front_door)
    outcome = front_door.command(number, "triage", "/agent steer Delete it all.")
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.context.tasks.heard.of(lease.task_id) == ()
    empty = front_door.issue(title="Another")
    front_door.command(empty, "maria", "/agent steer Use Decimal.")
    assert "Nothing is running here" in front_door.bot_comments(empty)[-1]


def with_money(door: FrontDoor) -> FrontDoor:
    limits = Limits(turns=200, minutes=60, tokens=1_000_000, usd=2.0)
    door.context = replace(door.context, limits=limits, budget_most_times=2.0)
    return door


def test_more_money_lets_a_paused_task_go_on(front_door: FrontDoor) -> None:
    door = with_money(front_door)
    number, lease = waiting(door, PAUSED)
    assert door.command(number, "maintain", "/agent budget +$1").state is DeliveryState.HANDLED
    said = door.bot_comments(number)[-1]
    assert "@<!-- -->maintain gives this task $1.00 more, which makes $3.00." in said
    assert task_of(door, lease).state is TaskState.QUEUED
    assert door.woken == [lease.task_id]


def test_money_is_counted_once_and_only_up_to_what_the_operator_allows(
    front_door: FrontDoor,
) -> None:
    door = with_money(front_door)
    number, lease = begun(door)
    door.github.comment(REPOSITORY, number, "maintain", "/agent budget +$2")
    delivery = door.next("maintain")
    door.answer(*delivery)
    door.answer(*delivery)
    outcome = door.command(number, "maintain", "/agent budget +$0.01")
    assert outcome.state is DeliveryState.REFUSED
    assert "$4.00 of at most $4.00" in door.bot_comments(number)[-1]
    given = [wait.answer for wait in door.context.tasks.waits.all(lease.task_id)]
    assert given == [{"usd": 2.0}]


OUT_OF = {"usd": None, "tokens": 9, "turns": 200, "minutes": 60.0}


@pytest.mark.parametrize(
    ("what", "paused", "more", "whole"),
    [
        ("turns", "Paused at 200 turns", "+20steps", "20 turns more, which makes 220 turns"),
        ("time", "Paused at 1 h 0 m", "+10m", "10 m 0 s more, which makes 1 h 10 m"),
    ],
)
def test_more_turns_and_more_time_let_a_paused_task_go_on(
    front_door: FrontDoor, what: str, paused: str, more: str, whole: str
) -> None:
    door = with_money(front_door)
    number, lease = waiting(door, NewWait("budget:3", WaitKind.BUDGET, {"what": what} | OUT_OF))
    task = task_of(door, lease)
    shown = Surroundings(0.0, "/agent", door.context.limits, wait=wait_of(door, lease, "budget:3"))
    said = status_comment(task, shown)
    assert paused in said
    assert f"comment `/agent budget {more}`" in said
    assert door.command(number, "maintain", f"/agent budget {more}").state is DeliveryState.HANDLED
    assert f"gives this task {whole}." in door.bot_comments(number)[-1]
    assert task_of(door, lease).state is TaskState.QUEUED
    much = f"/agent budget +999{more[-5:].lstrip('+0123456789')}"
    assert door.command(number, "maintain", much).state is DeliveryState.REFUSED
    assert "that one may come to here" in door.bot_comments(number)[-1]


def test_what_would_not_let_a_paused_task_go_on_is_not_taken(front_door: FrontDoor) -> None:
    door = with_money(front_door)
    number, lease = waiting(door, PAUSED)
    outcome = door.command(number, "maintain", "/agent budget +100k")
    assert (outcome.state, outcome.detail) == (DeliveryState.REFUSED, "money is what is short")
    assert "like `/agent budget +$1`" in door.bot_comments(number)[-1]
    assert task_of(door, lease).state is TaskState.WAITING
    assert not any(wait.answer for wait in door.context.tasks.waits.all(lease.task_id))


def test_less_than_is_used_already_is_not_taken(front_door: FrontDoor) -> None:
    door = with_money(front_door)
    number, lease = begun(door)
    door.context.tasks.write(lease, progress=Progress(cost_usd=2.3))
    door.context.tasks.waits.ask(lease, PAUSED)
    door.context.tasks.waits.rest(lease)
    outcome = door.command(number, "maintain", "/agent budget +$0.20")
    assert outcome.state is DeliveryState.REFUSED
    assert "used $2.30 already" in door.bot_comments(number)[-1]
    assert "needs more than $0.30" in door.bot_comments(number)[-1]
    assert door.command(number, "maintain", "/agent budget +$0.50").state is DeliveryState.HANDLED
    assert task_of(door, lease).state is TaskState.QUEUED


SPENT = {"what": "day", "usd": 2.0, "spent": 2.5, "source": "a limit", "until": 86_400.0 * 365}


def test_a_task_that_waits_for_the_days_money_says_when_it_goes_on(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door, NewWait("day:1", WaitKind.BUDGET, SPENT, 60.0))
    limits = front_door.context.limits
    wait = wait_of(front_door, lease, "day:1")
    said = status_comment(
        task_of(front_door, lease), Surroundings(0.0, "/agent", limits, wait=wait)
    )
    assert "Paused at $2.00 a day" in said
    assert "have cost $2.50 in the last 24 hours, of $2.00 (a limit)" in said
    assert "I go on by myself at 1 Jan 1971, 00:00 UTC" in said
    turns = front_door.command(number, "maintain", "/agent budget +20steps")
    assert turns.state is DeliveryState.REFUSED
    assert "what is short is the money of the day" in front_door.bot_comments(number)[-1]
    money = front_door.command(number, "maintain", "/agent budget +$1")
    assert money.state is DeliveryState.HANDLED
    assert "gives this task $1.00 more." in front_door.bot_comments(number)[-1]
    assert task_of(front_door, lease).state is TaskState.QUEUED


def test_a_day_of_the_operators_is_no_maintainers_to_extend(front_door: FrontDoor) -> None:
    front_door.context = replace(front_door.context, allowance=Allowance(usd_day=2.5))
    number, lease = waiting(front_door, NewWait("day:1", WaitKind.BUDGET, SPENT, 60.0))
    outcome = front_door.command(number, "maintain", "/agent budget +$1")
    assert outcome.state is DeliveryState.REFUSED
    assert "no more than $2.50 in 24 hours" in front_door.bot_comments(number)[-1]
    assert task_of(front_door, lease).state is TaskState.WAITING


def test_who_only_writes_gives_no_money(front_door: FrontDoor) -> None:
    door = with_money(front_door)
    number, lease = waiting(door, PAUSED)
    assert door.command(number, "write", "/agent budget +$1").state is DeliveryState.REFUSED
    assert "needs `maintain`" in door.bot_comments(number)[-1]
    assert task_of(door, lease).state is TaskState.WAITING


def test_money_where_there_is_no_limit_in_money_is_not_pretended(front_door: FrontDoor) -> None:
    number, _ = begun(front_door)
    front_door.command(number, "admin", "/agent budget +$1")
    assert "no limit in money" in front_door.bot_comments(number)[-1]


def test_more_for_no_task_says_so(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "admin", "/agent budget +100k")
    assert "no task here that could use more" in front_door.bot_comments(number)[-1]


def test_two_choices_of_one_question_are_asked_about(front_door: FrontDoor) -> None:
    number, lease = waiting(front_door)
    outcome = front_door.command(number, "maria", "/agent 1a 1b")
    assert outcome.state is DeliveryState.REFUSED
    assert "chooses twice for one question" in front_door.bot_comments(number)[-1]
    assert not wait_of(front_door, lease).answer
    assert front_door.command(number, "maria", "/agent 1a 1a 2b").state is DeliveryState.HANDLED
