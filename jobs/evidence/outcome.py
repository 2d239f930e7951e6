"""Says what one run of a check was; a runner's words are hostile, so they are cut and cleaned."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from bot.plain_text import one_line
from jobs.evidence.evidence import Side

MAX_NAME = 200
MAX_NAMES = 200
MAX_SUMMARY = 160
NO_TESTS_COLLECTED = 5
NOT_FOUND = 127


class State(StrEnum):
    """What happened when a check was run once."""

    PASSED = "passed"
    FAILED = "failed"
    NO_TESTS = "no tests"
    CANNOT_RUN = "cannot run"
    TIMED_OUT = "timed out"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Outcome:
    """One run: what happened, and what is shown of it."""

    state: State
    side: Side
    note: str = ""
    limits: tuple[str, ...] = ()
    """Which limits of its sandbox the run met, in words."""

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        side = {**asdict(self.side), "failed": list(self.side.failed)}
        limits = list(self.limits)
        return {"state": self.state.value, "side": side, "note": self.note, "limits": limits}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        side, limits = Side.from_json(stored["side"]), tuple(stored["limits"])
        return cls(State(stored["state"]), side, stored["note"], limits)


@dataclass(frozen=True)
class Counts:
    """What a runner says about its tests."""

    passed: int
    failed: int
    skipped: int = 0
    names: tuple[str, ...] = ()
    blocked_by: str = ""
    """Why nothing could even be collected, in the runner's words."""

    @property
    def summary(self) -> str:
        """Say it in one line."""
        parts = [f"{self.passed} passed", f"{self.failed} failed"]
        return ", ".join(parts + ([f"{self.skipped} skipped"] if self.skipped else []))


def clean_names(names: list[str]) -> tuple[str, ...]:
    """Keep each name once, in order, short and few."""
    return tuple(dict.fromkeys(one_line(name, MAX_NAME) for name in names[:MAX_NAMES]))


def judge(exit_code: int, output: str, counts: Counts | None) -> tuple[State, str]:
    """Say what happened, and why when it could not run at all."""
    if why := why_it_cannot_run(exit_code, output, counts):
        return State.CANNOT_RUN, why
    ran = counts.passed + counts.failed + counts.skipped if counts else None
    if ran == 0 or (counts is None and exit_code == NO_TESTS_COLLECTED):
        return State.NO_TESTS, ""
    if counts and counts.passed + counts.failed == 0 and exit_code == 0:
        return State.NO_TESTS, "every test is skipped"
    return (State.PASSED if exit_code == 0 else State.FAILED), ""


_MISSING = (
    (re.compile(r"No module named '?([\w.]+)'?"), "the Python module `{}` is not in the sandbox"),
    (re.compile(r"([\w./+-]+): (?:command )?not found"), "`{}` is not in the sandbox"),
    (re.compile(r"Cannot find (?:module|package) '([^'\s]+)'"), "`{}` is not in the sandbox"),
    (re.compile(r"unrecognized arguments: (\S+)"), "pytest does not know `{}`"),
)
_RUNNER_GONE = re.compile(r"^\S*python[\d.]*: No module named (\w+)\s*$", re.MULTILINE)
_CONFTEST = re.compile(r"ImportError while loading conftest")
_USAGE_ERROR = 4


def why_it_cannot_run(exit_code: int, output: str, counts: Counts | None) -> str:
    """Find the reason why not one test was run, if that is so."""
    if exit_code == 0:
        return ""
    if counts and counts.blocked_by and not counts.passed:
        return _missing(counts.blocked_by) or one_line(counts.blocked_by, MAX_SUMMARY)
    if counts:
        return ""
    if exit_code == NOT_FOUND or _RUNNER_GONE.search(output):
        return _missing(output) or "the command is not in the sandbox"
    if exit_code == _USAGE_ERROR and (_CONFTEST.search(output) or "unrecognized arg" in output):
        return _missing(output) or "pytest could not start"
    return ""


def _missing(text: str) -> str:
    for sign, words in _MISSING:
        if found := sign.search(text):
            return words.format(one_line(found[1], 60).replace("`", ""))
    return ""
