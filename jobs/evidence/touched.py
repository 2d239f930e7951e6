"""Names the tests of the base that a change deletes, renames, skips or weakens, from their text.

Hostile source is not parsed on this side: lines are read, in linear time. A block begins at a
line that opens a test and ends where the next one begins, or where something less indented does.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from bot.plain_text import one_line
from jobs.evidence.evidence import MAX_TOUCHED, Touch, TouchedTest
from jobs.repository.change import Change
from jobs.repository.policy import MAX_FILE_BYTES, BaseFiles
from jobs.repository.test_files import is_test, switches_off

_LONGEST_LINE = 1_000
_LONGEST_NAME = 120
_MOST_LINES = 40_000
_MOST_COMPARED = 200
_LIKE = 0.6
"""This share of a test's lines under a new name makes it the same test, renamed."""

_SCRIPT = re.compile(
    r"\s*(?:\w{1,20}\.)?(?P<off>x|f)?(?P<kind>it|test|describe|suite|context)"
    r"(?:\.(?P<mark>skip|only|todo|each|concurrent|failing)\b[^(]*)?\(\s*(?P<q>[\"'`])(?P<name>.+?)(?P=q)"
)
_OPENS = {
    ".py": re.compile(r"\s*(?:async\s+)?(?P<kind>def|class)\s+(?P<name>\w+)"),
    ".go": re.compile(
        r"(?P<indent>)(?P<kind>func)\s+(?P<name>(?:Test|Fuzz|Benchmark|Example)\w*)\("
    ),
    ".js": _SCRIPT,
}
_KINDS = {".jsx": ".js", ".ts": ".js", ".tsx": ".js", ".mjs": ".js", ".cjs": ".js", ".mts": ".js"}
_GROUPS = {"class", "describe", "suite", "context"}

_ASSERTS = re.compile(
    r"\bassert\b|\bassert[A-Z_]\w*\(|\bassert\.\w+|\bexpect\(|\braises\(|\bwarns\(|\bshould\b"
    r"|\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow|equal|equals|is|ok|notOk|not|same|deepEqual"
    r"|throws|true|false|looseEqual|deepLooseEqual|match|fail)\(|\brequire\.[A-Z]\w+\("
    r"|\.(?:strictEqual|deepStrictEqual|deepEqual|equal|throws|rejects)\("
)
_LOOSE = re.compile(
    r"^assert\s+(?:True|1|not None|\w+)\s*(?:,.*)?$"
    r"|^assert\s+\w+(?:\([^()]*\))?\s*$"
    r"|\bis not None\b|\bisinstance\(|\bin\b(?!.*==)|\bapprox\(|(?<![=-])[<>]"
    r"|\bor True\b|\bassert(?:True|IsNotNone|In|IsInstance|Greater\w*|Less\w*|AlmostEqual)\("
    r"|\.to(?:BeTruthy|BeDefined|BeFalsy|Contain|Match|BeCloseTo|BeGreaterThan\w*|BeLessThan\w*)\("
    r"|\bexpect\.any(?:thing)?\(|\bassert\.(?:ok|match|notEqual|NotNil|Contains)\(|\bt\.(?:ok|match)\("
    r"|\braises\(\s*(?:Base)?Exception\s*\)"
)


@dataclass
class _Test:
    name: str
    marks: list[str] = field(default_factory=list)
    """Lines above the test that belong to it: decorators."""
    lines: list[str] = field(default_factory=list)
    off: bool = False
    only: bool = False
    """Others are left out for it."""

    @property
    def asserts(self) -> list[str]:
        return [line for line in self.lines if _ASSERTS.search(line)]


@dataclass
class _File:
    tests: dict[str, _Test] = field(default_factory=dict)
    """By their names with the groups that they are in."""
    outside: list[str] = field(default_factory=list)
    """The lines that are in no test."""


def touched_tests(change: Change, base: BaseFiles) -> tuple[TouchedTest, ...]:
    """Name what is not as it was, file by file; the first `MAX_TOUCHED`."""
    files = [file for file in change.files if is_test(file.path)]
    before = {file.path: _read(file.path, base.content(file.path)) for file in files}
    after = {file.path: _read(file.path, file.content) for file in files}
    new = _New(before, after)
    found: list[TouchedTest] = []
    for path, file in before.items():
        now = after[path]
        found += _left_out(path, file, now)
        for test in file.tests.values():
            if len(found) >= MAX_TOUCHED:
                break
            found += _touched(path, test, now.tests.get(test.name), new)
    return tuple(found[:MAX_TOUCHED])


def _left_out(path: str, before: _File, now: _File) -> Iterator[TouchedTest]:
    """Name what leaves tests out that is not in one of them."""
    if not before.tests:
        return
    for line in Counter(now.outside) - Counter(before.outside):
        if switches_off(line):
            yield TouchedTest(path, "the whole file", Touch.SKIPPED, one_line(line, _LONGEST_NAME))
    for test in now.tests.values():
        old = before.tests.get(test.name)
        if test.only and not (old and old.only):
            name = one_line(test.name, _LONGEST_NAME)
            yield TouchedTest(path, "all others", Touch.SKIPPED, f"only {name} is run")


