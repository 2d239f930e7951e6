"""A fix that waited while another one opened its pull request ends in words."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.comments.failures import Failure
from jobs.addressed import check_not_addressed
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.run_task import run_task
from records.pulls import Fate
from records.task import NewTask, TaskState
from tests.jobs.desk import REPOSITORY, Desk

Behind = Callable[..., Job]


@pytest.fixture
def behind(desk: Desk) -> Behind:
    """Let the desk's task open its pull request, and give the next one of its issue to a job."""
    pull = desk.hand_in()
    job, tasks = desk.job, desk.job.services.tasks
    tasks.write(job.lease, pull_request_number=pull.number)
    tasks.end(job.lease, TaskState.SUCCEEDED, reason="", explanation="Done.")

    def take(**brief: str) -> Job:
        fields = {name: getattr(job.task, name) for name in NewTask.__dataclass_fields__}
        fresh = {"semantic_key": f"comment:2 {brief}", "brief": brief, "branch": None}
        new = NewTask(**fields | fresh | {"pull_request_number": None, "base_sha": None})
        task = tasks.create(new)[0]
        lease = tasks.take(task.id, "a job", 120.0)
        assert lease is not None
        return replace(job, task=tasks.get(task.id), lease=lease)

    return take


def test_it_ends_in_words_where_there_is_one_by_now(behind: Behind, desk: Desk) -> None:
    job = behind()
    job.services.tasks.release(job.lease)
    run_task(job.task.id, job.services, threading.Event())
    ended = job.services.tasks.get(job.task.id)
    assert (ended.state, ended.reason) == (TaskState.FAILED, "addressed")
    (shown,) = [
        one["body"]
        for one in desk.github.comments(REPOSITORY, job.task.issue_number)
        if job.task.id in one["body"]
    ]
    assert "there came to be" in shown
    assert "`/agent fix --new …`" in shown
    assert "do:retry" not in shown
    issue = desk.github.state.issue(
        desk.github.state.repository("acme", "shop"), job.task.issue_number
    )
    assert "agent:pr" in {label.name for label in issue.labels}


@pytest.mark.parametrize("key", ["new", "plan", "batch"])
def test_it_begins_where_that_was_known(behind: Behind, key: str) -> None:
    check_not_addressed(behind(**{key: "yes"}))


def test_a_pull_request_that_is_closed_is_in_nobodys_way(behind: Behind, desk: Desk) -> None:
    job = behind()
    with pytest.raises(TaskFailed) as failed:
        check_not_addressed(job)
    assert failed.value.failure is Failure.ADDRESSED
    (pull,) = desk.pull_requests()
    job.services.tasks.pulls.decide(job.task.repository_id, pull["number"], Fate.CLOSED, by="maria")
    check_not_addressed(job)
