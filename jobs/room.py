"""Lets a task wait while this machine has no room for it, and says so where people look."""

import shutil
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from bot.comments import Failure
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.sandbox import SandboxError, SandboxLost, ToolRefused

_LOOK_AGAIN_S = 5.0
_LONGEST_S = 6 * 3600.0
_MB = 1024 * 1024
_FULL = "no space left on device"
"""What the kernel says, and the engine passes on, whoever asked for the space."""

_log = structlog.get_logger()
_Result = TypeVar("_Result")


def wait_for_room(job: Job) -> None:
    """Wait until the disk of the data folder has room for a new task; TaskFailed after hours."""
    settings = job.services.settings
    give_up_at = time.monotonic() + _LONGEST_S
    said = False
    while (free := shutil.disk_usage(settings.data_dir).free // _MB) < settings.least_free_mb:
        words = f"{free} MB are free, {settings.least_free_mb} MB are needed"
        said = said or _say(job, words)
        if job.watch.halted.wait(_LOOK_AGAIN_S) or time.monotonic() > give_up_at:
            raise TaskFailed(Failure.SETUP_FAILED, f"This machine's disk is full: {words}.")


def in_room(job: Job, act: Callable[[], _Result]) -> _Result:
    """Do it, and again while the engine's disk is full: what is running there may finish first."""
    give_up_at = time.monotonic() + _LONGEST_S
    said = False
    while True:
        try:
            return act()
        except (SandboxLost, ToolRefused):
            raise  # these words come from inside of a sandbox, which may be full by itself
        except SandboxError as error:
            if _FULL not in str(error).lower() or time.monotonic() > give_up_at:
                raise
            said = said or _say(job, "there is none for a sandbox")
            if job.watch.halted.wait(_LOOK_AGAIN_S):
                raise


def _say(job: Job, words: str) -> bool:
    job.log.event("wait for room on this machine's disk", words)
    _log.warning("disk.full", task=job.task.id, words=words)
    return True
