"""Waits inside a job until GitHub is well again, so that an outage delays a task and ends none."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from bot.github_errors import RateLimited, Unauthorized, Unavailable
from jobs.job import Job
from records.effects import Ambiguous

_PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_PAUSE_S = 60.0
_LONGEST_S = 3600.0

_log = structlog.get_logger()
Result = TypeVar("Result")


def patiently(job: Job, act: Callable[[], Result], *, until: threading.Event) -> Result:
    """Do it, and again for an hour while GitHub fails; `until` ends the waiting with the trouble.

    `act` has to be fit for being done again: reads, and effects that stand in the ledger.
    """
    give_up_at = time.monotonic() + _LONGEST_S
    for pause in itertools.chain(_PAUSES_S, itertools.repeat(_PAUSE_S)):
        try:
            return act()
        except (Ambiguous, RateLimited, Unauthorized, Unavailable) as trouble:
            wait_s = _wait(job, trouble, pause)
            if time.monotonic() + wait_s > give_up_at:
                raise
            _log.warning("github.away", task=job.task.id, wait_s=wait_s, error=str(trouble))
            if until.wait(wait_s):
                raise
    raise AssertionError("the pauses never end")


def _wait(job: Job, trouble: Exception, pause: float) -> float:
    match trouble:
        case RateLimited():
            # Asking sooner makes the wait longer, or ends with the App being blocked.
            return max(pause, trouble.until - time.time())
        case Unauthorized():
            # The kept token may have been revoked, or the installation suspended for a while.
            job.services.github.forget(job.task.installation_id, job.task.repository_id)
    return pause
