"""Says what a task's agent is given, and puts it on record for the people who read the thread."""

import hashlib
from collections.abc import Mapping
from typing import Any

from bot.comments.given import GIVEN, given_result, given_text
from bot.limits import limits_of_task
from bot.model_settings import shown
from jobs.checkout import Base, guidance_of
from jobs.job import Job
from jobs.seen import seen
from records.task import IssueSnapshot, issue_json


def note_given(job: Job, base: Base, beside: Mapping[str, int] | None = None) -> None:
    """Put into the log, once for a task, what its agent is given and what it is not.

    `beside` counts what it is given with the issue, by the names in `bot.comments.given`.
    """
    if any(kind == GIVEN for kind, _ in job.log.entries()):
        return
    removed = seen(job.task).removed
    given = {**_given(job, base, len(removed)), "beside": dict(beside or {})}
    pieces = [(piece.what, piece.text) for piece in removed]
    text = given_text(given, pieces, base.project.remarks)
    result = given_result(given)
    job.log.keep(
        GIVEN, {"title": "what the agent is given", "result": result, "text": text, **given}
    )


def _given(job: Job, base: Base, removed: int) -> dict[str, Any]:
    task, settings = job.task, job.services.settings
    source, guidance = guidance_of(base)
    return {
        "as_of": task.issue.as_of,
        "snapshot": snapshot_digest(task.issue),
        "comments": len(task.issue.comments),
        "left_out": task.issue.left_out,
        "removed": removed,
        "rules": source if guidance else "",
        "rules_at": (base.project_sha or base.sha)[:7],
        "mistakes": len(base.project.remarks),
        "branch": base.branch,
        "paths": task.brief.get("paths") or [],
        "model": shown(settings.choices(), task.model),
        "vouched": task.brief.get("vouched", ""),
        "effort": task.brief.get("effort", ""),
        "test": task.brief.get("test", ""),
        "limits": vars(limits_of_task(settings, task)),
    }


def snapshot_digest(issue: IssueSnapshot) -> str:
    """Return what stands for exactly this issue with exactly these comments."""
    return hashlib.sha256(issue_json(issue).encode()).hexdigest()[:8]
