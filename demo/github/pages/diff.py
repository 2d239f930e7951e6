"""Reads the patch of one file into lines with their numbers on both sides."""

import re
from dataclasses import dataclass
from typing import Literal

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
LineKind = Literal["hunk", "context", "add", "delete", "note"]


@dataclass(frozen=True)
class DiffLine:
    """One line of a patch."""

    kind: LineKind
    text: str
    old: int | None = None
    new: int | None = None

    @property
    def side(self) -> str:
        """The side a review comment on this line belongs to."""
        return "LEFT" if self.kind == "delete" else "RIGHT"

    @property
    def number(self) -> int | None:
        """The line's number on its side."""
        return self.old if self.kind == "delete" else self.new


def parse_patch(patch: str) -> tuple[DiffLine, ...]:
    """All lines of a patch that begins with its first hunk."""
    lines: list[DiffLine] = []
    old = new = 0
    # Only "\n" ends a line of a patch: a form feed or U+2028 is part of the file's text.
    for text in patch.removesuffix("\n").split("\n"):
        hunk = _HUNK.match(text)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            lines.append(DiffLine("hunk", text))
        elif text.startswith("+"):
            lines.append(DiffLine("add", text[1:], None, new))
            new += 1
        elif text.startswith("-"):
            lines.append(DiffLine("delete", text[1:], old, None))
            old += 1
        elif text.startswith("\\"):
            lines.append(DiffLine("note", text[2:]))
        elif lines:
            lines.append(DiffLine("context", text[1:], old, new))
            old, new = old + 1, new + 1
    return tuple(lines)


def around(lines: tuple[DiffLine, ...], side: str, number: int | None) -> tuple[DiffLine, ...]:
    """Give the commented line and up to three before it; nothing if the patch no longer has it."""
    for index, line in enumerate(lines):
        here = line.old if side == "LEFT" else line.new
        if number is not None and here == number:
            first = max(0, index - 3)
            return tuple(near for near in lines[first : index + 1] if near.kind != "hunk")
    return ()
