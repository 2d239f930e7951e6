"""Reads runners' reports, which were written beside code that nobody trusts."""

import json
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree as ET

_MOST_BYTES = 64 * 1024 * 1024
_FOLDER = "/workspace/repo/"
_UNWANTED = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


class Status(StrEnum):
    """What one test came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


Statuses = dict[str, Status]
"""By the test's name, which begins with its file and `::` where the runner says it."""

_Rows = list[dict[str, Any]]
_Result = tuple[str, Status]
_WORST = (Status.FAILED, Status.SKIPPED, Status.PASSED)


def read_junit(report: bytes) -> Statuses:
    """Read JUnit XML; nothing where it is not whole, or is more than a report."""
    # A report defines nothing: definitions can grow without end. In an encoding with zeros between
    # the letters they would not be found.
    if _UNWANTED.search(report) or b"\0" in report:
        return {}
    try:
        root = ET.fromstring(report)  # noqa: S314  no definitions are in it
    except (ET.ParseError, ValueError, LookupError):  # the last two for odd encodings
        return {}
    statuses: Statuses = {}
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        failed = bool(kinds & {"failure", "error"})
        status = Status.FAILED if failed else Status.PASSED
        status = Status.SKIPPED if not failed and "skipped" in kinds else status
        _note(statuses, _name(case), status)
    return statuses


def read_tape(report: bytes) -> Statuses:
    """Read what our own module wrote of tape's tests; what came to no end has no results."""
    return _of_processes(report, _tape_run)


def read_node(report: bytes) -> Statuses:
    """Read what our own reporter wrote of node's tests."""
    return _of_processes(report, _node_run)


def read_go(report: bytes) -> Statuses:
    """Read the events of `go test -json`; anything else that was printed has none of them."""
    kinds = {"pass": Status.PASSED, "fail": Status.FAILED, "skip": Status.SKIPPED}
    statuses: Statuses = {}
    for event in _objects(report):
        if event.get("Test") and event.get("Package") and event.get("Action") in kinds:
            _note(statuses, f"{event['Package']}::{event['Test']}", kinds[event["Action"]])
    return statuses


def _of_processes(report: bytes, read: Callable[[_Rows], Iterator[_Result]]) -> Statuses:
    """Read rows process by process: each has to have come to its end."""
    runs: dict[Any, _Rows] = {}
    for row in _objects(report):
        runs.setdefault(row.get("process"), []).append(row)
    statuses: Statuses = {}
    for rows in runs.values():
        whole = any(row.get("type") == "finished" for row in rows)
        for name, status in read(rows):
            _note(statuses, name, status if whole else Status.FAILED)
    return statuses


def _node_run(rows: _Rows) -> Iterator[_Result]:
    for row in rows:
        if row.get("type") == "result":
            status = Status.SKIPPED if row.get("skip") else Status.PASSED
            yield (
                f"{row.get('file', '')}::{row.get('name', '')}",
                _failed_unless(row.get("ok"), status),
            )


def _failed_unless(ok: object, status: Status) -> Status:
    return status if ok else Status.FAILED


def _tape_run(rows: _Rows) -> Iterator[_Result]:
    """Yield the tests of one process; one without an end has failed."""
    tests = {row.get("id"): row for row in rows if row.get("type") == "test"}
    ended = {row.get("test") for row in rows if row.get("type") == "end"}
    bad = {
        row.get("test")
        for row in rows
        if row.get("type") == "assert" and not (row.get("ok") or row.get("todo"))
    }
    for number, test in tests.items():
        status = Status.SKIPPED if test.get("skip") else Status.PASSED
        well = number not in bad and number in ended
        yield f"{test.get('file', '')}::{test.get('name', '')}", _failed_unless(well, status)


def _name(case: ET.Element) -> str:
    """Name a test as pytest does: file, classes, function; by file and name for others."""
    file, group = case.get("file", "").removeprefix(_FOLDER), case.get("classname", "")
    module = file.removesuffix(".py").replace("/", ".")
    inner = (
        group[len(module) :].strip(".") if file.endswith(".py") and group.startswith(module) else ""
    )
    first = file or group
    return "::".join(filter(None, [first, inner.replace(".", "::"), case.get("name", "")]))


def _note(statuses: Statuses, name: str, status: Status) -> None:
    """Take in one result; of a test that has several, the worst counts."""
    known = statuses.get(name, Status.PASSED)
    statuses[name] = min(known, status, key=_WORST.index)


def _objects(report: bytes) -> Iterator[dict[str, Any]]:
    for line in report[:_MOST_BYTES].decode("utf-8", "replace").splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value
