"""One execution of a task: what its steps share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.limits import granted, limits_of_task
from jobs.agent.abilities import GitHubPort
from jobs.agent.limits import GATE_ROUNDS
from jobs.agent.task import AgentTask
from jobs.evidence.check import CHECK_TIMEOUT_S
from jobs.evidence.run import MAX_DECLARED, TOTAL_S
from jobs.model.wire import Wire
from jobs.sandbox import Sandbox
from jobs.services import Services
from jobs.setup.environment import Environment
from jobs.task_log import TaskLog
from jobs.watch import Watch
from records.checkpoints import Checkpoint
from records.task import Lease, Task

_BEYOND_THE_TASK_S = GATE_ROUNDS * (TOTAL_S + MAX_DECLARED * CHECK_TIMEOUT_S)
"""A sandbox outlives its task's limit by the time that the gate may take, all rounds of it."""

EVIDENCE = "evidence"
"""The kind of the entry that holds what was measured of one of several attempts."""


@dataclass(frozen=True)
class Job:
    """The task as it stood when the job took it, the lease on it, its log, and its watch."""

    services: Services
    task: Task
    lease: Lease
    log: TaskLog
    watch: Watch
    attempt: int = 0
    """Which of several attempts at the task this is; 0 for the only one."""
    attempts: int = 1
    """How many share the task's turns, tokens and money."""
    give: Callable[[AgentTask], AgentTask] = lambda task: task
    """Turns what an agent is told of an issue into what it is told for this task's verb."""
    github: GitHubPort | None = None
    """What the agent may look at on GitHub; nothing, unless somebody hands it in."""

    def save_checkpoint(self, base_sha: str, content: bytes) -> None:
        """Keep the change as it is now, for a job that may follow."""
        self.services.checkpoints.save(
            self.lease, self.log.number, base_sha, content, attempt=self.attempt
        )

    def checkpoint(self) -> Checkpoint | None:
        """Return the change as an earlier job left it."""
        return self.services.checkpoints.latest(self.task.id, attempt=self.attempt)

    def inherited(self) -> Checkpoint | None:
        """Return the change of an earlier task, where this one is to go on with that."""
        earlier = self.task.brief.get("wip")
        return self.services.checkpoints.newest(earlier) if earlier else None

    def open_wire(self) -> Wire:
        """Open the way to the task's model; raises UnknownModel where it is gone."""
        effort = str(self.task.brief.get("effort", "")).lower()
        return self.services.open_wire(self.task.id, self.task.model, effort)

    def keep_evidence(self, evidence: dict[str, Any] | None) -> None:
        """Keep what was measured, as JSON without secrets; the task's is the chosen attempt's."""
        if self.attempt:
            self.log.keep(EVIDENCE, {"evidence": evidence})
        else:
            self.services.tasks.write(self.lease, evidence=evidence)

    def start_sandbox(self, environment: Environment) -> Sandbox:
        """Start a sandbox without a network; SnapshotMissing if what it stands on is gone."""
        settings, waits = self.services.settings, self.services.tasks.waits.all(self.task.id)
        minutes = granted(limits_of_task(settings, self.task), waits).minutes
        return self.services.sandboxes.start(
            environment.image,
            task_id=self.task.id,
            epoch=self.lease.epoch,
            deadline_s=max(minutes, settings.task_max_minutes) * 60 + _BEYOND_THE_TASK_S,
            snapshot=environment.snapshot,
        )
