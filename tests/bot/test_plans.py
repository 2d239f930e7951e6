"""A plan that waits is approved, sent back or dropped: deliveries in, records and words out."""

from typing import Any

import pytest

from bot.comments import Surroundings, status_comment
from bot.conversation import Conversation
from bot.events import label_in
from bot.in_thread import PERMISSIONS
from bot.plan_digests import issue_digest, plan_digest
from records.deliveries import DeliveryState
from records.task import Task, TaskState
from records.waits import NewWait, Wait, WaitKind
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.project_repository import say

PLAN: dict[str, Any] = {
    "problem": "Half a cent is cut off.",
    "cause": "`tax.py:1` has the wrong rate. @li fixes #7",
    "steps": [
        {"do": "Use Decimal.", "files": [{"path": "tax.py", "new": False}]},
        {"do": "Test it", "files": [{"path": "test_tax.py", "new": True}]},
    ],
    "tests": ["half a cent"],
    "risks": [],
    "out_of_scope": ["the currency"],
    "tool_calls": 12,
    "minutes": 5,
    "unverified": "",
    "missing": ["gone.py:4"],
}


def base_of(door: FrontDoor) -> str:
    return door.github.state.repository("acme", "shop").git.ref("refs/heads/main") or ""


def waiting(door: FrontDoor, number: int, *, hours: float = 1.0) -> tuple[Task, Wait]:
    """Let a job make a plan for what `/agent plan` asked for, and wait."""
    tasks = door.context.tasks
    task = tasks.latest_on_issue(door.repository_id, number, verb="plan")
    assert task is not None
    lease = tasks.take(task.id, "a job", 30.0)
    assert lease is not None
    issue = issue_digest(task.issue.title, task.issue.body)
    asked = {
        "digest": plan_digest(PLAN, base_of(door), issue),
        "revision": 1,
        "base_sha": base_of(door),
        "base_branch": "main",
        "issue": issue,
        "plan": PLAN,
        "usd": 0.0,
    }
    wait = tasks.waits.ask(lease, NewWait("plan:1", WaitKind.PLAN, asked, hours * 3600))
    assert tasks.waits.rest(lease) is TaskState.WAITING
    return task, wait


def drain(door: FrontDoor) -> None:
    """Let the bot miss what was delivered so far."""
    door.github.wait_for_deliveries()
    while not door.heard.empty():
        door.heard.get()


def open_pull_request(door: FrontDoor) -> int:
    door.github.make_branch(REPOSITORY, "work", "write")
    door.github.commit(REPOSITORY, "work", "write", {"tax.py": "RATE = 0.2\n"})
    number = door.github.open_pull(REPOSITORY, "write", "work", "Mend")
    drain(door)
    return number


@pytest.fixture
def planned(front_door: FrontDoor) -> tuple[FrontDoor, int, Task, Wait]:
    number = front_door.issue()
    outcome = front_door.command(number, "maria", "/agent plan with Decimal, please")
    assert outcome.state is DeliveryState.HANDLED
    return front_door, number, *waiting(front_door, number)


Planned = tuple[FrontDoor, int, Task, Wait]


def newest(door: FrontDoor, number: int, verb: str = "fix") -> Task | None:
    return door.context.tasks.latest_on_issue(door.repository_id, number, verb=verb)


def decision(door: FrontDoor, task: Task) -> dict[str, Any]:
    wait = door.context.tasks.waits.latest(task.id)
    assert wait is not None
    return wait.answer


