"""Ends sandboxes of this machine that no job has any more; the clock does so in every round."""

import structlog

from jobs.sandbox import READY, Running, SandboxError, Sandboxes
from records.tasks import Tasks

_log = structlog.get_logger()


class Strays:
    """Asks this machine's keeper: whose lease is over is in the records, what runs is not."""

    def __init__(self, sandboxes: Sandboxes, tasks: Tasks) -> None:
        self._sandboxes = sandboxes
        self._tasks = tasks
        self._answers = True

    def remove(self) -> None:
        """Remove what outlived itself, or its job; a keeper that is away is told of once."""
        try:
            self._remove()
        except SandboxError as error:
            if self._answers:
                _log.warning("clock.no_sandboxes", why=str(error))
            self._answers = False
        else:
            if not self._answers:
                _log.info("clock.sandboxes_back")
            self._answers = True

    def _remove(self) -> None:
        """Remove each; one that cannot be removed must not keep the others."""
        trouble: SandboxError | None = None
        for one in filter(self._is_stray, self._sandboxes.running()):
            try:
                self._sandboxes.remove(one.container)
            except SandboxError as error:
                trouble = trouble or error
            else:
                _log.info("clock.removed_sandbox", task=one.task_id, container=one.container[:12])
        if trouble:
            raise trouble

    def _is_stray(self, one: Running) -> bool:
        # A worker is trying a sandbox at its start.
        tried = one.task_id == READY
        return one.overdue or not (tried or self._tasks.is_leased(one.task_id, one.epoch))
