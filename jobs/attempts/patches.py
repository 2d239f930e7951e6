"""Compares patches by what they do: without comments, blanks and tests."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from jobs.repository.test_files import is_test

_HASH = re.compile(r"(?:^|\s)#(?!\{).*$")
_SLASHES = re.compile(r"(?:^|\s)//.*$|/\*.*?\*/|^\s*(?:/\*|\*(?:\s|/|$)).*$")
_DASHES = re.compile(r"(?:^|\s)--\s.*$")
_BLANK = re.compile(r"\s+")
_BY_HASH = {".py", ".pyi", ".rb", ".sh", ".yaml", ".yml", ".toml", ".pl", ".r", ".ex", ".exs"}
_BY_DASHES = {".sql", ".lua", ".hs"}
_PROSE = {".md", ".rst", ".txt"}


def clusters(diffs: Mapping[int, str]) -> dict[int, int]:
    """Return for each patch how many there are that do the same, itself included."""
    marks = {number: mark(diff) for number, diff in diffs.items()}
    sizes = Counter(marks.values())
    return {number: sizes[of] for number, of in marks.items()}


def mark(diff: str) -> str:
    """Return a mark that is equal for unified diffs that do the same; tests count for nothing."""
    files = _files(diff)
    telling = {path: lines for path, lines in files.items() if lines and not is_test(path)}
    return hashlib.sha256(repr(sorted((telling or files).items())).encode()).hexdigest()


def _files(diff: str) -> dict[str, tuple[str, ...]]:
    """Return the lines that each file loses and gains, without what changes nothing."""
    found: dict[str, list[str]] = {}
    path, in_hunk = "", False
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            path, in_hunk = line.rpartition(" b/")[2], False
            found[path] = []
        elif line.startswith("@@"):
            in_hunk = True
        elif in_hunk and line[:1] in {"+", "-"} and (bare := _bare(path, line[1:])):
            found[path].append(line[0] + bare)
    return {path: _moved_out(lines) for path, lines in found.items()}


def _moved_out(lines: list[str]) -> tuple[str, ...]:
    """Drop pairs that only differed in what was stripped: a line taken out and put back."""
    gone = Counter(line[1:] for line in lines if line[0] == "-")
    come = Counter(line[1:] for line in lines if line[0] == "+")
    both = gone & come
    left = {"-": both.copy(), "+": both.copy()}
    kept = []
    for line in lines:
        if left[line[0]][line[1:]] > 0:
            left[line[0]][line[1:]] -= 1
        else:
            kept.append(line)
    return tuple(kept)


def _bare(path: str, line: str) -> str:
    ending = PurePosixPath(path).suffix.lower()
    if ending in _BY_HASH:
        line = _HASH.sub("", line)
    elif ending in _BY_DASHES:
        line = _DASHES.sub("", line)
    elif ending not in _PROSE:
        line = _SLASHES.sub("", line)
    return _BLANK.sub("", line)
