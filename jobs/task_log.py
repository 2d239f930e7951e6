"""The action log of one task as its job writes it: redacted, with the progress, under the lease."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.redaction import Redactor
from records.actions import Actions
from records.task import Lease, PlanStep, Progress


class TaskLog:
    """Appends entries; with each, how far the task is goes into the records as well."""

    def __init__(
        self, actions: Actions, lease: Lease, *, redactor: Redactor, progress: Progress
    ) -> None:
        self.number = 0
        """The number of the newest entry that this job wrote."""
        self._progress = progress
        self._actions = actions
        self._lease = lease
        self._redactor = redactor

    def record(
        self, kind: str, content: dict[str, Any], take: Callable[[dict[str, Any]], Progress]
    ) -> None:
        """Append an entry of the agent's; it is on disk when this returns.

        `take` is given what will be read again, and says how far the task is with it.
        """
        clean = self._redactor.clean_value(content)
        ready_at = self._progress.sandbox_ready_at
        self._progress = replace(self._clean(take(clean)), sandbox_ready_at=ready_at)
        self._write(kind, clean)

    def event(self, title: str, result: str = "", text: str = "", *, doing: str = "") -> None:
        """Append what the bot itself did, for the people's log, and what it is doing now."""
        self._progress = self._clean(replace(self._progress, doing=doing or title))
        self.keep("event", {"title": title, "result": result, "text": text})

    def keep(self, kind: str, content: dict[str, Any]) -> None:
        """Append an entry that says nothing of how far the task is."""
        self._write(kind, self._redactor.clean_value(content))

    def sandbox_ready(self) -> None:
        """Note when the first sandbox of the task could take commands."""
        if self._progress.sandbox_ready_at is None:
            self._progress = replace(self._progress, sandbox_ready_at=time.time())

    def follow(self, progress: Progress) -> None:
        """Take over how far the task is by somebody else's word."""
        self._progress = progress

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return everything so far, as (kind, content)."""
        return [(action.kind, action.content) for action in self._actions.all(self._lease.task_id)]

    def head(self) -> str:
        """Return the hash that stands for the whole log."""
        return self._actions.head(self._lease.task_id)

    def _write(self, kind: str, clean: dict[str, Any]) -> None:
        self.number = self._actions.append(self._lease, kind, clean, self._progress).number

    def _clean(self, progress: Progress) -> Progress:
        """Take secrets out of what the status comment shows: the step, and the model's plan."""
        clean = self._redactor.clean
        plan = tuple(PlanStep(clean(one.step), clean(one.status)) for one in progress.plan)
        return replace(progress, doing=clean(progress.doing), plan=plan)
