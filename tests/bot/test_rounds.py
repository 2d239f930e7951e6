"""A round of review is started by a review of the bot's own pull request, once it is quiet."""

import json

import pytest

from bot.comments.held import held, is_held
from bot.comments.rounds import round_headline
from bot.handlers import undo
from bot.request import Outcome
from records.deliveries import DeliveryState
from records.pulls import Fate
from records.task import IssueSnapshot, NewTask, Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor


@pytest.fixture
def pull(front_door: FrontDoor) -> int:
    """Open the bot's pull request for an issue, as a task of it does."""
    door = front_door
    issue = door.issue()
    new = NewTask(
        semantic_key="comment:1",
        verb="fix",
        installation_id=door.installation_id,
        repository_id=door.repository_id,
        repository=REPOSITORY,
        issue_number=issue,
        requester="maria",
        requester_id=1,
        instruction="",
        trigger_comment_id=None,
        issue=IssueSnapshot("Tax is wrong", "See.", "maria", "http://127.0.0.1/1"),
    )
    tasks = door.context.tasks
    task, _ = tasks.create(new)
    branch = f"agent/{issue}-tax-is-wrong-{task.id}"
    repository = door.app.kept_repository(
        door.installation_id,
        door.repository_id,
        {"contents": "write", "pull_requests": "write", "issues": "write", "metadata": "read"},
    )
    head = repository.branch_head("main")
    repository.create_branch(branch, head)
    repository.create_commit_on_branch(
        branch, head, "Fix tax", "", additions={"tax.py": b"RATE = 0.2\nOLD = 1\n"}, deletions=[]
    )
    opened = repository.create_pull_request(
        title="Fix tax", body="Refs #1", head=branch, base="main", draft=True
    )
    lease = tasks.take(task.id, "a job", 60.0)
    assert lease
    tasks.write(lease, branch=branch, pull_request_number=opened.number)
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    door.github.wait_for_deliveries()
    while not door.heard.empty():
        door.heard.get()
    return opened.number


def rounds(door: FrontDoor, number: int) -> list[Task]:
    tasks = door.context.tasks
    return [tasks.get(one) for one in tasks.rounds.on(door.repository_id, number)]


def review(door: FrontDoor, number: int, user: str, event: str, body: str) -> str:
    door.github.review(REPOSITORY, number, user, body=body, event=event)
    while True:
        outcome = door.next_outcome(user)
        if outcome.state is not DeliveryState.IGNORED or door.heard.empty():
            return f"{outcome.state.value}: {outcome.detail}"


def test_a_review_that_requests_changes_starts_a_round_that_waits(
    front_door: FrontDoor, pull: int
) -> None:
    review(front_door, pull, "maria", "REQUEST_CHANGES", "Use Decimal.")
    [task] = rounds(front_door, pull)
    assert (task.verb, task.state, task.pull_request_number) == (
        "address",
        TaskState.QUEUED,
        pull,
    )
    assert task.brief["words"] == [
        {"author": "maria", "author_id": task.requester_id, "text": "Use Decimal."}
    ]
    assert task.brief["round"] == 1
    assert front_door.context.tasks.take(task.id, "a job", 5.0) is None, "it is not quiet yet"
    assert task.id not in front_door.woken
    assert "or later if more is said" in front_door.bot_comments(pull)[-1]


def test_what_is_said_meanwhile_is_part_of_the_same_round(front_door: FrontDoor, pull: int) -> None:
    review(front_door, pull, "maria", "REQUEST_CHANGES", "Use Decimal.")
    review(front_door, pull, "write", "COMMENT", "/agent and a test, please")
    review(front_door, pull, "maria", "COMMENT", "/agent")
    [task] = rounds(front_door, pull)
    assert [one["text"] for one in task.brief["words"]] == [
        "Use Decimal.",
        "/agent and a test, please",
        "/agent",
    ]


