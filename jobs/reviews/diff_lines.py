"""Knows which lines of a pull request a review may speak of: those of its diff on GitHub."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.github_threads import ChangedFile

_HUNK = re.compile(r"^@@ -(?P<old>\d+)(?:,\d+)? \+(?P<new>\d+)(?:,\d+)? @@")
_SHOWN_RANGES = 12


@dataclass
class Hunks:
    """The lines of one file that its diff shows; each hunk with the lines of both sides."""

    new: list[dict[int, str]] = field(default_factory=list)
    old: list[dict[int, str]] = field(default_factory=list)

    def side(self, *, on_new_side: bool) -> list[dict[int, str]]:
        """Return the hunks of one side: line numbers with their text."""
        return self.new if on_new_side else self.old


class DiffLines:
    """The diff of a pull request, line by line."""

    def __init__(self, files: Iterable[ChangedFile]) -> None:
        self._files = {file.path: _hunks(file.patch) for file in files}

    def fault(self, path: str, start: int, end: int, *, on_new_side: bool) -> str:
        """Say why a review cannot speak of these lines, or nothing."""
        if path not in self._files:
            return f"{path} is not changed by this pull request"
        hunks = self._files[path].side(on_new_side=on_new_side)
        if any(start in hunk and end in hunk for hunk in hunks) and start <= end:
            return ""
        side = "" if on_new_side else " of the old side"
        lines = f"line {end}" if start == end else f"lines {start} to {end}"
        return f"{path}: {lines}{side} is not in one place of the diff; there is {_ranges(hunks)}"

    def text(self, path: str, start: int, end: int, *, on_new_side: bool = True) -> list[str]:
        """Return lines of the diff as they stand in the file; none where they are not in it."""
        for hunk in self._files.get(path, Hunks()).side(on_new_side=on_new_side):
            if start in hunk and end in hunk:
                return [hunk[at] for at in range(start, end + 1)]
        return []


def _hunks(patch: str) -> Hunks:
    found = Hunks()
    old = new = 0
    for line in patch.split("\n"):
        if match := _HUNK.match(line):
            old, new = int(match["old"]), int(match["new"])
            found.old.append({})
            found.new.append({})
        elif found.new and line[:1] in {" ", "+", "-", ""}:
            if line[:1] != "-":
                found.new[-1][new] = line[1:]
                new += 1
            if line[:1] != "+":
                found.old[-1][old] = line[1:]
                old += 1
    return found


def _ranges(hunks: Sequence[dict[int, str]]) -> str:
    named = list(_each_range(hunks))
    more = f" and {len(named) - _SHOWN_RANGES} more" if len(named) > _SHOWN_RANGES else ""
    return ", ".join(named[:_SHOWN_RANGES]) + more if named else "none"


def _each_range(hunks: Sequence[dict[int, str]]) -> Iterator[str]:
    for hunk in hunks:
        if hunk:
            yield f"{min(hunk)}-{max(hunk)}"
