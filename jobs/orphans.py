"""Ends, in words, the tasks whose worker is gone and that no other worker takes over."""

import threading
import time
from collections.abc import Callable

import structlog

from bot.comments import Failure
from bot.github_errors import GitHubError
from jobs.agent.task import Outcome
from jobs.ending import TaskEnd, failed
from jobs.handing_in import stop, with_saved_work
from jobs.job import Job
from jobs.services import Services
from jobs.status_comment import StatusComment
from jobs.task_log import TaskLog
from jobs.watch import LEASE_S, Watch
from records.effects import Ambiguous
from records.task import LeaseLost

ORPHANED_S = 75.0
"""From a lease that ran out to the end: with the lease itself and a round of the clock, what
nobody takes over is closed within two minutes."""
_LONGEST_UNSAID_S = 3600.0
"""So long a task stays open because GitHub does not take its last words."""

_log = structlog.get_logger()


class Orphans:
    """Tasks that nobody will go on with, as one clock sees them.

    While any worker holds a task, the others are on their way to somebody: they wait for a free
    one. A worker that is free takes a task within seconds. So where for a minute nobody holds
    anything, there is no worker, and a task that was at work is closed; one that waits in its line
    has lost nothing, and goes on waiting.
    """

    def __init__(
        self,
        services: Services,
        *,
        after_s: float = ORPHANED_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._after_s = after_s
        self._now = now
        self._seen: dict[str, float] = {}
        self._unsaid: dict[str, float] = {}
        """Since when the end of a task could not be said on its issue."""

    def sweep(self) -> None:
        """Close what was left for long enough, by the database's clock and by this one's."""
        tasks = self._services.tasks
        left = [] if tasks.anybody_works() else tasks.left_alone()
        # This clock may have come up together with the workers, after a night.
        self._seen = {one: self._seen.get(one, self._now()) for one in left}
        for task_id, since in self._seen.items():
            if self._now() - since >= self._after_s:
                self._close(task_id)

    def _close(self, task_id: str) -> None:
        tasks = self._services.tasks
        lease = tasks.take(task_id, "clock", LEASE_S)
        if lease is None:
            return  # a worker was quicker
        task = tasks.get(task_id)
        log = TaskLog(
            self._services.actions, lease, redactor=self._services.redactor, progress=task.progress
        )
        watch = Watch(tasks, lease, shutting_down=threading.Event())
        # The clock has other things to do than to wait for GitHub: it comes again.
        watch.halted.set()
        watch.leaving.set()
        job = Job(self._services, task, lease, log, watch)
        if task_id not in self._unsaid:
            log.event("nobody goes on with it", "closed by the clock")
        try:
            with self._services.mirrors.open(task.repository_id).hold():
                end = stop(job) if task.stop_requested_by else _lost(job)
            StatusComment(job).conclude(end)
        except (GitHubError, Ambiguous):
            _log.warning("orphan.end_not_said", task=task_id, exc_info=True)
            if self._now() - self._unsaid.setdefault(task_id, self._now()) < _LONGEST_UNSAID_S:
                tasks.renew(lease, 0.0)  # nobody has it, and it is as it was found
                self._seen[task_id] = self._now()
                return
            # It stands on the task's page; the issue has to do without.
        except LeaseLost:
            return
        self._unsaid.pop(task_id, None)
        try:
            tasks.end(lease, end.state, reason=end.reason, explanation=end.explanation)
        except LeaseLost:
            return
        _log.warning("orphan.closed", task=task_id)


def _lost(job: Job) -> TaskEnd:
    return with_saved_work(job, failed(Failure.WORKER_LOST, ""), Outcome.SANDBOX_LOST)
