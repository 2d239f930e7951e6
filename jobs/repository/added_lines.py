"""Tells the lines that a change brings from those that were there before, in linear time."""

from collections import Counter


def added_lines(before: bytes | None, after: bytes) -> list[tuple[int, str]]:
    """Give each new line with its number; what is blank or only moved is not new."""
    old = Counter(_lines(before or b""))
    new = []
    for number, line in enumerate(_lines(after), 1):
        if old[line]:
            old[line] -= 1
        elif line:
            new.append((number, line))
    return new


def removed_lines(before: bytes, after: bytes) -> list[str]:
    """Give each line that is gone."""
    return [line for _, line in added_lines(after, before)]


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").split("\n")