class _New:
    """The tests that the change brings: one of them may be an old one by another name."""

    def __init__(self, before: dict[str, _File], after: dict[str, _File]) -> None:
        self._left = {
            (path, name): test
            for path, file in after.items()
            for name, test in file.tests.items()
            if name not in before[path].tests
        }
        self._paths = tuple(after)

    def take(self, test: _Test) -> tuple[str, _Test] | None:
        """Find a test of the same name in another file, or one that has most of its lines."""
        for path in self._paths:
            if found := self._left.pop((path, test.name), None):
                return path, found
        for key, one in islice(self._left.items(), _MOST_COMPARED):
            if _likeness(test, one) >= _LIKE:
                return key[0], self._left.pop(key)
        return None


def _likeness(one: _Test, other: _Test) -> float:
    lines = Counter(one.lines)
    shared = (lines & Counter(other.lines)).total()
    return shared / max(1, lines.total(), len(other.lines))


def _touched(path: str, test: _Test, now: _Test | None, new: _New) -> Iterator[TouchedTest]:
    name = one_line(test.name, _LONGEST_NAME)
    if now is None:
        found = new.take(test)
        if found is None:
            yield TouchedTest(path, name, Touch.DELETED)
            return
        where, now = found
        words = f"now {one_line(now.name, _LONGEST_NAME)}" if now.name != test.name else ""
        moved = f"in {where}" if where != path else ""
        yield TouchedTest(path, name, Touch.RENAMED, " ".join(filter(None, (words, moved))))
    if how := _switched_off(test, now):
        yield TouchedTest(path, name, Touch.SKIPPED, how)
    if how := _weakened(test, now):
        yield TouchedTest(path, name, Touch.WEAKENED, how)
    elif how := _altered(test, now):
        yield TouchedTest(path, name, Touch.CHANGED, how)


def _switched_off(before: _Test, now: _Test) -> str:
    known = Counter([*before.marks, *before.lines])
    new = Counter([*now.marks, *now.lines]) - known
    found = next((line for line in new if switches_off(line)), "")
    if now.off and not before.off:
        found = found or "it is switched off where it begins"
    return one_line(found, _LONGEST_NAME)


def _weakened(before: _Test, now: _Test) -> str:
    old, new = before.asserts, now.asserts
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    if len(new) < len(old):
        count = len(old) - len(new)
        return f"{count} of {len(old)} assertions {'is' if count == 1 else 'are'} gone"
    looser = _loose(come) - _loose(gone)
    if gone and looser > 0:
        line = next(line for line in come if _LOOSE.search(line))
        return f"an assertion is looser: {one_line(line, _LONGEST_NAME)}"
    swallowed = Counter(filter(_SWALLOWS.match, now.lines)) - Counter(before.lines)
    return (
        f"it ends early, or swallows errors: {next(iter(swallowed))}" if swallowed and old else ""
    )


_SWALLOWS = re.compile(
    r"except(?:\s+(?:\w+\.)*\w*(?:Exception|AssertionError)\b.*)?:|with (?:contextlib\.)?suppress\("
    r"|\}?\s*catch\b.*\{|return\b;?$"
)


def _altered(before: _Test, now: _Test) -> str:
    gone = Counter(before.asserts) - Counter(now.asserts)
    if not gone:
        return ""
    line = one_line(next(iter(gone)), _LONGEST_NAME)
    count = gone.total()
    return f"{'an assertion is' if count == 1 else f'{count} assertions are'} not as before: {line}"


def _loose(lines: Counter[str]) -> int:
    return sum(count for line, count in lines.items() if _LOOSE.search(line))


def _read(path: str, content: bytes | None) -> _File:
    """Read the tests of a file; none of one in a language that is not known here."""
    suffix = PurePosixPath(path).suffix.lower()
    opens = _OPENS.get(_KINDS.get(suffix, suffix))
    if content is None or opens is None or len(content) > MAX_FILE_BYTES:
        return _File()
    reader = _Reader(opens)
    for line in content.decode("utf-8", "replace").split("\n")[:_MOST_LINES]:
        reader.take(line[:_LONGEST_LINE].expandtabs(4).rstrip())
    return reader.file


@dataclass
class _Reader:
    """What is known after some of the lines."""

    opens: re.Pattern[str]
    file: _File = field(default_factory=_File)
    groups: list[tuple[int, str, bool]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    test: _Test | None = None
    begins: int = 0

    def take(self, line: str) -> None:
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare:
            return
        found = self.opens.match(line)
        if self.test and (indent > self.begins or (not found and bare[0] in ")}]")):
            self.test.lines.append(bare)
            return
        self.test = None
        if bare[0] == "@":
            self.marks.append(bare)
            return
        if found:
            self._open(found, indent, line[found.end() :].strip())
        else:
            self.file.outside.append(bare)
        self.marks = []

    def _open(self, found: re.Match[str], indent: int, rest: str) -> None:
        named = found.groupdict()
        kind, name, mark = named["kind"], named["name"], named.get("mark")
        self.groups = [group for group in self.groups if group[0] < indent]
        off = named.get("off") == "x" or mark in {"skip", "todo", "failing"}
        off = off or any(group[2] for group in self.groups)
        if kind in _GROUPS:
            self.groups.append((indent, name, off or any(map(switches_off, self.marks))))
            return
        if kind == "def" and not name.startswith("test"):
            return
        path = " > ".join([*(group for _, group, _ in self.groups), name])
        self.test = self.file.tests.setdefault(path, _Test(path))
        self.test.marks += self.marks
        self.test.off = self.test.off or off
        self.test.only = self.test.only or named.get("off") == "f" or mark == "only"
        self.begins = indent
        if _ASSERTS.search(rest):
            self.test.lines.append(rest)
