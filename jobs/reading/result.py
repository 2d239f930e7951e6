"""Keeps what came of a run that changes nothing, for the words on the issue and for later jobs."""

from typing import Any

from jobs.job import Job
from records.actions import RESULT


def keep_result(job: Job, what: str, content: dict[str, Any], *, title: str, text: str) -> None:
    """Put it into the action log, where the task's comment and page find it.

    `title` and `text` are for people who read the log. Once for equal content: a job that follows
    another one may come to the same again.
    """
    entry = {"what": what, "content": content, "title": title, "result": "", "text": text}
    kept = [one for kind, one in job.log.entries() if kind == RESULT]
    if not kept or kept[-1] != entry:
        job.log.keep(RESULT, entry)


def newest_result_of(job: Job, what: str) -> dict[str, Any] | None:
    """Return what an earlier job of the task kept of this kind."""
    kept = [one for kind, one in job.log.entries() if kind == RESULT and one["what"] == what]
    return dict(kept[-1]["content"]) if kept else None