def test_the_command_starts_a_round_at_once(front_door: FrontDoor, pull: int) -> None:
    outcome = front_door.command(pull, "maria", "/agent address")
    [task] = rounds(front_door, pull)
    assert outcome.state is DeliveryState.HANDLED
    assert front_door.woken == [task.id]
    assert front_door.context.tasks.take(task.id, "a job", 5.0) is not None


def test_the_command_ends_the_waiting_of_a_round(front_door: FrontDoor, pull: int) -> None:
    review(front_door, pull, "maria", "REQUEST_CHANGES", "Use Decimal.")
    front_door.command(pull, "maria", "/agent address")
    [task] = rounds(front_door, pull)
    assert front_door.context.tasks.take(task.id, "a job", 5.0) is not None


@pytest.mark.parametrize(
    ("event", "body"), [("COMMENT", "Looks odd."), ("APPROVE", "Good."), ("APPROVE", "")]
)
def test_a_review_that_asks_for_nothing_starts_nothing(
    front_door: FrontDoor, pull: int, event: str, body: str
) -> None:
    review(front_door, pull, "maria", event, body)
    assert rounds(front_door, pull) == []


def test_whoever_may_not_write_starts_no_round_and_is_told_so(
    front_door: FrontDoor, pull: int
) -> None:
    review(front_door, pull, "read", "REQUEST_CHANGES", "Rewrite all of it.")
    assert rounds(front_door, pull) == []
    assert "`read` access" in front_door.bot_comments(pull)[-1]


def test_after_five_rounds_a_person_is_asked(front_door: FrontDoor, pull: int) -> None:
    tasks = front_door.context.tasks
    for number in range(5):
        front_door.command(pull, "maria", "/agent address")
        task = rounds(front_door, pull)[number]
        lease = tasks.take(task.id, "a job", 5.0)
        assert lease
        tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    review(front_door, pull, "maria", "REQUEST_CHANGES", "Still wrong.")
    assert len(rounds(front_door, pull)) == 5
    assert "please take it from here" in front_door.bot_comments(pull)[-1]
    front_door.command(pull, "maria", "/agent address")
    assert len(rounds(front_door, pull)) == 6, "a person may ask for one more"


def test_what_was_no_round_is_not_counted_as_one(front_door: FrontDoor, pull: int) -> None:
    tasks = front_door.context.tasks
    for _ in range(3):
        front_door.command(pull, "maria", "/agent address")
        lease = tasks.take(rounds(front_door, pull)[-1].id, "a job", 5.0)
        assert lease
        tasks.end(lease, TaskState.NO_CHANGE_NEEDED, reason="", explanation="No open thread.")
    for _ in range(2):
        front_door.command(pull, "maria", "/agent address")
        front_door.command(pull, "maria", "/agent stop")
    review(front_door, pull, "maria", "REQUEST_CHANGES", "Use Decimal.")
    newest = rounds(front_door, pull)[-1]
    assert (newest.state, newest.brief["round"]) == (TaskState.QUEUED, 1)


def test_a_pull_request_of_somebody_else_is_none_of_ours(front_door: FrontDoor) -> None:
    issue = front_door.issue()
    front_door.command(issue, "maria", "/agent address")
    assert "none of them" in front_door.bot_comments(issue)[-1]
    assert rounds(front_door, issue) == []


def test_a_closed_pull_request_is_left_as_it_is(front_door: FrontDoor, pull: int) -> None:
    front_door.github.close_issue(REPOSITORY, pull, "maria")
    front_door.next_outcome()
    said = "This pull request is closed, so I did not start. Reopen it and comment `/agent "
    for verb in ("address", "retry", "fix"):
        front_door.command(pull, "maria", f"/agent {verb}")
        assert said in front_door.bot_comments(pull)[-1]


