"""Handing in at a GitHub that is late, forgetful, renamed, without drafts, or closed to the App."""

import json
from typing import Any

import pytest

from bot.comments.failures import Failure
from bot.github_errors import PermissionsMissing
from demo.github.server import LocalGitHub
from jobs.agent.task import Ending, Outcome
from jobs.checkout import fetch_base
from jobs.ending import TaskFailed, end_of
from jobs.fresh import once_seen
from jobs.pull_request import publish
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.solution import Solution
from records.effects import Ambiguous
from tests.jobs.desk import EDIT, REPOSITORY, Desk, OpenJob


def test_the_pull_request_is_the_one_in_the_ledger_though_no_list_shows_it(desk: Desk) -> None:
    desk.github.lag_reads(0.5)
    opened = desk.hand_in()
    [shown] = desk.pull_requests()
    assert (opened.number, opened.url) == (shown["number"], shown["html_url"])
    assert opened.head_sha == shown["head"]["sha"]
    assert desk.asked("pulls/list") == 1, "for the titles of others, before there was one"
    task = desk.job.services.tasks.get(desk.job.task.id)
    assert (task.pull_request_number, task.head_sha) == (opened.number, opened.head_sha)


@pytest.mark.parametrize(
    "operation", ["git/create-ref", "graphql/createCommitOnBranch", "pulls/create"]
)
def test_a_lost_answer_and_late_reads_together_make_nothing_twice(
    desk: Desk, operation: str
) -> None:
    def lag(exchange: Any) -> None:
        if exchange.faulty:
            desk.github.lag_reads(0.4)

    desk.github.on_exchange(lag)
    desk.github.fault(operation, drop=True, after=True)
    opened = desk.hand_in()
    assert desk.asked(operation) == 1
    [shown] = desk.pull_requests()
    assert shown["number"] == opened.number
    assert desk.git("rev-list", "--count", f"main..{shown['head']['ref']}") == "1"


def test_a_commit_that_came_late_after_a_second_try_is_our_own(desk: Desk) -> None:
    """The first request times out and is carried out after the look: the second finds it done."""
    state = desk.github.state
    seen, hidden = state.seen_ref, [True]

    def late(repository: Any, ref: str) -> str | None:
        found = seen(repository, ref)
        if found and found != desk.base.sha and hidden and ref.startswith("refs/heads/agent/"):
            return desk.base.sha
        return found

    state.seen_ref = late  # type: ignore[method-assign]

    def reveal(exchange: Any) -> None:
        if (
            exchange.operation == "graphql/createCommitOnBranch"
            and b"STALE" in exchange.response_body
        ):
            hidden.clear()

    desk.github.on_exchange(reveal)
    desk.github.fault("graphql/createCommitOnBranch", status=502, after=True)
    opened = desk.hand_in()
    assert not hidden
    [shown] = desk.pull_requests()
    assert opened.head_sha == shown["head"]["sha"]
    assert desk.asked("graphql/createCommitOnBranch") == 2


def test_an_error_of_graphql_that_is_not_known_is_looked_after(desk: Desk) -> None:
    words = {"message": "Something went wrong while executing your query."}
    answer = json.dumps({"data": {"createCommitOnBranch": None}, "errors": [words]})
    desk.github.fault("graphql/createCommitOnBranch", status=200, body=answer, after=True)
    assert desk.hand_in().head_sha == desk.pull_requests()[0]["head"]["sha"]
    assert desk.asked("graphql/createCommitOnBranch") == 1


def test_where_there_are_no_drafts_it_is_an_ordinary_pull_request_that_says_so(desk: Desk) -> None:
    desk.github.set_repository(REPOSITORY, has_drafts=False)
    assert desk.hand_in().draft is False
    [shown] = desk.pull_requests()
    assert shown["draft"] is False
    assert "no draft" in shown["body"]
    titles = [content["title"] for kind, content in desk.job.log.entries() if kind == "event"]
    assert "open a pull request, no draft" in titles


def test_a_draft_does_not_speak_of_drafts(desk: Desk) -> None:
    assert desk.hand_in().draft is True
    [shown] = desk.pull_requests()
    assert shown["draft"] is True
    assert "no draft" not in shown["body"]


def test_a_repository_that_was_renamed_meanwhile_is_fetched_and_handed_in_at(
    open_job: OpenJob, checked_github: LocalGitHub
) -> None:
    job = open_job()
    checked_github.rename_repository(REPOSITORY, "store")
    base = fetch_base(job.services, job.task)
    ending = Ending(Outcome.RESOLVED, None, "Done.")
    solution = Solution(ending, Change((EDIT,)))
    opened = publish(job, base, solution, end_of(solution))
    assert opened.url == checked_github.pull_requests("acme/store")[0]["html_url"]


