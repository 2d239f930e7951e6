"""A fix on a pull request of this repository: a new one onto its branch, or a commit on it."""

from typing import Any

from records.deliveries import DeliveryState
from records.task import Task
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.own_pull import BRANCH, OnPullRequest
from tests.bot.project_repository import say


def _pull(door: FrontDoor, branch: str = "theirs") -> int:
    door.github.make_branch(REPOSITORY, branch, "write")
    door.github.commit(REPOSITORY, branch, "write", {"new.py": "X = 1\n"}, "Begin")
    return door.github.open_pull(REPOSITORY, "write", branch, "Round tax")


def _fixed(door: FrontDoor, number: int, text: str = "/agent fix half cents") -> Task:
    while not door.heard.empty():
        door.heard.get()
    outcome = door.command(number, "maria", text)
    assert outcome.state is DeliveryState.HANDLED, outcome
    (task,) = door.context.tasks.line(door.repository_id, number)
    return task


def _where(task: Task) -> tuple[Any, ...]:
    return task.brief.get("base"), task.brief.get("push_to"), task.pull_request_number


def test_a_fix_on_somebodys_pull_request_is_one_onto_its_branch(front_door: FrontDoor) -> None:
    number = _pull(front_door)
    task = _fixed(front_door, number)
    assert (task.verb, task.brief["onto"], task.instruction) == ("fix", number, "half cents")
    assert _where(task) == ("theirs", None, None)
    assert task.issue.title == "Round tax"


def test_where_the_project_says_so_it_is_a_commit_on_it(front_door: FrontDoor) -> None:
    say(front_door, "pr: {others: push}")
    number = _pull(front_door)
    task = _fixed(front_door, number)
    assert _where(task) == (None, "theirs", number)
    assert task.branch == "theirs"


def test_an_option_for_a_pull_request_makes_one_all_the_same(front_door: FrontDoor) -> None:
    say(front_door, "pr: {others: push}")
    number = _pull(front_door)
    task = _fixed(front_door, number, "/agent fix --no-pr half cents")
    assert _where(task) == ("theirs", None, None)


def test_nothing_is_pushed_to_the_default_branch(front_door: FrontDoor) -> None:
    say(front_door, "pr: {others: push}")
    front_door.github.make_branch(REPOSITORY, "release", "write")
    front_door.github.commit(REPOSITORY, "main", "write", {"new.py": "X = 1\n"}, "Next")
    number = front_door.github.open_pull(REPOSITORY, "write", "main", "Release", base="release")
    assert _where(_fixed(front_door, number)) == ("main", None, None)


def test_on_the_bots_own_a_fix_with_options_is_a_commit_on_it(on_pull: OnPullRequest) -> None:
    task = _fixed(on_pull.door, on_pull.number, "/agent fix --model deep half cents")
    assert _where(task) == (None, BRANCH, on_pull.number)
    assert (task.model, task.brief["issue"]) == ("deep", on_pull.origin.issue_number)
    assert task.issue.title == on_pull.origin.issue.title


def test_a_plan_of_a_pull_request_is_refused_in_words_since_it_would_be_of_the_default_branch(
    front_door: FrontDoor,
) -> None:
    number = _pull(front_door)
    outcome = front_door.command(number, "maria", "/agent fix --plan half cents")
    assert outcome.state is DeliveryState.REFUSED, outcome
    assert front_door.context.tasks.line(front_door.repository_id, number) == []
    last = front_door.github.comments(REPOSITORY, number)[-1]["body"]
    assert "Plans are made for issues" in last


def test_on_the_bots_own_new_makes_another_onto_it(on_pull: OnPullRequest) -> None:
    task = _fixed(on_pull.door, on_pull.number, "/agent fix --new half cents")
    assert _where(task) == (BRANCH, None, None)
