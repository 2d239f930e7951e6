"""Lets tasks go on whose deadline has passed, or that wait for nothing that could be answered."""

from collections.abc import Callable

import structlog

from jobs.queues import BellSilent
from records.waits import Waits

_log = structlog.get_logger()


def end_waits(waits: Waits, ring: Callable[[str], None]) -> None:
    """Answer what nobody answered in time, and wake the tasks; what they do then is theirs."""
    for task_id in [*waits.expire(), *waits.requeue_orphans()]:
        _log.info("wait.ended", task=task_id)
        try:
            ring(task_id)
        except BellSilent:
            _log.warning("bell.silent", task=task_id)  # a later round rings again
