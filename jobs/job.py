"""One execution of a task: what its steps share."""

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

    def start_sandbox(self, environment: Environment) -> Sandbox:
        """Start a sandbox without a network; SnapshotMissing if what it stands on is gone."""
        settings = self.services.settings
        return self.services.sandboxes.start(
            environment.image,
            task_id=self.task.id,
            epoch=self.lease.epoch,
            deadline_s=settings.task_max_minutes * 60 + _BEYOND_THE_TASK_S,
            snapshot=environment.snapshot,
        )
