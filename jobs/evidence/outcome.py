"""Says what one run of a check was; a runner's words are hostile, so they are cut and cleaned."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from bot.plain_text import one_line
from jobs.evidence.evidence import CaseState, Side

MAX_NAME = 200
MAX_NAMES = 200
MAX_CASES = 10_000
"""More than this are counted and not named: a baseline is kept for every base commit."""
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
    cases: Mapping[str, CaseState] = field(default_factory=dict)
    """How each test ended, by its name; empty where the runner does not say."""
    whole: bool = False
    """Whether `cases` are all tests of the run, so that a name that is missing was not run."""
    tail: str = ""
    """The end of what was printed; not kept with a baseline."""

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        cases: dict[str, list[str]] = {}
        for name, state in self.cases.items():
            cases.setdefault(state.value, []).append(name)
        return {
            "state": self.state.value,
            "side": {**asdict(self.side), "failed": list(self.side.failed)},
            "note": self.note,
            "limits": list(self.limits),
            "cases": cases,
            "whole": self.whole,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote, also before it wrote of single tests."""
        side, limits = Side.from_json(stored["side"]), tuple(stored["limits"])
        named = stored.get("cases", {}).items()
        cases = {name: CaseState(state) for state, names in named for name in names}
        whole = bool(stored.get("whole"))
        return cls(State(stored["state"]), side, stored["note"], limits, cases, whole)


@dataclass(frozen=True)
class Report:
    """What a runner says about its tests."""

    passed: int
    failed: int
    skipped: int = 0
    names: tuple[str, ...] = ()
    """The tests that failed; the first of them, cut and cleaned."""
    blocked_by: str = ""
    """Why nothing could even be collected, in the runner's words."""
    cases: Mapping[str, CaseState] = field(default_factory=dict)
    """How each test ended, by its name; empty where only counts are known."""
    whole: bool = False
    """Whether `cases` are all tests of the run."""

    @property
    def summary(self) -> str:
        """Say it in one line."""
        parts = [f"{self.passed} passed", f"{self.failed} failed"]
        return ", ".join(parts + ([f"{self.skipped} skipped"] if self.skipped else []))


_WORST_LAST = (CaseState.PASSED, CaseState.SKIPPED, CaseState.FAILED)


def report_of(
    ended: Iterable[tuple[str, CaseState]], *, blocked_by: str = "", whole: bool = True
) -> Report:
    """Sum up single tests: their names are cleaned, and of two with one name the worse counts."""
    counts = dict.fromkeys(CaseState, 0)
    cases: dict[str, CaseState] = {}
    names: dict[str, str] = {}
    for raw, state in ended:
        counts[state] += 1
        if raw not in names:
            if len(names) >= MAX_CASES:
                whole = False
                continue
            names[raw] = one_line(raw, MAX_NAME)
        name = names[raw]
        before = cases.get(name)
        if before is None or _WORST_LAST.index(state) > _WORST_LAST.index(before):
            cases[name] = state
    failed = [name for name, state in cases.items() if state is CaseState.FAILED]
    return Report(
        counts[CaseState.PASSED],
        counts[CaseState.FAILED],
        counts[CaseState.SKIPPED],
        tuple(failed[:MAX_NAMES]),
        blocked_by,
        cases,
        whole,
    )


def clean_names(names: list[str]) -> tuple[str, ...]:
    """Keep each name once, in order, short and few."""
    return tuple(dict.fromkeys(one_line(name, MAX_NAME) for name in names[:MAX_NAMES]))


def judge(exit_code: int, output: str, report: Report | None) -> tuple[State, str]:
    """Say what happened, and why when it could not run at all."""
    if why := why_it_cannot_run(exit_code, output, report):
        return State.CANNOT_RUN, why
    ran = report.passed + report.failed + report.skipped if report else None
    if ran == 0 or (report is None and exit_code == NO_TESTS_COLLECTED):
        return State.NO_TESTS, ""
    if report and report.passed + report.failed == 0 and exit_code == 0:
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


def why_it_cannot_run(exit_code: int, output: str, report: Report | None) -> str:
    """Find the reason why not one test was run, if that is so."""
    if exit_code == 0:
        return ""
    if report and report.blocked_by and not report.passed:
        return _missing(report.blocked_by) or one_line(report.blocked_by, MAX_SUMMARY)
    if report:
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
