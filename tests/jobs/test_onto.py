"""A wish on somebody's pull request: a commit on its branch, over nobody, or one onto it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jobs.agent.task import AgentTask, Ending, IssueText, Outcome, Submission
from jobs.checkout import Base, fetch_base
from jobs.ending import TaskEnd, end_of
from jobs.job import Job
from jobs.pull_request import publish
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.rounds import onto as story
from jobs.solution import Solution
from jobs.status_comment import StatusComment
from records.task import NewTask, TaskState
from tests.jobs.conftest import MakeJob
from tests.jobs.desk import REPOSITORY, Desk

BRANCH = "theirs"
MENDED = ChangedFile("tax.py", FileMode.REGULAR, b"RATE = 0.2\n")


@pytest.fixture
def on_theirs(desk: Desk, make_job: MakeJob) -> Callable[..., Job]:
    """Make a job on somebody's pull request, with this in its brief."""
    github = desk.github
    github.commit(REPOSITORY, "main", "maria", {".github/agent.yml": "pr: {others: push}\n"})
    github.make_branch(REPOSITORY, BRANCH, "maria")
    github.commit(REPOSITORY, BRANCH, "maria", {"new.py": "X = 1\n"}, "Begin")
    number = github.open_pull(REPOSITORY, "maria", BRANCH, "Round tax")

    def make(*, push: bool) -> Job:
        here: dict[str, Any] = {"onto": number}
        more: dict[str, Any] = {"brief": here | {"base": BRANCH}}
        if push:
            more = {"brief": here | {"push_to": BRANCH}, "branch": BRANCH}
            more["pull_request_number"] = number
        known = desk.job.task
        issue = replace(known.issue, author="maria", author_id=known.requester_id)
        new = replace(
            _new(desk), semantic_key="comment:9", issue_number=number, issue=issue, **more
        )
        return replace(make_job(new, lease_s=120.0), services=desk.job.services)

    return make


def _new(desk: Desk) -> NewTask:
    return NewTask(**{name: getattr(desk.job.task, name) for name in NewTask.__dataclass_fields__})


def _solving(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object] = lambda: None
) -> list[AgentTask]:
    given: list[AgentTask] = []
    said = Submission(Outcome.RESOLVED, "Half cents are rounded.", "Round half up")

    def solve(job: Job, base: Base) -> Solution:
        assert base.mirror.at(base.sha).text("new.py") == "X = 1\n"
        given.append(job.give(AgentTask("acme/shop", base.sha, (), IssueText(1, "", ""))))
        meanwhile()
        return Solution(Ending(Outcome.RESOLVED, said, "It is done."), Change((MENDED,)))

    monkeypatch.setattr(story, "solve", solve)
    return given


def test_it_becomes_one_more_commit_on_their_branch(
    desk: Desk, on_theirs: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, given, job = desk.git("rev-parse", BRANCH), _solving(monkeypatch), on_theirs(push=True)
    end = story.add_to_pull_request(job)
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.SUCCEEDED
    assert desk.git("rev-parse", f"{BRANCH}^") == before
    assert desk.git("show", f"{BRANCH}:tax.py") == "RATE = 0.2"
    assert desk.git("log", "-1", "--format=%s", BRANCH) == "Round half up"
    assert "one more commit on its branch" in given[0].instruction
    assert len(desk.pull_requests()) == 1
    StatusComment(job).conclude(end)
    said = desk.github.comments(REPOSITORY, job.task.issue_number)[-1]["body"]
    assert "### ✅ Done" in said
    assert "What I was given" in said
    (run,) = desk.github.check_runs(REPOSITORY, desk.git("rev-parse", BRANCH))
    assert run["name"] == "agent"


def test_what_they_push_meanwhile_stays_below_it(
    desk: Desk, on_theirs: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def push() -> None:
        desk.github.commit(REPOSITORY, BRANCH, "maria", {"more.py": "Y = 1\n"}, "More")

    _solving(monkeypatch, push)
    end = story.add_to_pull_request(on_theirs(push=True))
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.SUCCEEDED
    headlines = desk.git("log", "-3", "--format=%s", BRANCH).split("\n")
    assert headlines == ["Round half up", "More", "Begin"]


def _forbid(desk: Desk) -> None:
    file: dict[str, str | None] = {".github/agent.yml": "pr: {others: pull_request}\n"}
    desk.github.commit(REPOSITORY, "main", "maria", file)


def test_nothing_begins_where_the_project_lets_nobody_push_by_now(
    desk: Desk, on_theirs: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, given, job = desk.git("rev-parse", BRANCH), _solving(monkeypatch), on_theirs(push=True)
    _forbid(desk)
    end = story.add_to_pull_request(job)
    assert isinstance(end, TaskEnd)
    assert (end.state, end.reason) == (TaskState.FAILED, "push_rejected")
    assert "`pr.others`" in end.explanation
    assert (given, desk.git("rev-parse", BRANCH)) == ([], before)


def test_nothing_is_pushed_where_the_project_forbids_it_during_the_work(
    desk: Desk, on_theirs: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.git("rev-parse", "main")
    _solving(monkeypatch, lambda: _forbid(desk))
    job = on_theirs(push=True)
    head = desk.git("rev-parse", BRANCH)
    end = story.add_to_pull_request(job)
    assert isinstance(end, TaskEnd)
    assert end.reason == "push_rejected"
    kept = job.services.tasks.get(job.task.id).branch or ""
    assert kept.startswith("agent/")
    assert "`pr.others`" in end.explanation
    assert f"`{kept}`" in end.explanation
    assert desk.git("show", f"{kept}:tax.py") == "RATE = 0.2"
    assert desk.git("rev-parse", BRANCH) == head
    assert desk.git("rev-parse", "main") != before


def test_else_it_is_a_pull_request_onto_their_branch(
    desk: Desk, on_theirs: Callable[..., Job]
) -> None:
    job = on_theirs(push=False)
    evidence = {"clean": True, "rows": []}
    job.services.tasks.write(job.lease, evidence=evidence)
    base = fetch_base(job.services, job.task)
    assert base.mirror.at(base.sha).text("new.py") == "X = 1\n"
    solution = Solution(Ending(Outcome.RESOLVED, None, "Done."), Change((MENDED,)))
    opened = publish(job, base, solution, end_of(solution))
    shown = next(one for one in desk.pull_requests() if one["number"] == opened.number)
    assert shown["base"]["ref"] == BRANCH
    assert shown["body"].startswith(f"Refs #{job.task.issue_number}\n")
