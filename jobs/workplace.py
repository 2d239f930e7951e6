"""Gives sandboxes with the base commit in them, each in the environment prepared for the task."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from bot.comments import Failure
from jobs.checkout import Base
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.sandbox import Sandbox, ToolRefused
from jobs.setup.environment import Environment


class Workplace:
    """What the agent works in and what its change is measured in: the same, each time anew."""

    def __init__(self, job: Job, base: Base) -> None:
        self.base = base
        self._job = job

    @cached_property
    def environment(self) -> Environment:
        """Prepare the environment, or find it prepared; once for each job."""
        return Environment(self._job.services.settings.sandbox_image)

    @contextmanager
    def sandbox(self) -> Iterator[Sandbox]:
        """Start a sandbox in the environment and put the base commit into it."""
        with self._job.sandbox(self.environment) as sandbox:
            pack = self.base.mirror.pack(self.base.sha)
            try:
                sandbox.put(pack, self.base.sha, pack.shallow, tags=pack.tags, index=pack.index)
            except ToolRefused as refused:
                # Most often the repository is larger than the sandbox's work folder.
                raise TaskFailed(Failure.SETUP_FAILED, str(refused)) from refused
            yield sandbox
