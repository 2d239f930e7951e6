"""Reads the files in which a runner says how each test ended: JUnit XML, JSON in lines.

What is read was written beside hostile code: nothing about it is sure, each reader takes a bounded
time, and none believes a word about how many tests there are. Names come out cleaned.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from bot.plain_text import one_line
from jobs.evidence.evidence import CaseState
from jobs.evidence.outcome import MAX_SUMMARY, Report, report_of

MAX_BYTES = 32 * 1024 * 1024
_MAX_CASES = 200_000
_LONGEST_NAME = 1_000
"""Characters of a test's name, and of what stands above it: one suite's name comes into as many as
there are tests in it."""
_LONGEST_WHY = 2_000
_ROOT = "/workspace/repo/"
"""Where a project lies in a sandbox."""
_STATES = {"p": CaseState.PASSED, "f": CaseState.FAILED, "s": CaseState.SKIPPED}
_GO = {"pass": CaseState.PASSED, "fail": CaseState.FAILED, "skip": CaseState.SKIPPED}
_JEST = {"passed": CaseState.PASSED, "failed": CaseState.FAILED}

Ended = tuple[str, CaseState]


class _Refused(Exception):  # reads as what was found
    """The XML has what no runner writes."""


@dataclass
class _JUnit:
    """What is known while a file is read from its beginning to its end."""

    ended: list[Ended] = field(default_factory=list)
    suites: list[str] = field(default_factory=list)
    case: dict[str, str] | None = None
    state: CaseState = CaseState.PASSED
    collecting: bool = False
    words: list[str] = field(default_factory=list)
    blocked: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testsuite":
            self.suites.append(attributes.get("name", "")[:_LONGEST_NAME])
        elif tag == "testcase":
            self.case, self.state = attributes, CaseState.PASSED
        elif self.case is not None and tag in {"failure", "error"}:
            self.state = CaseState.FAILED
            self.collecting = attributes.get("message") == "collection failure"
        elif self.case is not None and tag == "skipped" and self.state is CaseState.PASSED:
            self.state = CaseState.SKIPPED

    def end(self, tag: str) -> None:
        if tag == "testsuite" and self.suites:
            self.suites.pop()
        elif tag == "testcase" and self.case is not None:
            if len(self.ended) >= _MAX_CASES:
                raise _Refused
            if self.case.get("name"):  # pytest closes a test without one when it is interrupted
                name = _junit_name(self.case, self.suites)[:_LONGEST_NAME]
                self.ended.append((name, self.state))
            self.case = None
        elif tag in {"failure", "error"} and self.collecting:
            self.collecting = False
            self.blocked = self.blocked or _why("".join(self.words))
            self.words.clear()

    def text(self, words: str) -> None:
        if self.collecting:
            self.words.append(words)


def read_junit(data: bytes) -> Report | None:
    """Read JUnit XML; what breaks off in the middle is read until there."""
    found = _JUnit()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    whole = len(data) <= MAX_BYTES
    try:
        parser.Parse(data[:MAX_BYTES], whole)
    except _Refused:
        return None
    except (expat.ExpatError, ValueError, LookupError):  # the last two for odd encodings
        whole = False
    if not found.ended and not whole:
        return None
    return report_of(found.ended, blocked_by=found.blocked, whole=whole)


def _refuse(*_: object) -> None:
    raise _Refused


def _junit_name(case: dict[str, str], suites: list[str]) -> str:
    """Name a test as its runner would be asked for it, as far as that can be told.

    pytest (family xunit1) gives `file` and a dotted `classname`, mocha `file` and its groups; node
    gives the class "test" to all and nests suites.
    """
    name, group, place = (case.get(key, "") for key in ("name", "classname", "file"))
    if place and group:
        module = place.removesuffix(".py").replace("/", ".")
        inner = group.removeprefix(module).strip(".").replace(".", "::")
        inner = inner if group.startswith(module) else group
        return "::".join(filter(None, [place.removeprefix(_ROOT), inner, name]))
    if group in {"", "test"}:
        return " > ".join([*suites[-20:], name]) if group else name
    return f"{group}::{name}"


def _why(text: str) -> str:
    """Find in pytest's words the error that keeps a file from being imported."""
    lines = [line[:_LONGEST_WHY] for line in text.splitlines() if line.startswith("E ")]
    named = [line for line in lines if re.match(r"E +[\w.]+(?:Error|Warning):", line)]
    found = (named or lines or ["E a file cannot be imported"])[-1]
    return one_line(found[1:].strip(), MAX_SUMMARY)


def read_lines(data: bytes) -> Report | None:
    """Read what our own reporters write: a line of JSON for each test, and a last one at the end.

    `{"n": name, "s": "p" | "f" | "s"}`, then `{"end": true, "b": why nothing could be loaded}`.
    """
    ended: list[Ended] = []
    blocked, ends, begins = "", 0, 0
    for event in _objects(data):
        if "end" in event:
            ends += 1
            blocked = blocked or one_line(str(event.get("b") or ""), MAX_SUMMARY)
        elif "begin" in event:
            begins += 1
        elif state := _STATES.get(str(event.get("s"))):
            ended.append((str(event.get("n", "")), state))
    if not ended and not ends:
        return None
    return report_of(ended, blocked_by=blocked, whole=0 < begins <= ends)


def read_go_json(data: bytes) -> Report | None:
    """Read what `go test -json` prints; a package that cannot be built fails by its own name.

    A test with subtests is left out for them, unless it fails and none of them does.
    """
    ended: dict[str, CaseState] = {}
    packages: dict[str, CaseState] = {}
    package_of: dict[str, str] = {}
    for event in _objects(data):
        state = _GO.get(str(event.get("Action")))
        package, test = str(event.get("Package", ""))[:_LONGEST_NAME], event.get("Test")
        if state is None or not package:
            continue
        if test:
            name = f"{package}.{test}"[:_LONGEST_NAME]
            ended[name], package_of[name] = state, package
        else:
            packages[package] = state
    if not ended and not packages:
        return None
    cases = list(_without_parents(ended, "/"))
    explained = {package_of[name] for name, state in cases if state is CaseState.FAILED}
    cases += [
        (package, state)
        for package, state in packages.items()
        if state is CaseState.FAILED and package not in explained
    ]
    return report_of(cases)


def _without_parents(ended: dict[str, CaseState], between: str) -> Iterator[Ended]:
    parents: dict[str, bool] = {}
    for name, state in ended.items():
        above = name.rpartition(between)[0]
        while above:
            if above in ended:
                parents[above] = parents.get(above, False) or state is CaseState.FAILED
            above = above.rpartition(between)[0]
    for name, state in ended.items():
        if name not in parents or (state is CaseState.FAILED and not parents[name]):
            yield name, state


def read_jest_json(data: bytes) -> Report | None:
    """Read what `jest --json` writes; a file that cannot be loaded fails by its own name."""
    try:
        files = json.loads(data[:MAX_BYTES])["testResults"]
        return report_of(ended for one in files for ended in _of_file(one))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _of_file(told: dict[str, Any]) -> Iterator[Ended]:
    path = str(told["name"]).removeprefix(_ROOT)[:_LONGEST_NAME]
    tests = told["assertionResults"]
    if not tests and told.get("status") == "failed":
        yield path, CaseState.FAILED
    for test in tests:
        name = " > ".join([path, *map(str, test["ancestorTitles"]), str(test["title"])])
        yield name[:_LONGEST_NAME], _JEST.get(test["status"], CaseState.SKIPPED)


def _objects(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data[:MAX_BYTES].split(b"\n"):
        if not line.startswith(b"{"):
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value
