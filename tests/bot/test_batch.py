"""Through the front door: several tasks at once, in one table that follows them."""

from dataclasses import replace

import pytest

from bot.before_start import made_ready
from bot.limits import Allowance
from bot.request import Request
from bot.task_list import open_items
from jobs.handle_delivery import Intake, handle_delivery
from records.deliveries import Deliveries, DeliveryState
from records.tasks import NewTask, Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.test_line import open_pull_request, tasks_of


def table(front_door: FrontDoor, number: int) -> str:
    (found,) = [body for body in front_door.bot_comments(number) if "### 🗂" in body]
    return found


def labelled(front_door: FrontDoor, label: str, title: str) -> int:
    number = front_door.issue(title=title)
    front_door.github.add_label(REPOSITORY, number, "maria", label)
    front_door.next_outcome()
    return number


def test_a_batch_starts_a_task_on_each_issue_and_shows_them_in_one_table(
    front_door: FrontDoor,
) -> None:
    here = front_door.issue(title="Many")
    one, two = front_door.issue(title="Tax is wrong"), labelled(front_door, "bug", "No stock")
    outcome = front_door.command(here, "maintain", f"/agent batch #{one} label:bug #{one}")
    assert outcome.detail == "2 tasks of 2"
    (first,), (second,) = tasks_of(front_door, one), tasks_of(front_door, two)
    assert [first.issue.title, second.issue.title] == ["Tax is wrong", "No stock"]
    assert (first.requester, first.verb, first.instruction) == ("maintain", "fix", "")
    assert front_door.woken == [first.id, second.id]
    shown = table(front_door, here)
    assert "### 🗂 2 parts: 2 in line — for @<!-- -->maintain" in shown
    assert f"| #{one} Tax is wrong | `{first.id}` | ⏳ in line |" in shown
    assert "### ⏳ Queued" in front_door.bot_comments(one)[0]
    assert tasks_of(front_door, here) == []


def test_a_batch_that_is_told_twice_starts_nothing_twice(front_door: FrontDoor) -> None:
    here, one = front_door.issue(), front_door.issue()
    front_door.github.comment(REPOSITORY, here, "admin", f"/agent batch #{one}")
    event, body = front_door.next("admin")
    for _ in range(2):
        assert front_door.answer(event, body).state is DeliveryState.HANDLED
    assert len(front_door.context.tasks.recent(9)) == 1
    assert len(front_door.bot_comments(here)) == 1


def test_a_batch_lets_what_came_in_meanwhile_go_before_its_next_issue(
    front_door: FrontDoor,
) -> None:
    here, one, two, other = (front_door.issue() for _ in range(4))
    deliveries, rung = Deliveries(front_door.context.tasks._database), list[str]()
    intake = Intake(deliveries, front_door.context, rung.append)
    front_door.github.comment(REPOSITORY, here, "admin", f"/agent batch #{one} #{two}")
    deliveries.store("batch", *front_door.next("admin"))
    front_door.github.comment(REPOSITORY, other, "maria", "/agent fix")
    deliveries.store("fix", *front_door.next("maria"))
    handle_delivery("batch", intake)
    assert rung == ["batch"]
    assert [len(tasks_of(front_door, number)) for number in (one, two)] == [1, 0]
    assert f"| #{two} | | ⏳ is looked at next | |" in table(front_door, here)
    handle_delivery("fix", intake)
    assert len(tasks_of(front_door, other)) == 1
    handle_delivery("batch", intake)
    assert rung == ["batch"]
    found = deliveries.get("batch")
    assert found is not None
    assert (found.state, found.outcome) == (DeliveryState.HANDLED, "2 tasks of 2")
    assert "2 parts: 2 in line" in table(front_door, here)


def test_what_a_batch_cannot_start_stands_in_the_table_with_the_reason(
    front_door: FrontDoor,
) -> None:
    here, busy, closed, addressed = (front_door.issue() for _ in range(4))
    front_door.command(busy, "maria", "/agent fix")
    front_door.github.close_issue(REPOSITORY, closed, "maria")
    front_door.next_outcome()
    pull = open_pull_request(front_door, addressed, f"Fixes #{addressed}")
    front_door.command(here, "admin", f"/agent batch #{busy} #{closed} #{addressed} #{pull} #99")
    shown = table(front_door, here)
    (live,) = tasks_of(front_door, busy)
    assert "5 parts: 5 not started" in shown
    for number, why in (
        (busy, f"task {live.id} is on its way there"),
        (closed, "it is closed"),
        (addressed, f"pull request {pull} addresses it"),
        (pull, "it is a pull request"),
        (99, "there is no such issue"),
    ):
        assert any(f"| #{number}" in row and why in row for row in shown.splitlines())


def test_a_batch_starts_no_more_than_was_said(front_door: FrontDoor) -> None:
    here = front_door.issue()
    for title in ("one", "two", "three"):
        labelled(front_door, "bug", title)
    front_door.command(here, "admin", "/agent batch --max=2 label:bug")
    assert len(front_door.context.tasks.recent(9)) == 2
    assert "3 parts: 2 in line, 1 not started" in table(front_door, here)
    (row,) = [row for row in table(front_door, here).splitlines() if " three " in row]
    assert "only the first 2 are started" in row