def test_nobody_is_told_to_reopen_what_is_merged(front_door: FrontDoor, pull: int) -> None:
    front_door.github.close_issue(REPOSITORY, pull, "maria")
    front_door.next_outcome()
    pulls = front_door.context.tasks.pulls
    pulls.decide(front_door.repository_id, pull, Fate.MERGED, by="write")
    for verb in ("retry", "sync"):
        front_door.command(pull, "maria", f"/agent {verb}")
        assert "This pull request is merged" in front_door.bot_comments(pull)[-1]


def test_a_review_that_is_told_twice_makes_one_round(front_door: FrontDoor, pull: int) -> None:
    front_door.github.review(REPOSITORY, pull, "maria", body="No.", event="REQUEST_CHANGES")
    told = front_door.next("maria")
    front_door.answer(*told)
    front_door.answer(*told)
    [task] = rounds(front_door, pull)
    assert len(task.brief["words"]) == 1
    assert task.state is TaskState.QUEUED


def branch_of(door: FrontDoor, number: int) -> str:
    [found] = [
        one["head"]["ref"]
        for one in door.github.pull_requests(REPOSITORY)
        if one["number"] == number
    ]
    return str(found)


def test_undo_takes_back_the_last_commit_and_says_which(front_door: FrontDoor, pull: int) -> None:
    github, branch = front_door.github, branch_of(front_door, pull)
    github.commit(REPOSITORY, branch, "write", {"notes.txt": "new\n", "x.py": "1\n"}, "More")
    front_door.next("write")
    outcome = front_door.command(pull, "maria", "/agent undo last")
    assert outcome.state is DeliveryState.HANDLED, outcome.detail
    assert github.file(REPOSITORY, "notes.txt", branch) == "ünï\n"
    assert github.file(REPOSITORY, "tax.py", branch) == "RATE = 0.2\nOLD = 1\n"
    [said] = front_door.bot_comments(pull)
    assert "`notes.txt`, `x.py`" in said
    last = front_door.last_comment_of(pull, "maria")
    assert front_door.reactions(last) == ["hooray"]


def test_undo_of_a_path_puts_the_file_back_as_it_is_without_the_branch(
    front_door: FrontDoor, pull: int
) -> None:
    front_door.command(pull, "maria", "/agent undo `tax.py`")
    branch = branch_of(front_door, pull)
    assert front_door.github.file(REPOSITORY, "tax.py", branch) == "RATE = 0.19\n"


def test_undo_puts_back_no_more_than_fits_into_one_commit(
    front_door: FrontDoor, pull: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "_MOST_BYTES", 5)
    front_door.command(pull, "maria", "/agent undo `tax.py`")
    assert "I have taken nothing back" in front_door.bot_comments(pull)[-1]


def test_undo_of_what_is_not_there_changes_nothing_and_says_so(
    front_door: FrontDoor, pull: int
) -> None:
    before = front_door.github.branches(REPOSITORY)
    front_door.command(pull, "maria", "/agent undo notes.txt")
    assert "changes nothing in notes.txt" in front_door.bot_comments(pull)[-1]
    front_door.command(pull, "read", "/agent undo last")
    assert "`read` access" in front_door.bot_comments(pull)[-1]
    assert front_door.github.branches(REPOSITORY) == before


def test_undo_whose_answer_is_lost_makes_one_commit(front_door: FrontDoor, pull: int) -> None:
    front_door.github.fault("graphql/createCommitOnBranch", drop=True, after=True)
    front_door.command(pull, "maria", "/agent undo last")
    assert "Taken back in" in front_door.bot_comments(pull)[-1]
    branch = branch_of(front_door, pull)
    assert front_door.github.file(REPOSITORY, "tax.py", branch) == "RATE = 0.19\n"


