"""Reads TAP as node writes it, with subtests, and as tape does, whose comments name the tests."""

import re
from dataclasses import dataclass, field

from jobs.evidence.evidence import CaseState
from jobs.evidence.outcome import Report, report_of

_LONGEST_LINE = 2_000
_DEEPEST = 20
_IS_TAP = re.compile(r"^TAP version 1[34]\b|^1\.\.\d+\s*$", re.MULTILINE)
_RESULT = re.compile(r"( *)(not )?ok\b(?: +\d+)?(?: *-)? *(.*)")
_SUBTEST = re.compile(r"( *)# Subtest: (.*)")
_LEFT_OUT = re.compile(r"# SKIP (.+)")
_DIRECTIVE = re.compile(r"(?:^| )# *(?:skip|todo)\b", re.IGNORECASE)
_PLAN = re.compile(r"1\.\.(\d+)\s*$")
_SUMMARY = re.compile(r"# +(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|ok)\b")


def read_tap(text: str) -> Report | None:
    """Read TAP; without a sign that it is some, None."""
    if not _IS_TAP.search(text):
        return None
    tap = _Tap()
    for line in text.splitlines():
        tap.take(line[:_LONGEST_LINE].rstrip())
    return tap.report()


@dataclass
class _Tap:
    """What is known after some of the lines."""

    ended: list[tuple[str, CaseState]] = field(default_factory=list)
    groups: dict[str, CaseState] = field(default_factory=dict)
    """Tests of tape: one is all the assertions under its name."""
    group: str = ""
    above: list[str] = field(default_factory=list)
    within: dict[int, bool] = field(default_factory=dict)
    """By depth, whether one of the results there failed, until the one that holds them ends."""
    planned: int | None = None
    results: int = 0

    def take(self, line: str) -> None:
        if plan := _PLAN.match(line):
            self.planned = (self.planned or 0) + int(plan[1])
        elif started := _SUBTEST.match(line):
            self.above = [*self.above[: self._depth(started[1])], started[2]]
        elif left_out := _LEFT_OUT.match(line):
            self.groups.setdefault(left_out[1], CaseState.SKIPPED)
        elif found := _RESULT.match(line):
            self._result(self._depth(found[1]), found)
        elif line.startswith("# ") and not _SUMMARY.match(line):
            self.group = line[2:]

    def _result(self, depth: int, found: re.Match[str]) -> None:
        self.results += depth == 0
        state = CaseState.FAILED if found[2] else CaseState.PASSED
        if _DIRECTIVE.search(found[3]):
            state = CaseState.SKIPPED
        failed = state is CaseState.FAILED
        inner = self.within.pop(depth + 1, None)
        self.within[depth] = self.within.get(depth, False) or failed
        if self.group:
            if failed or self.group not in self.groups:
                self.groups[self.group] = state
        elif inner is None or (failed and not inner):
            name = _DIRECTIVE.split(found[3])[0].strip()
            self.ended.append((" > ".join([*self.above[:depth], name]), state))

    def report(self) -> Report:
        whole = self.planned is not None and self.planned == self.results
        return report_of([*self.ended, *self.groups.items()], whole=whole)

    @staticmethod
    def _depth(indent: str) -> int:
        return min(len(indent) // 4, _DEEPEST)
