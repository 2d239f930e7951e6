"""Through the front door: trying again what a task did not come to, from where it was or anew."""

import pytest

from records.checkpoints import Checkpoints
from records.deliveries import DeliveryState
from records.tasks import Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.own_pull import BRANCH, OnPullRequest
from tests.bot.project_repository import say
from tests.bot.test_line import open_pull_request, tasks_of
from tests.bot.test_plans import waiting


def failed(front_door: FrontDoor, number: int, *, work: bool = False) -> Task:
    """End the first task of a thread, with a change kept or without."""
    tasks = front_door.context.tasks
    first = tasks_of(front_door, number)[0]
    lease = tasks.take(first.id, "a job", 30.0)
    assert lease
    if work:
        tasks.write(lease, base_sha="abc", base_branch="main")
        Checkpoints(tasks._database).save(lease, 7, "abc", b"a change")
    tasks.end(lease, TaskState.FAILED, reason="budget", explanation="")
    return tasks.get(first.id)


def the_new(front_door: FrontDoor, number: int) -> Task:
    (task,) = tasks_of(front_door, number)
    return task


@pytest.mark.parametrize("each", [False, True])
def test_a_new_try_takes_the_row_of_the_old_one_in_the_table_of_its_batch(
    each: bool, front_door: FrontDoor
) -> None:
    here = front_door.issue(body="- [ ] One\n- [ ] Two\n")
    one = here if each else front_door.issue(title="Tax is wrong")
    front_door.command(here, "admin", "/agent each --max=1" if each else f"/agent batch #{one}")
    first = failed(front_door, one)
    front_door.github.comment(REPOSITORY, one, "admin", "/agent retry")
    delivery = front_door.next("admin")
    for _ in range(2):
        front_door.answer(*delivery)
    again = the_new(front_door, one)
    (shown,) = [body for body in front_door.bot_comments(here) if "### 🗂" in body]
    assert f"`{first.id}`" not in shown
    assert f"`{again.id}` | ⏳ in line" in shown
    assert "1 in line" in shown
    second = failed(front_door, one)
    front_door.command(one, "admin", "/agent retry")
    batch = front_door.context.tasks.batches.get(second.brief["batch"])
    assert batch
    assert batch.parts[0].task_id == the_new(front_door, one).id


def test_a_failed_task_is_tried_again_with_its_words_and_those_that_are_new(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix --model fast the rounding")
    first = failed(front_door, number)
    front_door.command(number, "admin", "/agent retry --model=deep --attempts=2 with Decimal")
    again = the_new(front_door, number)
    assert (again.verb, again.instruction) == ("fix", "the rounding\n\nwith Decimal")
    assert (again.model, again.wanted_attempts, again.requester) == ("deep", 2, "admin")
    assert again.brief["retry_of"] == first.id
    assert "wip" not in again.brief
    assert again.base_sha is None


def test_a_retry_goes_on_with_the_work_that_was_kept(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    first = failed(front_door, number, work=True)
    front_door.command(number, "maria", "/agent retry")
    again = the_new(front_door, number)
    assert again.brief["wip"] == first.id
    assert (again.base_sha, again.base_branch) == ("abc", "main")


def test_a_retry_from_scratch_knows_nothing_of_the_work(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number, work=True)
    front_door.command(number, "maria", "/agent retry --from=scratch")
    again = the_new(front_door, number)
    assert "wip" not in again.brief
    assert again.base_sha is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/agent retry --from=wip", "left no change to go on with"),
        ("/agent retry --from=plan", "had no approved plan"),
        ("/agent retry --from=there", "`--from` has no value that I can use; it goes"),
        ("/agent retry --model=none", "I know no model `none`"),
        ("/agent retry --attempts=9", "`9` is no number of attempts"),
    ],
)
def test_what_cannot_be_tried_again_is_said(front_door: FrontDoor, text: str, words: str) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    assert front_door.command(number, "maria", text).state is DeliveryState.REFUSED
    assert words in front_door.bot_comments(number)[-1]
    assert tasks_of(front_door, number) == []