def test_undo_lets_no_held_checks_run(front_door: FrontDoor, pull: int) -> None:
    github, branch = front_door.github, branch_of(front_door, pull)
    message = held("More\n\nAgent-Task: k3f9")
    github.commit(REPOSITORY, branch, "write", {"x.py": "1\n"}, message)
    front_door.next("write")
    front_door.command(pull, "maria", "/agent undo x.py")
    repository = github.state.repository("acme", "shop").git
    assert is_held(repository.text("log", "-1", "--format=%B", branch))


def test_a_retry_of_a_round_works_on_the_pull_requests_branch(
    front_door: FrontDoor, pull: int
) -> None:
    front_door.command(pull, "maria", "/agent address")
    tasks = front_door.context.tasks
    [first] = rounds(front_door, pull)
    lease = tasks.take(first.id, "a job", 60.0)
    assert lease
    tasks.write(lease, branch=f"agent/1-kept-{first.id}")
    tasks.end(lease, TaskState.FAILED, reason="push_rejected", explanation="")
    front_door.command(pull, "maria", "/agent retry")
    [_, again] = rounds(front_door, pull)
    assert again.branch == branch_of(front_door, pull)


def test_sync_starts_a_task_on_the_branch(front_door: FrontDoor, pull: int) -> None:
    front_door.command(pull, "maria", "/agent sync")
    [name] = front_door.context.tasks.rounds.on(front_door.repository_id, pull, "sync")
    task = front_door.context.tasks.get(name)
    assert (task.branch, task.issue_number) == (branch_of(front_door, pull), pull)
    assert front_door.woken == [name]


def test_the_command_in_a_thread_starts_a_round(front_door: FrontDoor, pull: int) -> None:
    comments = [{"path": "tax.py", "line": 1, "body": "Why?"}]
    front_door.github.review(REPOSITORY, pull, "maria", "COMMENT", "See.", comments)
    root = front_door.github.threads(REPOSITORY, pull)[0]["comments"][0]["id"]
    front_door.github.reply(REPOSITORY, pull, "write", root, "/agent do it anyway")
    while not rounds(front_door, pull):
        front_door.next_outcome("write")
    [task] = rounds(front_door, pull)
    assert (task.verb, task.requester, task.brief["words"]) == ("address", "write", [])


@pytest.mark.parametrize("kind", ["review", "comment"])
def test_an_edit_of_a_review_starts_nothing_and_says_so(
    front_door: FrontDoor, pull: int, kind: str
) -> None:
    door = front_door
    line = [{"path": "tax.py", "line": 1, "body": "Why 0.2?"}]
    door.github.review(REPOSITORY, pull, "maria", "COMMENT", "Well.", line)
    told = dict(door.next("maria") for _ in range(2))
    name = "pull_request_review" if kind == "review" else "pull_request_review_comment"
    payload = json.loads(told[name])
    before = payload[kind]["body"]
    payload |= {"action": "edited", "changes": {"body": {"from": before}}}
    payload[kind]["body"] = "/agent fix the rate"
    for _ in range(2):
        outcome = door.answer(name, json.dumps(payload).encode())
        assert outcome == Outcome(DeliveryState.REFUSED, "an edit starts nothing")
    (said,) = door.bot_comments(pull)
    assert "An edit starts nothing" in said
    assert rounds(door, pull) == []


def test_a_round_goes_by_the_review_as_it_was_submitted(front_door: FrontDoor, pull: int) -> None:
    door = front_door
    door.github.review(REPOSITORY, pull, "maria", "REQUEST_CHANGES", "/agent fix the rate")
    name, body = door.next("maria")
    door.answer(name, body)
    payload = json.loads(body)
    payload |= {"action": "edited", "changes": {"body": {"from": payload["review"]["body"]}}}
    payload["review"]["body"] = "/agent fix all of it"
    door.answer(name, json.dumps(payload).encode())
    assert "I use the text as it was when it was posted" in door.bot_comments(pull)[-1]


def test_a_wish_without_an_open_thread_is_not_headed_as_a_review() -> None:
    assert round_headline({"round": 2, "threads": []}) == "✅ Done, as asked"
