"""The check run "agent": on the head of the pull request, with what the status comment says."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.comments.checks import check_report
from demo.github.server import LocalGitHub
from jobs.agent.task import Ending, Outcome
from jobs.checkout import fetch_base
from jobs.checks.check_run import CheckRun
from jobs.ending import TaskEnd
from jobs.pull_request import publish
from jobs.repository import policy
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.solution import Solution
from jobs.status_comment import StatusComment
from records.effects import Ambiguous
from records.task import Progress, Task, TaskState
from tests.jobs.desk import EDIT, REPOSITORY, Desk, OpenJob

DONE = TaskEnd(TaskState.SUCCEEDED, "", "It is done.")
FAILING = {"rows": [{"verdict": "newly failing"}], "clean": False}


def _opened(desk: Desk) -> Task:
    desk.hand_in()
    return desk.job.services.tasks.get(desk.job.task.id)


def _runs(desk: Desk) -> list[dict[str, Any]]:
    return desk.github.check_runs(REPOSITORY)


def test_the_head_of_a_new_pull_request_has_a_check_run_with_buttons(desk: Desk) -> None:
    task = _opened(desk)
    StatusComment(desk.job).conclude(DONE)
    (run,) = _runs(desk)
    assert (run["name"], run["head_sha"], run["external_id"]) == ("agent", task.head_sha, task.id)
    assert (run["status"], run["conclusion"]) == ("completed", "neutral")
    assert "### ✅ Draft pull request #2" in run["output"]["summary"]
    assert task.id in run["details_url"]
    buttons = desk.github.state.repository("acme", "shop").check_runs[-1].actions
    assert [each["identifier"] for each in buttons] == ["address", "ci", "retry"]


def test_the_comment_is_the_last_that_is_written_before_the_record_ends(desk: Desk) -> None:
    _opened(desk)
    StatusComment(desk.job).conclude(DONE)
    writes = [one for one in desk.github.exchanges if one.method in {"POST", "PATCH", "PUT"}]
    words = [one for one in writes if b"Draft pull request #2" in one.request_body]
    assert [one.operation for one in words][:2] == ["checks/create", "issues/create-comment"]
    assert writes[-1] is words[-1]


@pytest.mark.parametrize(
    ("state", "reason", "evidence", "conclusion"),
    [
        (TaskState.SUCCEEDED, "", {"rows": [{"verdict": "passes"}], "clean": True}, "success"),
        (TaskState.SUCCEEDED, "", {"rows": [], "clean": False}, "neutral"),
        (TaskState.SUCCEEDED, "", FAILING, "failure"),
        (TaskState.PARTIAL, "budget", FAILING, "failure"),
        (TaskState.PARTIAL, "budget", None, "neutral"),
        (TaskState.STOPPED, "stopped", FAILING, "cancelled"),
        (TaskState.FAILED, "policy_blocked", None, "action_required"),
        (TaskState.FAILED, "model_unavailable", None, "neutral"),
        (TaskState.WAITING, "", None, "action_required"),
        (TaskState.RUNNING, "", None, None),
    ],
)
def test_the_conclusion_says_what_is_known_of_the_head(
    state: TaskState,
    reason: str,
    evidence: dict[str, Any] | None,
    conclusion: str | None,
) -> None:
    task = SimpleNamespace(state=state, reason=reason, evidence=evidence, progress=Progress())
    task.started_at = task.created_at = 1.0
    report = check_report(cast("Task", task), "The words.")
    assert report.conclusion == conclusion
    assert report.as_fields()["status"] == ("completed" if conclusion else "in_progress")
    assert len(report.buttons) == (1 if conclusion is None else 2 if state == "waiting" else 3)


def test_a_task_on_a_pull_request_shows_its_steps_and_a_new_head_has_a_run_of_its_own(
    desk: Desk,
) -> None:
    task = _opened(desk)
    begun = replace(task, state=TaskState.RUNNING, head_sha=None, progress=Progress(steps=3))
    check_run = CheckRun(desk.job)
    check_run.show(begun, "Three steps.", now=begun.created_at + 65)
    (run,) = _runs(desk)
    assert (run["head_sha"], run["status"]) == (task.head_sha, "in_progress")
    assert run["output"]["title"] == "At work: 3 steps in 1 m 5 s"
    check_run.show(begun, "Four steps.", now=begun.created_at + 70)
    assert [run["output"]["summary"] for run in _runs(desk)] == ["Four steps."]
    sha = desk.git(
        "commit-tree", f"{task.head_sha}^{{tree}}", "-p", str(task.head_sha), "-m", "More"
    )
    desk.git("update-ref", f"refs/heads/{task.branch}", sha)
    ended = replace(begun, state=TaskState.SUCCEEDED, head_sha=sha)
    check_run.conclude(ended, "Done.")
    check_run.conclude(ended, "Done, said twice.")
    assert {(run["head_sha"], run["conclusion"]) for run in _runs(desk)} == {
        (task.head_sha, "neutral"),
        (sha, "neutral"),
    }
    assert len(_runs(desk)) == 2


def test_files_to_look_at_are_remarked_upon_where_they_changed(desk: Desk) -> None:
    change = Change((EDIT, ChangedFile("Makefile", FileMode.REGULAR, b"test:\n\tpytest\n")))
    report = policy.review(change, desk.base.mirror.at(desk.base.sha))
    solution = Solution(Ending(Outcome.RESOLVED, None, "Done."), change, report)
    publish(desk.job, desk.base, solution, DONE)
    StatusComment(desk.job).conclude(DONE)
    remarks = desk.github.state.repository("acme", "shop").check_runs[-1].annotations
    assert [(each["path"], each["start_line"]) for each in remarks] == [("Makefile", 1)]
    assert remarks[0]["message"]


def test_an_app_without_the_permission_hands_in_all_the_same(
    open_job: OpenJob, checked_github: LocalGitHub
) -> None:
    job = open_job(
        {"contents": "write", "issues": "write", "pull_requests": "write", "metadata": "read"}
    )
    desk = Desk(checked_github, job, fetch_base(job.services, job.task))
    _opened(desk)
    StatusComment(job).conclude(DONE)
    assert _runs(desk) == []
    assert "### ✅ Draft pull request" in checked_github.comments(REPOSITORY, 1)[-1]["body"]


def test_a_check_run_is_ended_once_github_takes_it(desk: Desk) -> None:
    _opened(desk)
    desk.github.fault("checks/create", status=500, count=None)
    with pytest.raises(Ambiguous):
        StatusComment(desk.job).conclude(DONE)
    assert "### ✅ Draft pull request" in desk.github.comments(REPOSITORY, 1)[-1]["body"]
    assert _runs(desk) == []
    desk.github.clear_faults()
    StatusComment(desk.job).conclude(DONE)
    assert [run["status"] for run in _runs(desk)] == ["completed"]


def test_how_far_a_task_is_need_not_be_shown(desk: Desk) -> None:
    task = _opened(desk)
    desk.github.fault("checks/create", status=500, count=None)
    CheckRun(desk.job).show(task, "Three steps.", now=task.created_at)
    assert _runs(desk) == []
