"""Gives sandboxes with the base commit in them, each in the environment prepared for the task."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.comments import Failure
from jobs.checkout import Base
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.sandbox import Sandbox, SnapshotMissing, ToolRefused
from jobs.setup.environment import Environment
from jobs.setup.outcome import Shelf
from jobs.setup.prepare import PREPARING, Setup, Site
from jobs.setup.rules import SetupRules
from jobs.waiting.packages import allowed_packages
from jobs.watch import Halt


class Workplace:
    """What the agent works in and what its change is measured in: the same, each time anew."""

    def __init__(self, job: Job, base: Base) -> None:
        self.base = base
        self._job = job
        self._lock = threading.Lock()
        self._setup: Setup | None = None
        self._environment: Environment | None = None

    @property
    def environment(self) -> Environment:
        """Prepare the environment, or find it prepared; once for each job."""
        with self._lock:
            return self._environment or self._prepare()

    @contextmanager
    def sandbox(self, sha: str = "", *, collected: bool = False) -> Iterator[Sandbox]:
        """Start a sandbox in the environment and put a commit into it, the base if not named.

        When the job has to end, the sandbox is gone at once; one that is `collected` may give its
        change first, if no command is under way.
        """
        wanted = sha or self.base.sha
        environment = self.environment
        try:
            started = self._job.start_sandbox(environment)
        except SnapshotMissing:
            started = self._job.start_sandbox(self._again(environment))
        at_halt = self._halting(started) if collected else started.kill
        with started as sandbox, self._job.watch.at_halt(at_halt):
            pack = self.base.mirror.pack(wanted)
            try:
                sandbox.put(pack, wanted, pack.shallow)
            except ToolRefused as refused:
                # Most often the repository is larger than the sandbox's work folder.
                raise TaskFailed(Failure.SETUP_FAILED, str(refused)) from refused
            yield sandbox

    def _halting(self, started: Sandbox) -> Callable[[], None]:
        """Return what ends a sandbox whose change is wanted, unless nobody wants it any more."""

        def halt() -> None:
            job = self._job
            why = job.watch.why
            stopped = why is Halt.STOPPED
            if why is Halt.LEASE_LOST or (stopped and job.services.tasks.get(job.task.id).discards):
                started.kill()
            else:
                started.halt()

        return halt

    def _again(self, missing: Environment) -> Environment:
        """Prepare anew what was thrown away meanwhile; who comes second finds it done."""
        with self._lock:
            if self._environment is missing and self._setup:
                self._setup.forget()
                self._prepare()
            return self._environment or missing

    def _prepare(self) -> Environment:
        job = self._job
        settings = job.services.settings
        site = Site(
            repository_id=job.task.repository_id,
            mirror=self.base.mirror,
            sha=self.base.setup_sha or self.base.sha,
            task_id=job.task.id,
            epoch=job.lease.epoch,
            tell=lambda *words: job.log.event(*words, doing=PREPARING),
            halted=job.watch.halted,
            at_halt=job.watch.at_halt,
        )
        shelf = Shelf(settings.data_dir.resolve() / "setups")
        self._setup = Setup(
            job.services.sandboxes, SetupRules.of(settings), shelf, site, allowed_packages(job)
        )
        self._environment = self._setup.environment()
        return self._environment