def test_a_plan_is_a_task_that_knows_its_verb(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent plan --model deep with Decimal")
    task = newest(front_door, number, "plan")
    assert task is not None
    assert (task.instruction, task.model) == ("with Decimal", "deep")
    [status] = front_door.bot_comments(number)
    assert "`plan` for" in status


def test_an_approved_plan_starts_a_fix_with_the_plan(planned: Planned) -> None:
    door, number, task, wait = planned
    outcome = door.command(number, "write", f"/agent approve {wait.asked['digest'][:8]}")
    fix = newest(door, number)
    assert fix is not None
    assert outcome.detail == f"task {fix.id}"
    assert (fix.requester, fix.instruction) == ("write", "with Decimal, please")
    assert fix.brief["plan"]["plan"] == PLAN
    assert fix.brief["plan"]["by"] == "write"
    assert decision(door, task)["decision"] == "approve"
    assert door.context.tasks.get(task.id).state is TaskState.QUEUED
    assert {task.id, fix.id} <= set(door.woken)


def test_the_same_approval_told_twice_starts_one_fix(planned: Planned) -> None:
    door, number, _, _ = planned
    door.github.comment(REPOSITORY, number, "maria", "/agent approve")
    event, body = door.next("maria")
    first, second = door.answer(event, body), door.answer(event, body)
    assert (first.state, second.state) == (DeliveryState.HANDLED, DeliveryState.HANDLED)
    line = door.context.tasks.line(door.repository_id, number)
    assert [one.verb for one in line] == ["plan", "fix"]


def test_a_second_person_who_approves_is_told_who_was_quicker(planned: Planned) -> None:
    door, number, _, wait = planned
    door.command(number, "maria", "/agent approve")
    door.command(number, "write", "/agent approve")
    said = door.bot_comments(number)[-1]
    assert f"Plan `{wait.asked['digest'][:8]}` was approved by" in said
    assert [one.verb for one in door.context.tasks.line(door.repository_id, number)] == [
        "plan",
        "fix",
    ]


def test_another_digest_is_refused_with_the_right_one(planned: Planned) -> None:
    door, number, _, wait = planned
    outcome = door.command(number, "maria", "/agent approve 00000000")
    assert outcome.state is DeliveryState.REFUSED
    said = door.bot_comments(number)[-1]
    assert "`00000000` is not the plan" in said
    assert wait.asked["digest"][:8] in said
    assert newest(door, number) is None


def test_a_plan_is_void_when_the_issue_says_something_else(planned: Planned) -> None:
    door, number, task, _ = planned
    door.github.edit_issue(REPOSITORY, number, "maria", body="Something else.")
    drain(door)
    outcome = door.command(number, "maria", "/agent approve")
    assert outcome.detail == "the issue has changed since"
    assert "the issue's text has changed" in door.bot_comments(number)[-1]
    assert newest(door, number) is None
    assert door.context.tasks.get(task.id).state is TaskState.WAITING


def test_a_plan_is_void_when_its_base_has_moved(planned: Planned) -> None:
    door, number, _, _ = planned
    door.github.commit(REPOSITORY, "main", "maria", {"tax.py": "RATE = 0.2\n"})
    drain(door)
    outcome = door.command(number, "maria", "/agent approve")
    assert outcome.detail == "the base has moved since"
    assert f"which is at `{base_of(door)[:7]}` now" in door.bot_comments(number)[-1]
    assert newest(door, number) is None


@pytest.mark.parametrize("user", ["read", "triage"])
@pytest.mark.parametrize("verb", ["approve", "revise look again", "reject"])
def test_who_may_not_write_decides_nothing(planned: Planned, user: str, verb: str) -> None:
    door, number, task, _ = planned
    outcome = door.command(number, user, f"/agent {verb}")
    assert outcome.state is DeliveryState.REFUSED
    assert door.context.tasks.get(task.id).state is TaskState.WAITING
    assert newest(door, number) is None


def test_a_revision_takes_the_words_and_the_issue_as_it_is_now(planned: Planned) -> None:
    door, number, task, _ = planned
    door.github.edit_issue(REPOSITORY, number, "maria", body="Half a cent more.")
    drain(door)
    door.command(number, "write", "/agent revise leave the currency\nand the rate")
    said = decision(door, task)
    assert said["decision"] == "revise"
    assert said["words"] == "leave the currency\nand the rate"
    assert said["issue"] == {"title": "Tax is wrong", "body": "Half a cent more."}
    assert door.context.tasks.get(task.id).state is TaskState.QUEUED
    assert door.reactions(door.last_comment_of(number, "write")) == ["hooray"]


def test_words_that_revise_a_plan_take_the_role_that_the_project_asks_for_that(
    planned: Planned,
) -> None:
    door, number, task, _ = planned
    say(door, "version: 1\nwho:\n  revise: maintain\n")
    assert door.command(number, "write", "/agent answer look again").state is DeliveryState.REFUSED
    assert door.context.tasks.get(task.id).state is TaskState.WAITING
    door.command(number, "maintain", "/agent answer look again")
    assert decision(door, task)["decision"] == "revise"


def test_to_approve_takes_the_role_that_the_project_asks_for_a_fix(planned: Planned) -> None:
    door, number, task, _ = planned
    say(door, "version: 1\nwho:\n  fix: maintain\n")
    outcome = door.command(number, "write", "/agent approve")
    assert (outcome.state, outcome.detail) == (DeliveryState.REFUSED, "write has write access")
    assert door.context.tasks.get(task.id).state is TaskState.WAITING
    # The one that may is told that the base has moved, which the file did.
    outcome = door.command(number, "maintain", "/agent approve")
    assert outcome.detail == "the base has moved since"


def test_a_rejected_plan_starts_nothing(planned: Planned) -> None:
    door, number, task, _ = planned
    door.command(number, "write", "/agent reject too large")
    assert decision(door, task)["decision"] == "reject"
    assert decision(door, task)["words"] == "too large"
    assert newest(door, number) is None


@pytest.mark.parametrize("verb", ["approve", "revise look again", "reject"])
def test_without_a_plan_there_is_nothing_to_decide(front_door: FrontDoor, verb: str) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, "maria", f"/agent {verb}")
    assert outcome.state is DeliveryState.REFUSED
    assert "There is no plan" in front_door.bot_comments(number)[-1]


