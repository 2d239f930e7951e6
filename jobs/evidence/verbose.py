"""Reads single tests from what a runner printed, where it wrote no file.

Whoever prints such a line is believed here, so exit codes have to be asked as well, and names that
are missing mean nothing: `whole` is never true of what is read here, except of TAP with its plan.
"""

import re
from collections.abc import Callable, Iterator

from bot.plain_text import without_escapes
from jobs.evidence.evidence import CaseState
from jobs.evidence.outcome import Report, report_of
from jobs.evidence.reports import read_go_json
from jobs.evidence.tap import read_tap

MAX_OUTPUT = 8 * 1024 * 1024
_MAX_LINE = 500
_MAX_LINES = 200_000
_PASSED, _FAILED, _SKIPPED = CaseState.PASSED, CaseState.FAILED, CaseState.SKIPPED
_WORDS = {
    "PASSED": _PASSED,
    "XPASS": _PASSED,
    "FAILED": _FAILED,
    "ERROR": _FAILED,
    "SKIPPED": _SKIPPED,
    "XFAIL": _SKIPPED,
    "ok": _PASSED,
    "FAIL": _FAILED,
    "skipped": _SKIPPED,
    "expected failure": _SKIPPED,
    "unexpected success": _FAILED,
    "PASS": _PASSED,
    "SKIP": _SKIPPED,
}
_PYTEST_STATES = "PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS"
_PYTEST_END = re.compile(rf"({_PYTEST_STATES}) (\S+::.*?)(?: - .*)?$")
_PYTEST_LINE = re.compile(rf"(\S+::.*?) ({_PYTEST_STATES})(?: .*)?$")
_UNITTEST = re.compile(r"(\w+ \([\w.<>]+\))(?: \.\.\. ?(.*))?$")
_UNITTEST_END = re.compile(
    r"(?:.* )?(ok|FAIL|ERROR|skipped\b.*|expected failure|unexpected success)$"
)
_GO = re.compile(r"\s*--- (PASS|FAIL|SKIP): (\S+)")
_GO_PACKAGE = re.compile(r"(?:ok  |FAIL)\t(\S+)")
_MARKED = re.compile(r"( *)(?:([✔✓√])|([✖✕×])|([﹣○])|▶) (.+)$")  # noqa: RUF001  # as printed
_LEFT_OUT = re.compile(r" # (?:SKIP|TODO)\b.*$")
_DURATION = re.compile(r" \([\d.]+ ?m?s\)$")

Ended = tuple[str, CaseState]


def read_verbose(output: str) -> Report | None:
    """Read the single tests that a runner named in its output; None where it named none."""
    text = without_escapes(output[-MAX_OUTPUT:])
    if found := read_go_json(text.encode("utf-8", "replace")) or read_tap(text):
        return found
    lines = [line[:_MAX_LINE].rstrip() for line in text.splitlines()[-_MAX_LINES:]]
    readers: tuple[Callable[[list[str]], Iterator[Ended]], ...] = (_pytest, _unittest, _go, _tree)
    for reader in readers:
        if ended := list(reader(lines)):
            return report_of(ended, whole=False)
    return None


def _pytest(lines: list[str]) -> Iterator[Ended]:
    seen: dict[str, str] = {}
    for line in lines:
        if found := _PYTEST_END.match(line):
            seen[found[2]] = found[1]
        elif found := _PYTEST_LINE.match(line):
            seen.setdefault(found[1], found[2])
    for name, word in seen.items():
        yield name, _WORDS[word]


def _unittest(lines: list[str]) -> Iterator[Ended]:
    waiting = ""
    for line in lines:
        rest: str | None = line
        if found := _UNITTEST.match(line):
            waiting, rest = found[1], found[2]
        if waiting and rest and (end := _UNITTEST_END.match(rest)):
            yield waiting, _WORDS["skipped" if end[1].startswith("skipped") else end[1]]
            waiting = ""


def _go(lines: list[str]) -> Iterator[Ended]:
    waiting: list[Ended] = []
    for line in lines:
        if found := _GO.match(line):
            waiting.append((found[2], _WORDS[found[1]]))
        elif found := _GO_PACKAGE.match(line):
            yield from ((f"{found[1]}.{name}", state) for name, state in waiting)
            waiting = []
    yield from waiting


def _tree(lines: list[str]) -> Iterator[Ended]:
    """Read the marks of node, jest, vitest and mocha; a name comes with the groups above it."""
    above: list[tuple[int, str]] = []
    for line in lines:
        if line.startswith("✖ failing tests"):
            return
        if not (found := _MARKED.match(line)):
            continue
        depth, name = len(found[1]), _DURATION.sub("", _LEFT_OUT.sub("", found[5]))
        above = [one for one in above if one[0] < depth]
        if not any(found.group(2, 3, 4)):
            above.append((depth, name))
            continue
        state = _PASSED if found[2] else _FAILED if found[3] else _SKIPPED
        state = _SKIPPED if line.endswith("# SKIP") else state
        yield " > ".join([*(group for _, group in above), name]), state
