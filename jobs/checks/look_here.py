"""Finds the lines of a change that people should look at, for the remarks of the check run."""

from dataclasses import asdict

from bot.github_checks import MOST_ANNOTATIONS, Annotation
from jobs.job import Job
from jobs.repository.change import ChangedFile
from jobs.repository.snapshot import Snapshot
from jobs.solution import Solution

LOOK_HERE = "look here"
"""The kind of the entry that holds the remarks."""
_LONGEST_LINES = 20_000
"""Lines of a file beyond which no place in it is looked for."""


def keep_remarks(job: Job, base: Snapshot, solution: Solution) -> None:
    """Put on record where people should look, for the check run that is made at the end."""
    found = [asdict(one) for one in _remarks(solution, base)]
    if found and all(kind != LOOK_HERE for kind, _ in job.log.entries()):
        clean = job.services.redactor.clean_value(found)
        job.log.keep(LOOK_HERE, {"remarks": clean})


def kept_remarks(job: Job) -> tuple[Annotation, ...]:
    """Return what was put on record."""
    kept = [content for kind, content in job.log.entries() if kind == LOOK_HERE]
    return tuple(Annotation(**one) for one in kept[-1]["remarks"]) if kept else ()


def _remarks(solution: Solution, base: Snapshot) -> tuple[Annotation, ...]:
    """Return a remark for each file that the policy warns of, on the first line that changed."""
    files = {one.path: one for one in solution.change.files if not one.deleted}
    warned = [one for one in solution.policy.warned if one.path in files]
    return tuple(
        Annotation(one.path, _first_change(files[one.path], base), one.why)
        for one in warned[:MOST_ANNOTATIONS]
    )


def _first_change(file: ChangedFile, base: Snapshot) -> int:
    after = (file.content or b"").decode("utf-8", "replace").split("\n")
    before = (base.text(file.path) or "").split("\n")
    if max(len(before), len(after)) > _LONGEST_LINES:
        return 1
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            return number
    return min(len(before) + 1, len(after))
