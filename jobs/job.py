"""One execution of a task: what its steps share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.agent.limits import GATE_ROUNDS
from jobs.evidence.check import CHECK_TIMEOUT_S
from jobs.evidence.run import MAX_DECLARED, TOTAL_S
from jobs.sandbox import Sandbox
from jobs.services import Services
from jobs.setup.environment import Environment
from jobs.task_log import TaskLog
from jobs.watch import Watch
from records.task import Lease, Task

_BEYOND_THE_TASK_S = GATE_ROUNDS * (TOTAL_S + MAX_DECLARED * CHECK_TIMEOUT_S)
"""A sandbox outlives its task's limit by the time that the gate may take, all rounds of it."""


@dataclass(frozen=True)
class Job:
    """The task as it stood when the job took it, the lease on it, its log, and its watch."""

    services: Services
    task: Task
    lease: Lease
    log: TaskLog
    watch: Watch

    @contextmanager
    def sandbox(self, environment: Environment) -> Iterator[Sandbox]:
        """Start a sandbox that goes when the block ends, or at once when the job has to."""
        settings = self.services.settings
        started = self.services.sandboxes.start(
            environment.image,
            task_id=self.task.id,
            epoch=self.lease.epoch,
            deadline_s=settings.task_max_minutes * 60 + _BEYOND_THE_TASK_S,
            snapshot=environment.snapshot,
        )
        with started as sandbox, self.watch.at_halt(sandbox.kill):
            yield sandbox
