"""Finds the lines of a change that people should look at, for the remarks of the check run."""

from dataclasses import asdict

from bot.github_checks import MOST_ANNOTATIONS, Annotation
from jobs.job import Job
from jobs.repository.change import Change, ChangedFile
from jobs.repository.policy import PolicyReport
from jobs.repository.snapshot import Snapshot

LOOK_HERE = "look here"
"""The kind of the entry that holds the remarks."""
_LONGEST_LINES = 20_000
"""Lines of a file beyond which no place in it is looked for."""


def keep_remarks(job: Job, base: Snapshot, change: Change, report: PolicyReport) -> None:
    """Put on record where people should look, for the check run that is made at the end.

    A round has two changes, of which each has its own; a job that follows finds them there.
    """
    found = [asdict(one) for one in _remarks(change, report, base)]
    entry = {"remarks": job.services.redactor.clean_value(found)}
    if found and (LOOK_HERE, entry) not in job.log.entries():
        job.log.keep(LOOK_HERE, entry)


def kept_remarks(job: Job) -> tuple[Annotation, ...]:
    """Return what was put on record, as much as a check run shows; of a place the newest word."""
    kept = [content["remarks"] for kind, content in job.log.entries() if kind == LOOK_HERE]
    newest = [Annotation(**one) for remarks in reversed(kept) for one in remarks]
    of_places = {(one.path, one.message): one for one in reversed(newest)}
    return tuple(of_places.values())[:MOST_ANNOTATIONS]


def _remarks(change: Change, report: PolicyReport, base: Snapshot) -> tuple[Annotation, ...]:
    """Return a remark for each file that the policy warns of, on the first line that changed."""
    files = {one.path: one for one in change.files if not one.deleted}
    warned = [one for one in report.warned if one.path in files]
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