def test_a_plan_that_ran_out_cannot_be_approved(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent plan")
    task, _ = waiting(front_door, number, hours=-1.0)
    assert front_door.context.tasks.waits.expire() == [task.id]
    outcome = front_door.command(number, "maria", "/agent approve")
    assert outcome.state is DeliveryState.REFUSED
    assert newest(front_door, number) is None


def test_a_triager_may_ask_and_a_reader_may_not(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "read", "/agent ask where is the rate?")
    assert newest(front_door, number, "ask") is None
    front_door.command(number, "triage", "/agent ask where is the rate?")
    task = newest(front_door, number, "ask")
    assert task is not None
    assert (task.instruction, task.requester) == ("where is the rate?", "triage")


def test_a_review_is_for_pull_requests_and_a_plan_for_issues(front_door: FrontDoor) -> None:
    number = front_door.issue()
    assert front_door.command(number, "maria", "/agent review").state is DeliveryState.REFUSED
    assert "works on pull requests" in front_door.bot_comments(number)[-1]
    pull = open_pull_request(front_door)
    assert front_door.command(pull, "maria", "/agent plan").state is DeliveryState.REFUSED
    assert front_door.command(pull, "maria", "/agent review the rate").state is (
        DeliveryState.HANDLED
    )
    task = newest(front_door, pull, "review")
    assert task is not None
    assert task.instruction == "the rate"
    front_door.command(pull, "triage", "/agent ask why?")
    asked = newest(front_door, pull, "ask")
    assert asked is not None
    assert asked.brief["pull_request"] is True


def test_a_ticked_box_approves_for_whoever_may_and_for_nobody_else(planned: Planned) -> None:
    door, number, task, wait = planned
    digest = wait.asked["digest"][:8]
    show_plan(door, task, wait)
    comment_id = door.context.tasks.get(task.id).status_comment_id
    assert comment_id is not None
    before = door.bot_comments(number)[0]
    door.github.tick(REPOSITORY, comment_id, "triage", f"Approve plan `{digest}`")
    door.next_outcome("triage")
    assert newest(door, number) is None
    assert door.bot_comments(number)[0] == before
    door.github.tick(REPOSITORY, comment_id, "write", f"Approve plan `{digest}`")
    door.next_outcome("write")
    fix = newest(door, number)
    assert fix is not None
    assert (fix.requester, fix.brief["plan"]["digest"]) == ("write", wait.asked["digest"])
    assert door.bot_comments(number)[0] == before


def show_plan(door: FrontDoor, task: Task, wait: Wait) -> None:
    """Write the plan into its comment as the job does before it lets the task wait."""
    around = Surroundings(door.context.now(), "/agent", door.context.limits, wait=wait)
    repository = door.app.kept_repository(door.installation_id, door.repository_id, PERMISSIONS)
    conversation = Conversation.of(task, repository, door.context.effects, door.context.secret)
    now = door.context.tasks.get(task.id)
    conversation.show_status(now, status_comment(now, around))


def test_where_the_repository_wants_a_plan_first_a_fix_begins_with_one(
    front_door: FrontDoor,
) -> None:
    door = front_door
    wants: dict[str, str | None] = {
        ".github/agent.yml": 'version: 1\nplan: {required_for: ["label:large"]}\n'
    }
    door.github.commit(REPOSITORY, "main", "maria", wants)
    drain(door)
    number = door.issue()
    door.github.add_label(REPOSITORY, number, "maria", "large")
    drain(door)
    door.command(number, "maria", "/agent fix the rate")
    task, wait = waiting(door, number)
    assert (task.instruction, task.brief["required_by"]) == ("the rate", "large")
    assert newest(door, number) is None
    words = status_comment(
        door.context.tasks.get(task.id),
        Surroundings(door.context.now(), "/agent", door.context.limits, wait=wait),
    )
    assert "The label `large` asks for a plan first here." in words
    door.command(number, "maria", "/agent approve")
    fix = newest(door, number)
    assert fix is not None
    assert fix.brief["plan"]["plan"] == PLAN


def test_a_plan_calls_nobody_and_closes_nothing(planned: Planned) -> None:
    door, number, task, wait = planned
    show_plan(door, task, wait)
    [shown] = door.bot_comments(number)
    assert "### 📋 Plan r1 `" in shown
    assert "@<!-- -->li fixes #<!-- -->7" in shown
    assert "1. Use Decimal: `tax.py`" in shown
    assert "2. Test it: `test_tax.py` (new)" in shown
    assert "⚠ The plan names what is not there: `gone.py:4`." in shown
    assert "12 tool calls, 5 minutes" in shown


def test_the_label_that_asked_for_a_plan_is_known_by_its_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:plan")
    front_door.next_outcome()
    task = newest(front_door, number, "plan")
    assert task is not None
    assert label_in(task.semantic_key) == "agent:plan"
    assert label_in("comment:7") == ""


def test_a_later_plan_is_not_in_the_way_of_the_one_that_waits(planned: Planned) -> None:
    door, number, task, wait = planned
    door.command(number, "maria", "/agent plan with fractions")
    outcome = door.command(number, "write", f"/agent approve {wait.asked['digest'][:8]}")
    assert outcome.state is DeliveryState.HANDLED
    assert decision(door, task)["decision"] == "approve"
    fix = newest(door, number)
    assert fix is not None
    assert fix.instruction == "with Decimal, please"


def test_a_plan_whose_fix_is_refused_can_be_approved_later(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, number, task, _ = planned
    monkeypatch.setattr("bot.starting.MOST_IN_LINE", 1)
    assert door.command(number, "maria", "/agent approve").state is DeliveryState.REFUSED
    assert decision(door, task) == {}
    assert door.context.tasks.get(task.id).state is TaskState.WAITING
    monkeypatch.undo()
    assert door.command(number, "maria", "/agent approve").state is DeliveryState.HANDLED
    assert newest(door, number) is not None


def test_a_fix_that_needs_a_plan_first_keeps_its_options(front_door: FrontDoor) -> None:
    door = front_door
    say(door, 'version: 1\nplan: {required_for: ["label:large"]}\n')
    number = door.issue()
    door.github.add_label(REPOSITORY, number, "maria", "large")
    drain(door)
    door.command(number, "maria", "/agent fix --paths=tax.py --attempts=2 the rate")
    task, _ = waiting(door, number)
    assert task.brief["paths"] == ["tax.py"]
    door.command(number, "maria", "/agent approve")
    fix = newest(door, number)
    assert fix is not None
    assert (fix.brief["paths"], fix.wanted_attempts) == (["tax.py"], 2)
