"""Says in words which limit of its sandbox a command ran into; every part of them is ours."""

from collections.abc import Iterable

from bot.comments.neutral import words
from bot.comments.readable import storage
from records.task import LimitMet

_ENDED = {
    "memory": "killed at {size}",
    "processes": "held up by the limit of {number} processes",
    "disk": "short of room: {folder} is full at {size}",
    "file": "stopped by the limit of {size} for one file",
    "time": "killed after {number} s",
    "output": "killed after {size} of output",
}


def limit_words(limit: str, size: int, folder: str = "") -> str:
    """Return what became of a command, such as `killed at 2 GB`; `size` in bytes or seconds."""
    return _ENDED[limit].format(size=storage(size), number=size, folder=folder)


def limit_sentence(limit: str, size: int, folder: str = "", *, tests: bool) -> str:
    """Return the same with whom it happened to: `the tests were killed at 2 GB`."""
    who = "the tests were" if tests else "a command was"
    return f"{who} {limit_words(limit, size, folder)}"


def limits_met(met: Iterable[LimitMet]) -> str:
    """Return the line of the status comment about all of them, or nothing."""
    said = [f"{words(one.words, 200)}{_often(one.times)}" for one in met]
    line = "; ".join(said)
    return f"⚠️ {line[0].upper()}{line[1:]}." if line else ""


def _often(times: int) -> str:
    return f" ({times} times)" if times > 1 else ""
