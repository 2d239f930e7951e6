"""Keeps what came of a run that changes nothing, for the words on the issue and for later jobs."""

from typing import Any

from bot.comments.views import RESULT
from jobs.job import Job


def keep_result(job: Job, what: str, content: dict[str, Any]) -> None:
    """Put it into the action log, where the status comment finds it; once for equal content."""
    entry = {"what": what, "content": content}
    kept = [one for kind, one in job.log.entries() if kind == RESULT]
    if not kept or kept[-1] != entry:
        job.log.keep(RESULT, entry)
