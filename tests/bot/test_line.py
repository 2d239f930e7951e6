"""Through the front door: the line of a thread, the same wish twice, a pull request there is."""

import pytest

from bot.github_errors import RateLimited
from bot.handlers import stop
from bot.request import Request
from bot.starting import checked
from records.deliveries import DeliveryState
from records.tasks import NewTask, Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor


def tasks_of(front_door: FrontDoor, number: int) -> list[Task]:
    return front_door.context.tasks.line(front_door.repository_id, number)


def end_the_first(front_door: FrontDoor, number: int) -> Task:
    tasks = front_door.context.tasks
    first = tasks_of(front_door, number)[0]
    lease = tasks.take(first.id, "a job", 30.0)
    assert lease
    tasks.end(lease, TaskState.FAILED, reason="budget", explanation="")
    return first


def test_a_second_request_waits_in_line_and_everybody_can_see_where(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    assert front_door.command(number, "admin", "/agent fix faster").state is DeliveryState.HANDLED
    front_door.command(number, "write", "/agent fix smaller")
    first, second, third = tasks_of(front_door, number)
    assert [task.instruction for task in (first, second, third)] == ["", "faster", "smaller"]
    assert front_door.woken == [first.id, second.id, third.id]
    one, two, three = front_door.bot_comments(number)
    assert "### ⏳ Queued — `fix` for" in one
    assert "A worker takes it as soon as one is free." in one
    assert "### ⏳ Queued, 2nd in line — `fix` for" in two
    assert f"1 task of this thread is ahead: `{first.id}`." in two
    assert "### ⏳ Queued, 3rd in line" in three
    assert f"2 tasks of this thread are ahead: `{first.id}`, `{second.id}`." in three
    assert front_door.reactions(front_door.last_comment_of(number, "write")) == ["eyes"]


def test_only_the_first_of_a_line_can_be_taken(front_door: FrontDoor) -> None:
    number, tasks = front_door.issue(), front_door.context.tasks
    for words in ("one", "two"):
        front_door.command(number, "maria", f"/agent fix {words}")
    first, second = tasks_of(front_door, number)
    assert tasks.take(second.id, "a job", 30.0) is None
    assert end_the_first(front_door, number).id == first.id
    assert tasks.take(second.id, "a job", 30.0)


def test_whoever_stops_the_first_moves_the_others_up(front_door: FrontDoor) -> None:
    number = front_door.issue()
    for words in ("one", "two", "three"):
        front_door.command(number, "maria", f"/agent fix {words}")
    first, second, third = tasks_of(front_door, number)
    front_door.woken.clear()
    front_door.command(number, "maria", "/agent stop")
    assert [task.id for task in tasks_of(front_door, number)] == [second.id, third.id]
    assert front_door.woken == [second.id]
    comments = front_door.bot_comments(number)
    assert "⏹ Stopped" in comments[0]
    assert "### ⏳ Queued — `fix`" in comments[1]
    assert "### ⏳ Queued, 2nd in line" in comments[2]
    assert first.id not in comments[2]


def test_closing_an_issue_stops_its_whole_line(front_door: FrontDoor) -> None:
    number = front_door.issue()
    for words in ("one", "two", "three"):
        front_door.command(number, "maria", f"/agent fix {words}")
    front_door.github.close_issue(REPOSITORY, number, "maria")
    front_door.next_outcome()
    assert tasks_of(front_door, number) == []
    states = [task.state for task in front_door.context.tasks.recent(9)]
    assert states == [TaskState.STOPPED] * 3
    said = front_door.bot_comments(number)
    assert len(said) == 3, "each task's own comment says it, and no other does"
    for comment in said:
        assert "⏹ Stopped" in comment
        assert "It had not begun:" in comment
        assert "open this again and comment" in comment
    last = front_door.last_comment_of(number, "maria")
    assert front_door.reactions(last) == ["confused"]


def test_words_that_fail_while_a_line_is_closed_are_said_at_the_next_try(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    for words in ("one", "two", "three"):
        front_door.command(number, "maria", f"/agent fix {words}")
    front_door.github.close_issue(REPOSITORY, number, "maria")
    told = front_door.next("maria")
    shown = stop.show_end

    def away(task: Task, request: Request) -> None:
        if task.instruction == "two":
            raise RateLimited("403: limit", 0.0)
        shown(task, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stop, "show_end", away)
        with pytest.raises(RateLimited):
            front_door.answer(*told)
    front_door.answer(*told)
    assert tasks_of(front_door, number) == []
    assert all("⏹ Stopped" in comment for comment in front_door.bot_comments(number)[:3])


def test_a_line_has_an_end(front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.starting.MOST_IN_LINE", 2)
    number = front_door.issue()
    for words in ("one", "two"):
        front_door.command(number, "maria", f"/agent fix {words}")
    outcome = front_door.command(number, "maria", "/agent fix three")
    assert (outcome.state, len(tasks_of(front_door, number))) == (DeliveryState.REFUSED, 2)
    said = "2 tasks of this thread have not ended, and 2 is the most. Nothing was started."
    assert said in front_door.bot_comments(number)[-1]


def test_a_thread_has_a_ceiling_for_a_day_and_says_so_once(
    front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.starting.MOST_A_DAY", 2)
    number = front_door.issue()
    for words in ("one", "two"):
        front_door.command(number, "maria", f"/agent fix {words}")
        end_the_first(front_door, number)
    for words in ("three", "four"):
        outcome = front_door.command(number, "maria", f"/agent fix {words}")
        assert outcome.state is DeliveryState.REFUSED
    said = [one for one in front_door.bot_comments(number) if "had 2 tasks in the last 24" in one]
    assert len(said) == 1
    assert front_door.reactions(front_door.last_comment_of(number, "maria")) == ["confused"]


def test_the_same_wish_by_comment_and_label_is_one_task_that_names_both(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.add_label(REPOSITORY, number, "admin", "agent:fix")
    assert "the same wish" in front_door.next_outcome("admin").detail
    assert len(tasks_of(front_door, number)) == 1
    (comment,) = front_door.bot_comments(number)
    assert "Also requested by @<!-- -->admin (label agent:fix)." in comment


def test_who_asks_twice_for_the_same_is_named_once(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    assert "the same wish" in front_door.next_outcome("maria").detail
    assert "Also requested" not in front_door.bot_comments(number)[0]


def test_a_comment_after_the_label_adds_its_words_to_the_same_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    front_door.next_outcome()
    front_door.command(number, "admin", "/agent fix with Decimal")
    (task,) = tasks_of(front_door, number)
    (remark,) = front_door.context.tasks.heard.of(task.id)
    assert (remark.author, remark.text) == ("admin", "with Decimal")


def test_a_comment_with_options_is_no_wish_that_the_label_gave(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    front_door.next_outcome()
    front_door.command(number, "maria", "/agent fix --paths=tax.py")
    _, second = tasks_of(front_door, number)
    assert second.brief["paths"] == ["tax.py"]


@pytest.mark.parametrize("verb", ["plan", "ask"])
def test_the_same_plan_or_question_by_comment_and_label_is_one_task(
    front_door: FrontDoor, verb: str
) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "admin", f"agent:{verb}")
    front_door.next_outcome("admin")
    assert "the same wish" in front_door.command(number, "maria", f"/agent {verb} the rate").detail
    (task,) = tasks_of(front_door, number)
    assert task.verb == verb
    assert [remark.text for remark in front_door.context.tasks.heard.of(task.id)] == ["the rate"]


def test_the_same_wish_is_the_same_when_it_is_told_again_later(
    front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.add_label(REPOSITORY, number, "admin", "agent:fix")
    label = front_door.next("admin")

    def away(*_: object) -> None:
        raise RateLimited("403: limit", 0.0)

    with monkeypatch.context() as patch:
        patch.setattr("bot.same_wish.show", away)
        with pytest.raises(RateLimited):
            front_door.answer(*label)
    later = tasks_of(front_door, number)[0].created_at + 61.0
    object.__setattr__(front_door.context, "now", lambda: later)
    assert "the same wish" in front_door.answer(*label).detail
    assert len(tasks_of(front_door, number)) == 1


def test_two_intakes_that_hear_the_same_wish_at_once_make_one_task(
    front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, context = front_door.issue(), front_door.context
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    comment = front_door.next("maria")
    front_door.github.add_label(REPOSITORY, number, "admin", "agent:fix")
    label = front_door.next("admin")

    def meanwhile(new: NewTask, request: Request) -> NewTask:
        monkeypatch.setattr("bot.same_wish.checked", checked)
        front_door.answer(*label)
        return checked(new, request)

    monkeypatch.setattr("bot.same_wish.checked", meanwhile)
    assert "the same wish" in front_door.answer(*comment).detail
    (task,) = tasks_of(front_door, number)
    assert task.requester == "admin"
    assert context.tasks.get(task.id).brief["also"] == [{"login": "maria", "how": ""}]


def test_a_label_a_minute_later_is_a_wish_of_its_own(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    later = tasks_of(front_door, number)[0].created_at + 61.0
    context = front_door.context
    object.__setattr__(context, "now", lambda: later)
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    front_door.next_outcome()
    assert len(tasks_of(front_door, number)) == 2


def open_pull_request(front_door: FrontDoor, number: int, body: str) -> int:
    github, branch = front_door.github, f"work-{number}"
    github.make_branch(REPOSITORY, branch, "write")
    github.commit(REPOSITORY, branch, "write", {"tax.py": "RATE = 0.2\n"})
    pull = github.open_pull(REPOSITORY, "write", branch, "Mend", body)
    while front_door.next("write")[0] != "pull_request":
        continue
    return pull


def test_the_bots_own_pull_request_is_found_whatever_its_branch_is_called(
    front_door: FrontDoor,
) -> None:
    number, github, tasks = front_door.issue(), front_door.github, front_door.context.tasks
    front_door.command(number, "maria", "/agent fix")
    (made,) = tasks_of(front_door, number)
    bot, branch = "patchbay-demo[bot]", "bot/tax"
    github.make_branch(REPOSITORY, branch, bot)
    github.commit(REPOSITORY, branch, bot, {"tax.py": "RATE = 0.2\n"})
    pull = github.open_pull(REPOSITORY, bot, branch, "Mend", "See the issue.")
    lease = tasks.take(made.id, "a job", 30.0)
    assert lease
    tasks.write(lease, branch=branch, pull_request_number=pull)
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="")
    outcome = front_door.command(number, "maria", "/agent fix")
    assert outcome.detail == f"pull request {pull} addresses it"


def test_a_question_in_the_line_is_no_reason_not_to_ask_first(front_door: FrontDoor) -> None:
    number = front_door.issue()
    pull = open_pull_request(front_door, number, f"Fixes #{number}")
    front_door.command(number, "maria", "/agent ask why?")
    outcome = front_door.command(number, "maria", "/agent fix it")
    assert outcome.detail == f"pull request {pull} addresses it"
    front_door.command(number, "maria", "/agent fix --new it")
    assert tasks_of(front_door, number)[-1].brief["new"] == "yes"


def test_where_a_pull_request_addresses_the_issue_already_the_bot_asks_first(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    pull = open_pull_request(front_door, number, f"Fixes #{number}")
    front_door.github.add_label(REPOSITORY, pull, "write", "agent")
    outcome = front_door.command(number, "maria", "/agent fix")
    assert (outcome.state, tasks_of(front_door, number)) == (DeliveryState.REFUSED, [])
    comment = front_door.bot_comments(number)[-1]
    assert f"[pull request {pull}](" in comment
    assert "I did not start" in comment
    assert "- [ ] Start a new one <!-- do:fix --new -->" in comment
    front_door.command(number, "maria", "/agent fix --new")
    assert len(tasks_of(front_door, number)) == 1


@pytest.mark.parametrize("body", ["See #1 and #2", "Fixes #12", "Fixes other/shop#1", "nothing"])
def test_a_pull_request_that_only_mentions_an_issue_is_in_nobodys_way(
    front_door: FrontDoor, body: str
) -> None:
    number = front_door.issue()
    open_pull_request(front_door, number, body)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
