"""Works on one task, once: `python -m evaluation.attempt` reads its order and leaves an outcome.

It is the worker's own `solve`, on a task of its own. What came of it is in the order's folder as
`outcome.json` and `model.patch` when the process ends with 0. The process after one that was killed
goes on with the same task, as a worker does.
"""

import json
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from evaluation.files import write_json, write_text
from evaluation.instances import Json
from evaluation.jobs_alone import LEFT, Leaving, Order, base_of, job_of, services_alone
from evaluation.patches import as_patch, stat_of
from evaluation.trajectory import figures, write_trajectory
from jobs.agent.task import Ending, Outcome
from jobs.ending import TaskFailed, in_words
from jobs.job import Job
from jobs.repository.change import Change
from jobs.room import in_room
from jobs.sandbox import SandboxError
from jobs.solution import Place, Solution
from jobs.solve import solve
from jobs.stopping import heed_signals
from records.task import TaskState

_OURS = ("retry", "quota", "config")
"""Kinds of a model error that say nothing about the agent."""


def main() -> None:
    """Work on the order that stands in the standard input."""
    order = Order.from_json(json.load(sys.stdin))
    leaving = threading.Event()
    heed_signals(leaving)
    try:
        with job_of(services_alone(), order, "attempt", leaving) as job:
            _work(job, order)
    except Leaving:
        sys.exit(LEFT)


def _work(job: Job, order: Order) -> None:
    began = time.monotonic()
    model = job.services.settings.model_named(order.model).model
    base = base_of(job, order)
    outcome: Json
    try:
        solution = in_room(job, lambda: solve(job, base))
    except SandboxError as lost:
        if job.watch.halted.is_set():
            raise Leaving(job.task.id) from lost
        raise
    except TaskFailed as failed:
        outcome, patch = {"exit_reason": failed.failure.value, "infra_error": str(failed)}, ""
    else:
        if job.watch.halted.is_set():
            raise Leaving(job.task.id)
        # What the product would offer in a pull request, and nothing else.
        change = solution.change if solution.place is Place.PULL_REQUEST else Change()
        outcome, patch = _told(solution), as_patch(base.mirror, base.sha, change)
        outcome["diff_stats"] = stat_of(base.mirror, base.sha, change)
    outcome |= figures(job) | {"wall": round(time.monotonic() - began, 1)}
    outcome |= {"task": job.task.id, "jobs": job.task.attempts, "base_sha": base.sha}
    outcome["model"] = model
    folder = Path(order.folder)
    write_trajectory(job, order, outcome, folder / "trajectory.jsonl")
    write_text(folder / "model.patch", patch)
    write_json(folder / "outcome.json", outcome)
    if "infra_error" in outcome:
        return  # the task has not ended: it can be taken up again
    state = TaskState.SUCCEEDED if patch else TaskState.FAILED
    reason, words = outcome["exit_reason"], outcome["explanation"]
    job.services.tasks.end(job.lease, state, reason=reason, explanation=words)


def _told(solution: Solution) -> Json:
    ending = solution.ending
    told: Json = {
        "exit_reason": "refused" if solution.refused else _reason(ending),
        "explanation": solution.refused or in_words(solution),
        "submission": asdict(ending.submission) if ending.submission else None,
    }
    lost = ending.outcome is Outcome.SANDBOX_LOST
    if lost or (ending.outcome is Outcome.MODEL_ERROR and ending.cause in _OURS):
        told["infra_error"] = ending.explanation
    return told


def _reason(ending: Ending) -> str:
    return f"{ending.outcome.value}:{ending.cause}" if ending.cause else ending.outcome.value


if __name__ == "__main__":
    main()
