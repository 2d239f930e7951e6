"""Lets a change of what the project wants approved wait until a maintainer has decided."""

import hashlib
from collections.abc import Sequence

from bot.comments.approvals import (
    SHOWN,
    expired_change_words,
    is_cut,
    rejected_change_words,
    short_change,
)
from bot.comments.failures import Failure
from bot.path_patterns import first_match
from bot.waiting_plan import Decision
from jobs.checkout import Base
from jobs.ending import TaskEnd, failed
from jobs.job import Job
from jobs.repository.change import Change, serialise
from jobs.repository.tree import diff, write_tree
from jobs.solution import Solution
from records.waits import NewWait, Wait, WaitKind

_DIFF_BYTES = 14_000
"""Of what is shown on the issue."""


def approval(job: Job, base: Base, solution: Solution) -> NewWait | TaskEnd | None:
    """Return what the change waits for, or how it ended without approval; None if it may go out."""
    paths = paths_to_approve(base, solution.change)
    if not paths or not solution.publishable:
        return None
    wait = _wait_of(job, base, solution.change)
    if wait is None or wait.is_open:
        return _asked(job, base, solution.change, paths)
    if wait.expired:
        return failed(Failure.POLICY_BLOCKED, expired_change_words(wait.asked))
    if wait.answer["decision"] == Decision.APPROVE:
        return None
    reason = str(wait.answer.get("words", ""))
    words = rejected_change_words(wait.asked, wait.answered_by, reason)
    return failed(Failure.POLICY_BLOCKED, words)


def unapproved(job: Job, base: Base, change: Change) -> Sequence[str]:
    """Name the paths for which a change may be pushed nowhere yet."""
    paths = paths_to_approve(base, change)
    wait = _wait_of(job, base, change) if paths else None
    return [] if wait and wait.answer.get("decision") == Decision.APPROVE else paths


def paths_to_approve(base: Base, change: Change) -> list[str]:
    """Name what the change touches that the project wants approved."""
    patterns = base.project.paths.approve
    return [path for path in change.paths() if first_match(path, patterns)]


def _wait_of(job: Job, base: Base, change: Change) -> Wait | None:
    return job.services.tasks.waits.of_key(job.task.id, _key(_digest(base, change)))


def _asked(job: Job, base: Base, change: Change, paths: list[str]) -> NewWait:
    digest = _digest(base, change)
    of_these = Change(tuple(file for file in change.files if file.path in paths))
    tree = write_tree(base.mirror, base.sha, of_these)
    shown = diff(base.mirror, base.sha, tree, max_bytes=_DIFF_BYTES)
    whole = diff(base.mirror, base.sha, tree)
    asked = {"digest": digest, "paths": paths, "diff": shown, "cut": shown != whole}
    if is_cut(asked) and _wait_of(job, base, change) is None:
        job.log.event("what needs approval", short_change(asked), whole)
    hours = job.services.settings.plan_hours
    return NewWait(_key(digest), WaitKind.CHANGE, asked, hours * 3600)


def _digest(base: Base, change: Change) -> str:
    """Return what stands for exactly this change of exactly this commit."""
    return hashlib.sha256(base.sha.encode() + serialise(change)).hexdigest()[: 2 * SHOWN]


def _key(digest: str) -> str:
    return f"change:{digest}"
