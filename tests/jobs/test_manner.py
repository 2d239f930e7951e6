"""What a command says of how its task is done holds: its check, its pull request, its silence."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest

from bot.comments.standing import status_answer_comment
from bot.model_settings import UnknownModel
from demo.github.server import LocalGitHub
from jobs.agent.task import Ending, Outcome
from jobs.asked_check import told_of_it, with_asked_check
from jobs.checkout import fetch_base
from jobs.ending import TaskEnd, TaskFailed, end_of
from jobs.evidence.check import Check
from jobs.evidence.detect import Detection
from jobs.handing_in import hand_in
from jobs.project_file.file import read_project
from jobs.pull_request import publish
from jobs.repository.change import Change
from jobs.solution import Solution
from jobs.status_comment import StatusComment
from records.task import Progress, TaskState
from tests.jobs.desk import EDIT, REPOSITORY, Desk, OpenJob
from tests.jobs.test_line import conversation

DONE = Solution(Ending(Outcome.RESOLVED, None, "Done."), Change((EDIT,)))
SUITE = Check("pytest", "python3 -m pytest -q")


Asked = Callable[..., Desk]


@pytest.fixture
def asked(open_job: OpenJob, checked_github: LocalGitHub) -> Asked:
    """Return the desk of a task that was asked for with these options."""

    def asked_(*, clean: bool = False, **brief: str) -> Desk:
        job = open_job(**brief)
        evidence = {"rows": [], "clean": clean, "why_not_clean": "" if clean else "no checks"}
        job.services.tasks.write(job.lease, evidence=evidence)
        return Desk(checked_github, job, fetch_base(job.services, job.task))

    return asked_


def test_the_check_that_was_asked_for_comes_first_and_is_run_once(asked: Asked) -> None:
    task = asked(test="make check").job.task
    checks = with_asked_check(Detection((SUITE,)), task).checks
    assert [(one.command, one.required) for one in checks] == [
        ("make check", True),
        (SUITE.command, False),
    ]
    again = replace(task, brief={"test": SUITE.command})
    assert [one.command for one in with_asked_check(Detection((SUITE,)), again).checks] == [
        SUITE.command
    ]
    assert told_of_it(task) == ("Whoever asked wants this to pass in the end: make check",)
    assert with_asked_check(Detection((SUITE,)), replace(task, brief={})).checks == (SUITE,)


@pytest.mark.parametrize(
    ("options", "said", "draft", "words"),
    [
        ({"ready": "yes"}, "", False, "ready for review, since all is done and clean"),
        ({"ready": "yes"}, "pr: {draft: true}", True, ""),
        ({}, "pr: {draft: false}", False, "ready for review"),
        ({"draft": "yes"}, "pr: {draft: false}", True, ""),
        ({}, "", True, ""),
    ],
)
def test_a_pull_request_is_ready_where_that_is_wanted(
    asked: Asked, options: dict[str, str], said: str, draft: bool, words: str
) -> None:
    desk = asked(clean=True, **options)
    vars(desk.base)["project"] = read_project(said)  # where a cached property keeps its value
    opened = publish(desk.job, desk.base, DONE, end_of(DONE))
    [shown] = desk.pull_requests()
    assert (opened.draft, shown["draft"]) == (draft, draft)
    assert words in shown["body"]
    StatusComment(desk.job).conclude(end_of(DONE))
    kind = "Draft pull request" if draft else "Pull request"
    assert f"✅ {kind} #{opened.number}" in last_words(desk)


def test_a_pull_request_that_is_not_clean_is_a_draft_all_the_same(asked: Asked) -> None:
    desk = asked(ready="yes")
    assert publish(desk.job, desk.base, DONE, end_of(DONE)).draft is True
    assert "a draft all the same" in desk.pull_requests()[0]["body"]


def test_without_a_pull_request_the_change_is_on_a_branch_that_is_named(asked: Asked) -> None:
    desk = asked(no_pr="yes")
    end = hand_in(desk.job, desk.base, DONE)
    assert isinstance(end, TaskEnd)
    StatusComment(desk.job).conclude(end)
    assert end.state is TaskState.SUCCEEDED
    assert desk.pull_requests() == []
    task = desk.job.services.tasks.get(desk.job.task.id)
    assert desk.git("show", f"{task.branch}:tax.py") == "RATE = 0.2"
    assert f"The change is on the branch [`{task.branch}`]" in last_words(desk)
    labels = desk.github.issue(REPOSITORY, task.issue_number)["labels"]
    assert "agent:pr" not in {label["name"] for label in labels}
    said = status_answer_comment(end.of(task), command="/agent", task_url="", now=0.0)
    assert "without a pull request, as asked" in said


def test_a_branch_that_cannot_be_pushed_is_a_failure_of_what_was_asked_for(asked: Asked) -> None:
    desk = asked(no_pr="yes")
    desk.github.add_collaborator(REPOSITORY, "maria", "read")
    with pytest.raises(TaskFailed):
        hand_in(desk.job, desk.base, DONE)


def test_a_quiet_task_says_nothing_before_its_end(asked: Asked) -> None:
    desk = asked(quiet="yes")
    job = replace(desk.job, task=replace(desk.job.task, trigger_comment_id=None))
    status, tasks = StatusComment(job), job.services.tasks
    conversation(job, job.task).show_status(job.task, "What it had to ask")
    [comment] = desk.github.comments(REPOSITORY, job.task.issue_number)
    tasks.set_status_comment(job.task.id, comment["id"])
    status._show(replace(tasks.get(job.task.id), progress=Progress(doing="Reading")))
    assert "What it had to ask" in last_words(desk)
    status.conclude(end_of(DONE))
    assert "✅ Done" in last_words(desk)


def test_the_model_is_asked_to_think_as_hard_as_somebody_wants(asked: Asked) -> None:
    efforts = []

    def wire(_place: str, _model: str = "", effort: str = "", /) -> NoReturn:
        efforts.append(effort)
        raise UnknownModel("nothing is asked here")

    job = asked(effort="High").job
    with pytest.raises(UnknownModel):
        replace(job, services=replace(job.services, open_wire=wire)).open_wire()
    assert efforts == ["high"]


def last_words(desk: Desk) -> str:
    comments = desk.github.comments(REPOSITORY, desk.job.task.issue_number)
    return str([one["body"] for one in comments][-1])
