"""The agent's sandbox with a memory: the change is kept as it grows, for a job that may follow."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from jobs.agent.ports import TurnDone
from jobs.checkout import Base
from jobs.job import Job
from jobs.sandbox import Execution, Sandbox, SandboxLost, ToolRefused
from jobs.watch import Halt

_MOST_SHARE = 0.02
"""Of the time, to be spent on keeping what commands may have changed; edits are kept always."""

_LEAVES_S = 5.0
"""For the last of it, when somebody waits for this process to end."""

_log = structlog.get_logger()


class KeptSandbox:
    """Passes everything on, with a checkpoint after each edit, and at times after commands."""

    def __init__(self, job: Job, base: Base, sandbox: Sandbox) -> None:
        self._job = job
        self._base = base
        self._sandbox = sandbox
        self._not_before = 0.0
        self._changed = False
        """Whether commands may have changed what was not kept since."""

    def exec(self, script: str, *, timeout_s: float = 120, workdir: str | None = None) -> Execution:
        """Run a script; what those before it may have changed is kept first, if it is time."""
        self._keep_in_time()
        self._changed = True
        return self._sandbox.exec(script, timeout_s=timeout_s, workdir=workdir)

    def read(self, path: str, start_line: int | None = None, end_line: int | None = None) -> str:
        """Show a file."""
        return self._sandbox.read(path, start_line, end_line)

    def edit(self, path: str, old: str, new: str, *, replace_all: bool = False) -> str:
        """Replace text, and keep the change."""
        answer = self._sandbox.edit(path, old, new, replace_all=replace_all)
        self._keep()
        return answer

    def write(self, path: str, content: str) -> str:
        """Write a file, and keep the change."""
        answer = self._sandbox.write(path, content)
        self._keep()
        return answer

    def patch(self, changes: Sequence[Mapping[str, Any]]) -> str:
        """Carry out a patch, and keep the change."""
        answer = self._sandbox.patch(changes)
        self._keep()
        return answer

    def after_turn(self, turn: TurnDone) -> None:
        """Keep what commands of this turn may have changed, if that has not just been done."""
        if turn.touched:
            self._keep_in_time()

    def leave(self) -> None:
        """Keep what is there when the work is halted, before the sandbox goes.

        A command that was under way took the sandbox with it: then the newest that was kept stands.
        Nothing is kept of a task that was stopped for nothing of it to be kept.
        """
        if not self._changed or self._job.watch.why is Halt.LEASE_LOST:
            return
        if self._job.services.tasks.get(self._job.task.id).discards:
            return
        try:
            self._save(self._sandbox.collect(sweep=False, within_s=_LEAVES_S))
        except (SandboxLost, ToolRefused):
            _log.warning("checkpoint.lost", task=self._job.task.id, exc_info=True)

    def collect(self) -> bytes:
        """End every process and return the change, which is what another job would begin with."""
        content = self._sandbox.collect()
        self._save(content)
        return content

    def _keep_in_time(self) -> None:
        if self._changed and time.monotonic() >= self._not_before:
            self._keep()

    def _keep(self) -> None:
        began = time.monotonic()
        try:
            self._save(self._sandbox.collect(sweep=False))
        except ToolRefused:
            # Too much to keep; the gate will say so when the work is handed in.
            _log.warning("checkpoint.refused", task=self._job.task.id, exc_info=True)
        ended = time.monotonic()
        self._not_before = ended + (ended - began) / _MOST_SHARE

    def _save(self, content: bytes) -> None:
        self._job.save_checkpoint(self._base.sha, content)
        self._changed = False
