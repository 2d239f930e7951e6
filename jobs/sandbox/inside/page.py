"""Holds the lines of a text while chunks are laid over it, and finds lines among them.

What stays is taken from the text and never from the patch, so that nothing changes unseen.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

_MOST_COMPARED = 5_000_000
_PLAIN = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02"), '"'),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000"), " "),
    0x2026: "...",
}
LEVELS: tuple[tuple[Callable[[str], str], str], ...] = (
    (lambda line: line, ""),
    (str.rstrip, "but for spaces at line ends"),
    (str.strip, "but for indentation"),
    (lambda line: line.translate(_PLAIN).strip(), "but for indentation and punctuation"),
)


class Unclear(Exception):
    """A chunk means no place, or more than one; the words say which, and what to do."""


class Patched(NamedTuple):
    """A text with the chunks laid over it."""

    text: str
    lines: list[int]
    """The changed lines of the new text, from 0; where lines only went, the one behind them."""
    how: list[str]
    """In what the places differ from the patch, where they do."""


class Region(NamedTuple):
    """Where a chunk may begin: from `start`, and before `stop`."""

    start: int
    stop: int


class Page:
    """The lines of a text, with what is laid over them."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        self._ends_well = not lines[-1]
        if self._ends_well:
            lines.pop()
        self._ends = ["\r\n" if line.endswith("\r") else "\n" for line in lines]
        self._lines = [line[:-1] if line.endswith("\r") else line for line in lines]
        self._end = "\r\n" if self._ends.count("\r\n") * 2 > len(lines) else "\n"
        self._leveled: dict[int, tuple[list[str], dict[str, list[int]]]] = {}
        self._removed: set[int] = set()
        self._inserted: dict[int, list[str]] = {}
        self._compared = 0

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    @property
    def text(self) -> str:
        """The text before anything was laid over it."""
        return "\n".join(self._lines)

    def lines(self, at: int, count: int) -> list[str]:
        """Return lines as they were, without what is invisible at their ends."""
        return [line.rstrip() for line in self._lines[at : at + count]]

    def places(self, wanted: list[str], level: int, region: Region) -> list[int]:
        """Return each line of `region` at which `wanted` stands, compared at a level."""
        plain = LEVELS[level][0]
        keys = [plain(line) for line in wanted]
        if level and not any(keys):
            return []
        lines, index = self._at_level(level)
        rarest = min(range(len(keys)), key=lambda at: len(index.get(keys[at], ())))
        found = []
        for there in index.get(keys[rarest], ()):
            at = there - rarest
            if region.start <= at < region.stop:
                self._compare(len(keys))
                if lines[at : at + len(keys)] == keys:
                    found.append(at)
        return found

    def block_end(self, at: int) -> int:
        """Return the line behind the block that line `at` opens, as indentation shows it."""
        depth = _depth(self._lines[at])
        for after in range(at + 1, self.size):
            line = self._lines[after].strip()
            # The signature of a function may close on a line of its own.
            if line and _depth(self._lines[after]) <= depth and line[0] not in ")]}":
                self._compare(after - at)
                return after
        self._compare(self.size - at)
        return self.size

    def insert(self, at: int, lines: list[str]) -> None:
        """Put lines before line `at`."""
        self._inserted.setdefault(at, []).extend(lines)

    def remove(self, at: int) -> None:
        """Take line `at` away."""
        self._removed.add(at)

    def patched(self, how: list[str]) -> Patched:
        """Return the text as it has become, with its own line ends."""
        new: list[tuple[str, str]] = []
        changed: list[int] = []
        for at in range(self.size + 1):
            fresh = self._inserted.get(at, [])
            changed += range(len(new), len(new) + len(fresh))
            new += [(line, self._end) for line in fresh]
            if at in self._removed:
                changed.append(len(new))
            elif at < self.size:
                new.append((self._lines[at], self._ends[at]))
        text = "".join(line + end for line, end in new)
        if new and not self._ends_well:
            text = text[: len(text) - len(new[-1][1])]
        return Patched(text, sorted(set(changed)), how)

    def _compare(self, lines: int) -> None:
        """Count the lines that are looked at: nobody waits for a patch for long."""
        self._compared += lines
        if self._compared > _MOST_COMPARED:
            raise Unclear("too much to compare: send a smaller patch, or use bash")

    def _at_level(self, level: int) -> tuple[list[str], dict[str, list[int]]]:
        if level not in self._leveled:
            lines = list(map(LEVELS[level][0], self._lines))
            index: dict[str, list[int]] = {}
            for at, line in enumerate(lines):
                index.setdefault(line, []).append(at)
            self._leveled[level] = lines, index
        return self._leveled[level]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
