"""Whoever asked is looked at again before a task costs anything, and before anything is pushed."""

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.comments.failures import Failure
from bot.github_repository import GitHubRepository, Permission
from jobs.ending import TaskFailed
from jobs.requester import check_requester
from jobs.run_task import run_task
from records.database import Database
from records.task import Lease, LeaseLost, Task, TaskState
from tests.jobs.desk import REPOSITORY, Desk
from tests.records.given import task


class Repository:
    """What is asked of a repository: one person's role, and the project's file."""

    def __init__(self, level: str, role: str, file: str = "", user_id: int = 7) -> None:
        self._permission = Permission(user_id, level, role)
        self._file = file

    def permission(self, _login: str) -> Permission:
        return self._permission

    def default_branch(self) -> str:
        return "main"

    def branch_head(self, _branch: str) -> str:
        return "a" * 40

    def file_fields(self, _path: str, _ref: str) -> Mapping[str, Any] | None:
        text = base64.b64encode(self._file.encode()).decode()
        return {"content": text, "size": len(self._file)} if self._file else None


def check(repository: Repository, asked: Task) -> None:
    check_requester(cast(GitHubRepository, repository), asked)


def test_a_limit_of_githubs_puts_a_task_off_and_uses_up_no_try(desk: Desk) -> None:
    services, asked = desk.job.services, desk.job.task
    services.tasks.release(desk.job.lease)
    limit = {"status": 429, "headers": {"Retry-After": "7200"}, "message": "too many", "count": 99}
    desk.github.fault("repos/get-collaborator-permission-level", **limit)
    for _ in range(2):
        run_task(asked.id, services, threading.Event())
    put_off = services.tasks.get(asked.id)
    assert (put_off.state, put_off.attempts, put_off.explanation) == (TaskState.QUEUED, 0, "")
    assert put_off.lease_expires_at > time.time() + 7000.0


def test_a_task_that_another_job_has_by_now_is_not_put_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, asked = desk.job.services, desk.job.task
    services.tasks.release(desk.job.lease)
    limit = {"status": 429, "headers": {"Retry-After": "7200"}, "message": "too many", "count": 99}
    desk.github.fault("repos/get-collaborator-permission-level", **limit)
    tried: list[float] = []

    def lost(_lease: Lease, *, until: float = 0.0) -> None:
        tried.append(until)
        raise LeaseLost(asked.id)

    monkeypatch.setattr(services.tasks, "release", lost)
    run_task(asked.id, services, threading.Event())
    assert len(tried) == 1


def test_az08_nothing_is_begun_for_who_lost_access_since_asking(desk: Desk) -> None:
    services, asked = desk.job.services, desk.job.task
    services.tasks.release(desk.job.lease)
    desk.github.add_collaborator(REPOSITORY, "maria", "read")
    # Neither a model nor a sandbox can be had here: a task that was begun would end otherwise.
    run_task(asked.id, services, threading.Event())
    ended = services.tasks.get(asked.id)
    assert (ended.state, ended.reason) == (TaskState.FAILED, "permission_lost")
    assert ended.base_sha is None
    comments = desk.github.comments(REPOSITORY, asked.issue_number)
    assert "maria has read access now." in comments[-1]["body"]


@pytest.mark.parametrize(
    ("verb", "level", "role", "file"),
    [
        ("fix", "write", "write", ""),
        ("ask", "read", "triage", ""),
        ("plan", "read", "triage", "who:\n  plan: triage\n"),
        ("review", "admin", "admin", ""),
    ],
)
def test_the_role_of_the_verb_is_enough(
    database: Database, verb: str, level: str, role: str, file: str
) -> None:
    check(Repository(level, role, file), replace(task(database), verb=verb))


@pytest.mark.parametrize(
    ("verb", "repository"),
    [
        ("fix", Repository("read", "triage")),
        ("plan", Repository("read", "triage")),
        ("ask", Repository("read", "read")),
        ("fix", Repository("write", "write", user_id=8)),
    ],
    ids=["a fix for triage", "a plan for triage", "a question for read", "another account"],
)
def test_less_than_the_verbs_role_is_not(
    database: Database, verb: str, repository: Repository
) -> None:
    with pytest.raises(TaskFailed) as lost:
        check(repository, replace(task(database), verb=verb))
    assert lost.value.failure is Failure.PERMISSION_LOST


def test_a_bot_may_as_long_as_the_repository_lists_it(database: Database) -> None:
    asked = replace(task(database), requester="renovate[bot]")
    check(Repository("none", "none", "who:\n  bots: ['renovate[bot]']\n"), asked)
    with pytest.raises(TaskFailed, match="not among the bots"):
        check(Repository("none", "none"), asked)
