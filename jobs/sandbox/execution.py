"""How a command ended, as its sandbox tells it: each part is held to what it may be."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs.sandbox.inside import bounds

_MOST = 2**53
_LOG = re.compile(r"/(?:tmp|run)/agent/out/[0-9]{1,12}\.log")
_MOST_HITS = 16


class Limit(StrEnum):
    """What a command can run into."""

    MEMORY = bounds.MEMORY
    PROCESSES = bounds.PROCESSES
    DISK = bounds.DISK
    FILE = bounds.FILE
    """The size of one file."""
    TIME = bounds.TIME
    OUTPUT = bounds.OUTPUT


@dataclass(frozen=True)
class LimitHit:
    """A limit of the sandbox that a command ran into."""

    limit: Limit
    size: int
    """In bytes; in seconds for TIME, a number for PROCESSES."""
    folder: str = ""
    """Which one is full, for DISK."""


@dataclass(frozen=True)
class Execution:
    """How a command ended, and what of its output is worth showing."""

    exit_code: int
    output: str
    """Cleaned; head and tail when it was long."""
    seconds: float
    lines: int
    bytes: int
    cut: bool
    log: str
    """Where in the sandbox the whole output lies."""
    timed_out: bool
    killed_for_output: bool
    limits: tuple[LimitHit, ...] = ()
    """What it ran into."""


def read_execution(told: dict[str, Any], output: str, timeout_s: float) -> Execution:
    """Return what the tool server told; whatever it is, no words of the sandbox are in it.

    Raises KeyError, TypeError, ValueError or OverflowError where a part is missing or wrong.
    """
    timed_out = bool(told["timed_out"])
    hits = _hits(told["limits"])
    if timed_out:
        hits = (*hits, LimitHit(Limit.TIME, round(timeout_s)))
    log = str(told["log"])
    if not _LOG.fullmatch(log):
        raise ValueError("no name of a log")
    return Execution(
        exit_code=_number(told["exit_code"], 255),
        output=output,
        seconds=_seconds(told["seconds"]),
        lines=_number(told["lines"]),
        bytes=_number(told["bytes"]),
        cut=bool(told["cut"]),
        log=log,
        timed_out=timed_out,
        killed_for_output=bool(told["killed_for_output"]),
        limits=hits,
    )


def _hits(told: object) -> tuple[LimitHit, ...]:
    if not isinstance(told, list) or len(told) > _MOST_HITS:
        raise TypeError("no list of limits")
    return tuple(dict.fromkeys(_hit(each) for each in told))


def _hit(told: dict[str, Any]) -> LimitHit:
    limit = Limit(told["kind"])
    if limit is not Limit.DISK:
        return LimitHit(limit, _number(told["size"]))
    if told["folder"] not in bounds.FOLDERS:
        raise ValueError("no folder of a sandbox")
    return LimitHit(limit, _number(told["size"]), str(told["folder"]))


def _number(told: object, most: int = _MOST) -> int:
    if not isinstance(told, int) or not 0 <= told <= most:
        raise ValueError("no number that can be")
    return int(told)


def _seconds(told: object) -> float:
    if not isinstance(told, int | float) or not math.isfinite(told) or told < 0:
        raise ValueError("no time that can be")
    return float(told)