def test_a_permission_that_is_missing_is_named(
    open_job: OpenJob, checked_github: LocalGitHub
) -> None:
    job = open_job({"metadata": "read", "contents": "read", "issues": "write"})
    base = fetch_base(job.services, job.task)
    with pytest.raises(TaskFailed) as failed:
        Desk(checked_github, job, base).hand_in()
    assert failed.value.failure is Failure.PUSH_REJECTED
    assert "`contents: write`, `pull_requests: write`" in str(failed.value)
    assert "metadata" not in str(failed.value)


def test_a_repository_that_may_not_be_read_says_what_to_grant(open_job: OpenJob) -> None:
    job = open_job({"metadata": "read", "issues": "write"})
    with pytest.raises(PermissionsMissing, match="`contents: read`"):
        fetch_base(job.services, job.task)


@pytest.mark.parametrize(
    ("file", "mode"),
    [
        (ChangedFile("run", FileMode.REGULAR, b"#!/bin/sh\n"), "100644"),
        (ChangedFile("run", FileMode.REGULAR, b"#!/bin/sh\ntrue\n"), "100644"),
        (ChangedFile("run", FileMode.EXECUTABLE, b"#!/bin/sh\ntrue\n"), "100755"),
        (ChangedFile("tax.py", FileMode.EXECUTABLE, b"RATE = 0.19\n"), "100755"),
        (ChangedFile("new", FileMode.EXECUTABLE, b"#!/bin/sh\n"), "100755"),
    ],
)
def test_a_mode_arrives_as_it_is_in_the_change(desk: Desk, file: ChangedFile, mode: str) -> None:
    head = (
        desk.hand_in(file, EDIT).head_sha if file.path != EDIT.path else desk.hand_in(file).head_sha
    )
    assert desk.git("ls-tree", head, file.path).startswith(mode)
    assert desk.asked("graphql/createCommitOnBranch") == 0


def test_an_executable_file_that_goes_can_go_by_the_api(desk: Desk) -> None:
    head = desk.hand_in(ChangedFile("run", FileMode.REGULAR, None), EDIT).head_sha
    assert desk.git("ls-tree", "--name-only", head) == "tax.py"
    assert desk.asked("graphql/createCommitOnBranch") == 1


def test_the_pull_request_is_labelled_and_assigned_to_whoever_asked(desk: Desk) -> None:
    desk.hand_in()
    [shown] = desk.pull_requests()
    assert [label["name"] for label in shown["labels"]] == ["agent"]
    assert [person["login"] for person in shown["assignees"]] == ["maria"]
    assert [person["login"] for person in shown["requested_reviewers"]] == ["maria"]
    desk.hand_in()
    assert desk.asked("issues/add-labels") == desk.asked("issues/add-assignees") == 1


def test_the_pull_request_stands_under_the_repositorys_own_template(desk: Desk) -> None:
    template = "## Why\n\nAsk @boss, see #1.\n"
    files: dict[str, str | None] = {".github/PULL_REQUEST_TEMPLATE.md": template}
    desk.github.commit(REPOSITORY, "main", "maria", files)
    base = fetch_base(desk.job.services, desk.job.task)
    Desk(desk.github, desk.job, base).hand_in()
    [shown] = desk.pull_requests()
    assert shown["body"].startswith("## Why\n\nAsk @<!-- -->boss, see #<!-- -->1.\n\n---\n\n")


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_label_or_assignee_that_cannot_be_set_fails_nothing(desk: Desk, status: int) -> None:
    for operation in ("issues/add-labels", "issues/add-assignees"):
        desk.github.fault(operation, status=status, count=None)
    assert desk.hand_in().number == desk.pull_requests()[0]["number"]


def test_what_is_never_seen_counts_as_not_there() -> None:
    asked = []
    assert once_seen(lambda: asked.append(1), pauses_s=(0.0, 0.0)) is None
    assert len(asked) == 3
    with pytest.raises(Ambiguous):
        once_seen(_unclear, KeyError, pauses_s=(0.0,))


def _unclear() -> None:
    raise Ambiguous


def test_its_title_begins_as_those_that_people_merged_last(desk: Desk) -> None:
    for at in range(5):
        branch, title = f"people-{at}", f"chore: step {at}"
        desk.github.make_branch(REPOSITORY, branch, "maria")
        desk.github.commit(REPOSITORY, branch, "maria", {f"{at}.txt": "new"}, "Step")
        pull = desk.github.open_pull(REPOSITORY, "maria", branch, title)
        desk.github.merge(REPOSITORY, pull, "maria")
    services = desk.job.services
    services.tasks.write(desk.job.lease, title="Round tax half up")
    opened = desk.hand_in()
    shown = next(one for one in desk.pull_requests() if one["number"] == opened.number)
    assert shown["title"] == "fix: round tax half up"
    headline = desk.git("log", "-1", "--format=%s", shown["head"]["ref"])
    assert headline == "fix: round tax half up"
