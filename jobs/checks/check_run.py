"""Keeps the check run of a task beside its status comment: on the head of its pull request."""

from collections.abc import Callable
from typing import Any

import structlog

from bot.comments.checks import NAME, check_report
from bot.github_checks import GitHubChecks, Report
from bot.github_errors import (
    Forbidden,
    GitHubError,
    NotFound,
    PermissionsMissing,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from jobs.checks.look_here import kept_remarks
from jobs.job import Job
from records.effects import Ambiguous
from records.task import LeaseLost, Task

PERMISSIONS = {"checks": "write", "pull_requests": "read", "metadata": "read"}
_FIRST = "check run"
"""The key of the first of a task in the ledger; one on a later head has that commit behind it."""

_MAY_PASS = (Ambiguous, RateLimited, Unauthorized, Unavailable)

_log = structlog.get_logger()


class CheckRun:
    """A task's check run; a refusal to show it is only logged, for the comment says the same."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._allowed = True

    def show(self, task: Task, body: str, now: float) -> None:
        """Show how far a task on a pull request is; before there is one, there is no place."""
        if task.pull_request_number is None:
            return
        report = check_report(task, self._clean(body), now=now)
        self._try(lambda: self._shown(task, report))

    def conclude(self, task: Task, body: str) -> None:
        """Show how a task ended, or what it waits for, on the head that it left.

        Raises what may pass: a check run that nobody ends would be at work for ever.
        """
        if task.pull_request_number is None:
            return
        report = check_report(task, self._clean(body), kept_remarks(self._job))
        self._try(lambda: self._concluded(task, report), for_good=True)

    def _shown(self, task: Task, report: Report) -> None:
        begun = self._begun(task, report)
        if not begun.pop("new", False):
            self._checks(task).update(int(begun["id"]), report)

    def _concluded(self, task: Task, report: Report) -> None:
        begun = self._begun(task, report)
        if not begun.pop("new", False):
            self._checks(task).update(int(begun["id"]), report)
        head = task.head_sha
        if head and head != begun["sha"]:
            # What is known of a commit stays with it: a new head has a check run of its own.
            again = self._on(lambda: head, f"{_FIRST}:{head}", task, report)
            if not again.pop("new", False):
                self._checks(task).update(int(again["id"]), report)

    def _begun(self, task: Task, report: Report) -> dict[str, Any]:
        """Return the first check run of the task: on the head as it was when it began."""
        return self._on(lambda: task.head_sha or self._head(task), _FIRST, task, report)

    def _on(
        self, commit: Callable[[], str], key: str, task: Task, report: Report
    ) -> dict[str, Any]:
        checks, made = self._checks(task), False

        def create() -> dict[str, Any]:
            nonlocal made
            sha, url = commit(), self._job.services.task_url(task.id)
            run_id = checks.create(sha, NAME, report, external_id=task.id, details_url=url)
            made = True
            return {"id": run_id, "sha": sha}

        def find() -> dict[str, Any] | None:
            sha = commit()
            found = checks.own(sha, NAME, task.id)
            return {"id": found, "sha": sha} if found else None

        done = self._job.services.effects.once(
            self._scope, key, do=create, look=find, lease=self._job.lease
        )
        return {**done, "new": made}

    def _head(self, task: Task) -> str:
        repository = self._job.services.github.kept_repository(
            task.installation_id, task.repository_id, PERMISSIONS
        )
        return repository.reviews(task.pull_request_number or 0).opened().head_sha

    def _checks(self, task: Task) -> GitHubChecks:
        return self._job.services.github.kept_repository(
            task.installation_id, task.repository_id, PERMISSIONS
        ).checks

    @property
    def _scope(self) -> str:
        return f"task:{self._job.task.id}"

    def _clean(self, body: str) -> str:
        return self._job.services.redactor.clean(body)

    def _try(self, act: Callable[[], None], *, for_good: bool = False) -> None:
        """Do it; what GitHub cannot take now, and may later, is raised if nobody comes again."""
        if not self._allowed:
            return
        try:
            act()
        except (PermissionsMissing, Forbidden, NotFound) as refused:
            # The App was never given the permission, or the pull request's commit is gone.
            self._allowed = False
            _log.info("check_run.not_allowed", task=self._job.task.id, why=str(refused))
        except LeaseLost:
            raise
        except (GitHubError, Ambiguous) as trouble:
            if for_good and isinstance(trouble, _MAY_PASS):
                raise
            _log.info("check_run.not_shown", task=self._job.task.id, why=str(trouble))
            if isinstance(trouble, Unauthorized):
                task = self._job.task
                self._job.services.github.forget(task.installation_id, task.repository_id)