def test_without_a_task_or_with_one_on_its_way_there_is_nothing_to_try_again(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent retry")
    assert "There was no task on this thread" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent fix")
    front_door.command(number, "maria", "/agent retry")
    assert "has not ended" in front_door.bot_comments(number)[-1]
    assert len(tasks_of(front_door, number)) == 1


def test_a_retry_is_asked_back_where_a_pull_request_is_open(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    open_pull_request(front_door, number, f"Closes #{number}")
    front_door.command(number, "maria", "/agent retry")
    assert "<!-- do:retry --new -->" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent retry --new")
    assert len(tasks_of(front_door, number)) == 1


def test_a_retry_that_is_told_twice_is_one_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    front_door.github.comment("acme/shop", number, "maria", "/agent retry")
    event, body = front_door.next("maria")
    for _ in range(2):
        assert front_door.answer(event, body).state is DeliveryState.HANDLED
    assert len(tasks_of(front_door, number)) == 1


def test_somebody_without_write_access_retries_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    assert front_door.command(number, "read", "/agent retry").state is DeliveryState.REFUSED
    assert tasks_of(front_door, number) == []


def test_an_item_of_a_task_list_is_tried_again_as_that_item(front_door: FrontDoor) -> None:
    number = front_door.issue(body="- [ ] Round prices\n")
    front_door.command(number, "maintain", "/agent each")
    failed(front_door, number)
    front_door.command(number, "maria", "/agent retry")
    again = the_new(front_door, number)
    assert (again.brief["part"], again.issue.title) == (1, "Round prices")
    assert again.issue.body == "- [ ] Round prices\n"


def test_a_repair_that_began_by_itself_is_somebodys_wish_when_it_is_tried_again(
    on_pull: OnPullRequest,
) -> None:
    on_pull.ends("failure", "FAILED tests/test_tax.py::test_rounding")
    on_pull.outcome()
    first = failed(on_pull.door, on_pull.number)
    assert first.brief["by_itself"]
    on_pull.door.command(on_pull.number, "maria", "/agent retry")
    again = the_new(on_pull.door, on_pull.number)
    assert (again.verb, again.branch) == ("ci", BRANCH)
    assert again.issue.url == on_pull.origin.issue.url  # and not the pull request's
    assert set(again.brief) & {"by_itself", "lineage", "repair", "head", "checks"} == set()
    assert again.brief["issue"] == on_pull.origin.issue_number


@pytest.mark.parametrize("work", [True, False])
def test_a_plan_is_not_carried_out_again_for_another_text(
    front_door: FrontDoor, work: bool
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent plan")
    waiting(front_door, number)
    front_door.command(number, "maria", "/agent approve")
    failed(front_door, number)
    failed(front_door, number, work=work)
    front_door.github.edit_issue("acme/shop", number, "maria", body="Something else.")
    front_door.next_outcome()
    outcome = front_door.command(number, "maria", "/agent retry")
    assert outcome.detail == "the issue has changed since its plan"
    assert "`/agent retry --from=scratch` begins without one" in front_door.bot_comments(number)[-1]
    front_door.command(number, "maria", "/agent retry --from=scratch")
    assert "plan" not in the_new(front_door, number).brief


@pytest.mark.parametrize("others", ["pull_request", "push"])
def test_a_retry_asks_the_project_again_before_it_pushes_to_somebodys_branch(
    others: str, front_door: FrontDoor
) -> None:
    say(front_door, "pr: {others: push}")
    front_door.github.make_branch(REPOSITORY, "theirs", "write")
    front_door.github.commit(REPOSITORY, "theirs", "write", {"new.py": "X = 1\n"}, "Begin")
    number = front_door.github.open_pull(REPOSITORY, "write", "theirs", "Round tax")
    while not front_door.heard.empty():
        front_door.heard.get()
    front_door.command(number, "maria", "/agent fix half cents")
    failed(front_door, number)
    say(front_door, f"pr: {{others: {others}}}")
    outcome = front_door.command(number, "maria", "/agent retry")
    if others == "push":
        assert the_new(front_door, number).brief["push_to"] == "theirs"
        return
    assert outcome.state is DeliveryState.REFUSED
    assert tasks_of(front_door, number) == []
    assert "`/agent fix …` makes a pull request onto" in front_door.bot_comments(number)[-1]
