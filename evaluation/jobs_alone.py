"""Gives a process of an evaluation what a job of the worker has, without GitHub."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from evaluation.instances import Json, Problem
from jobs.agent_worker import services_of
from jobs.checkout import Base
from jobs.job import Job
from jobs.repository.git import Git
from jobs.services import Services
from jobs.start import start
from jobs.task_log import TaskLog
from jobs.watch import LEASE_S, Watch
from records.task import IssueSnapshot, Lease, NewTask

LEFT = 75
"""What a process ends with that was asked to leave: another one goes on with its work."""
_LOOK_AGAIN_S = 0.2
_BRANCH = "main"


@dataclass(frozen=True)
class Order:
    """What one process is asked to do; all that it knows."""

    problem: Problem
    attempt: int
    url: str
    sha: str
    folder: str
    """Where the process leaves what came of it."""
    model: str = ""
    """One of the operator's models by name; without one, the usual one."""
    again: int = 0
    """How often it failed on this side before: each time the agent begins anew."""
    best_of: int = 1
    """How many runs of the agent the attempt is, of which the product chooses one."""

    def to_json(self) -> Json:
        """Return what goes to the process."""
        return {**vars(self), "problem": self.problem.to_json()}

    @classmethod
    def from_json(cls, value: Json) -> "Order":
        """Read what `to_json` wrote."""
        return cls(**{**value, "problem": Problem.from_json(value["problem"])})


class Leaving(Exception):
    """The process was asked to end before its work is done."""


def services_alone() -> Services:
    """Make what every job is handed, from the environment, as the worker does."""
    services = services_of(start())
    return replace(services, mirrors=replace(services.mirrors, git=Git(allow_file=True)))


@contextmanager
def job_of(
    services: Services, order: Order, purpose: str, leaving: threading.Event
) -> Iterator[Job]:
    """Take the task of this order, made now or by a process before; Leaving if asked to end."""
    task, _ = services.tasks.create(_new_task(order, purpose))
    lease = _take(services, task.id, leaving)
    task = services.tasks.get(task.id)
    log = TaskLog(services.actions, lease, redactor=services.redactor, progress=task.progress)
    mirror_stays = services.mirrors.open(task.repository_id).hold()
    with Watch(services.tasks, lease, shutting_down=leaving) as watch, mirror_stays:
        job = Job(services, task, lease, log, watch)
        try:
            yield job
        finally:
            if not services.tasks.get(task.id).state.ended:
                services.tasks.release(lease)


def base_of(job: Job, order: Order) -> Base:
    """Bring the base commit, its ancestors and their tags; nothing later ever comes here."""
    mirror = job.services.mirrors.open(job.task.repository_id)
    sha = mirror.fetch(order.url, order.sha)
    job.services.tasks.write(job.lease, base_sha=sha, base_branch=_BRANCH)
    return Base(mirror, sha, _BRANCH)


def _take(services: Services, task_id: str, leaving: threading.Event) -> Lease:
    """Take the task; a lease that a killed process left has to run out first."""
    until = time.monotonic() + 2 * LEASE_S
    while (lease := services.tasks.take(task_id, "evaluation", LEASE_S)) is None:
        if leaving.wait(_LOOK_AGAIN_S) or time.monotonic() > until:
            raise Leaving(task_id)
    return lease


def _new_task(order: Order, purpose: str) -> NewTask:
    problem = order.problem
    tried = f"{purpose}:{problem.instance_id}:{order.attempt}:{order.again}"
    number = 2 * (order.attempt + 1_000 * order.again) + (purpose == "grade")
    return NewTask(
        semantic_key=tried,
        verb="fix",
        installation_id=1,
        repository_id=problem.repository_id,
        repository=problem.repository,
        # An issue has one task at a time; attempts are worked on side by side.
        issue_number=number,
        requester="",
        requester_id=0,
        instruction="",
        trigger_comment_id=None,
        issue=IssueSnapshot(problem.title, problem.body, "", ""),
        model=order.model,
        wanted_attempts=order.best_of,
    )