@pytest.mark.parametrize("change", [{"body": "Also push a tag."}, {"title": "Push a tag"}])
def test_an_issue_whose_words_were_changed_after_the_command_is_not_started(
    front_door: FrontDoor, change: dict[str, str]
) -> None:
    here, early, late = front_door.issue(), front_door.issue(), front_door.issue()
    github = front_door.github
    github.edit_issue(REPOSITORY, early, "maria", **change)
    github.advance_clock(5)
    github.comment(REPOSITORY, here, "admin", f"/agent batch #{early} #{late}")
    github.advance_clock(5)
    github.edit_issue(REPOSITORY, late, "maria", **change)
    while (told := front_door.next("admin"))[0] != "issue_comment":
        continue
    assert front_door.answer(*told).detail == "1 tasks of 2"
    (row,) = [row for row in table(front_door, here).splitlines() if f"| #{late} " in row]
    assert "its words were changed after the command" in row
    assert tasks_of(front_door, late) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/agent batch label:none", "I found no open issue with the label `none`"),
        ("/agent batch --max=21 #1", "`21` is no number of tasks that I start at once: at most 20"),
        ("/agent each", "no open item of a task list"),
    ],
)
def test_what_is_no_batch_is_said(front_door: FrontDoor, text: str, words: str) -> None:
    number = front_door.issue()
    assert front_door.command(number, "maintain", text).state is DeliveryState.REFUSED
    assert words in front_door.bot_comments(number)[-1]
    assert front_door.context.tasks.recent(9) == []


@pytest.mark.parametrize("text", ["/agent batch #1", "/agent each"])
def test_a_batch_needs_maintain_access(front_door: FrontDoor, text: str) -> None:
    number = front_door.issue(body="- [ ] one")
    assert front_door.command(number, "write", text).state is DeliveryState.REFUSED
    assert "needs `maintain`" in front_door.bot_comments(number)[-1]
    assert front_door.context.tasks.recent(9) == []


LIST = "Do:\n\n- [x] done\n- [ ] Round **prices**\n  - [ ] half up\n- [ ] Count stock\n"


def test_each_open_item_of_a_task_list_is_a_task_of_its_own_in_the_line(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue(body=LIST)
    assert front_door.command(number, "maintain", "/agent each").detail == "2 tasks of 2"
    first, second = tasks_of(front_door, number)
    assert [first.issue.title, second.issue.title] == ["Round **prices**", "Count stock"]
    assert first.instruction.startswith("Do item 1 of the 2 items of the task list")
    assert "prices" not in first.instruction
    assert [task.brief["part"] for task in (first, second)] == [1, 2]
    (shown,) = front_door.bot_comments(number)
    assert f"| Round **prices** | `{first.id}` | ⏳ in line |" in shown
    assert front_door.context.tasks.take(second.id, "a job", 30.0) is None


def test_a_second_each_skips_the_items_that_have_a_task_or_a_pull_request(
    front_door: FrontDoor,
) -> None:
    door, tasks = front_door, front_door.context.tasks
    number = door.issue(body=LIST + "- [ ] Print it\n- [ ] Print it\n")
    door.command(number, "maintain", "/agent each --max=2")
    first = tasks_of(door, number)[0]
    lease = tasks.take(first.id, "a job", 30.0)
    assert lease is not None
    tasks.write(lease, pull_request_number=40)
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    again = door.command(number, "maintain", "/agent each")
    assert again.detail == "2 tasks of 4"
    titles = [task.issue.title for task in tasks_of(door, number)]
    assert titles == ["Count stock", "Print it", "Print it"]
    said = door.bot_comments(number)[-1]
    assert "pull request 40 addresses it" in said
    assert "is on its way" in said


def test_each_tries_no_item_after_a_refusal_and_looks_at_so_many(
    front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = front_door
    door.context = replace(door.context, allowance=Allowance(per_user_day=1))
    tried, read = list[str](), list[int]()
    newest = door.context.tasks.newest_on_issue

    def make_ready(new: NewTask, request: Request) -> NewTask:
        tried.append(new.issue.title)
        return made_ready(new, request)

    def newest_on_issue(repository_id: int, number: int, most: int) -> list[Task]:
        read.append(number)
        return newest(repository_id, number, most)

    monkeypatch.setattr("bot.handlers.each.made_ready", make_ready)
    monkeypatch.setattr(door.context.tasks, "newest_on_issue", newest_on_issue)
    number = door.issue(body="".join(f"- [ ] item {at}\n" for at in range(1, 204)))
    assert door.command(number, "maintain", "/agent each").detail == "1 tasks of 201"
    assert tried == ["item 1", "item 2"]
    assert read.count(number) == 1
    assert "| 3 more |" in table(door, number)


def test_the_table_follows_what_becomes_of_the_tasks(front_door: FrontDoor) -> None:
    number = front_door.issue(body=LIST)
    front_door.command(number, "maintain", "/agent each")
    first: Task = tasks_of(front_door, number)[0]
    front_door.command(number, "maintain", "/agent stop")
    stopped = front_door.context.tasks.get(first.id)
    assert stopped.state is TaskState.STOPPED
    shown = table(front_door, number)
    assert "2 parts: 1 in line, 1 not done" in shown
    assert f"`{first.id}` | ⏹ stopped |" in shown


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- [ ] one\n* [ ] two\n", ["one", "two"]),
        ("1. [ ] one\n2. [x] two\n", ["one"]),
        ("```\n- [ ] code\n```\n> - [ ] quoted\n", []),
        ("- [ ]\n- [] no\n- [ ]no\n", []),
        ("<!--\n- [ ] hidden\n-->\n- [ ] seen\n", ["seen"]),
        ("- [ ] over\n  two lines\n", ["over two lines"]),
        ("", []),
    ],
)
def test_open_items_are_those_that_people_see(text: str, items: list[str]) -> None:
    assert open_items(text) == items
