"""Finds the text that an edit means: to the letter, then less strictly; never by likeness."""

from __future__ import annotations

import re
from typing import Callable, List, NamedTuple

_NUMBERED = re.compile(r"^\s*\d+(?:\t|: ?| ?\| ?|→)")
_SHOWN_LINES = 10
_SHOWN_REGIONS = 3
_COMPARED_LINES = 5_000


class Span(NamedTuple):
    """A piece of the text and what shall stand in its place."""

    start: int
    end: int
    new: str


class Found(NamedTuple):
    """The places an edit means, and how they were found when not to the letter."""

    spans: list[Span]
    how: str


class Unclear(Exception):
    """The edit means no place, or more than one; the words say which."""


_Level = Callable[[str, str, str], List[Span]]


def find(text: str, old: str, new: str, *, everywhere: bool) -> Found:
    """Return the place (or, `everywhere`, the places) of `old` in `text`."""
    attempts = [(old, new, "")]
    if _is_numbered(old):
        bare = (_without_numbers(old), _without_numbers(new) if _is_numbered(new) else new)
        attempts.append((*bare, "without the line numbers of old_str"))
    for wanted, wanted_new, taken_off in attempts:
        for level, how in _LEVELS:
            spans = level(text, wanted, wanted_new)
            if len(spans) == 1 or (spans and everywhere):
                return Found(spans, ", ".join(filter(None, (taken_off, how))))
            if spans:
                raise Unclear(_several(text, spans))
    raise Unclear(_none(text, old, new))


def _exact(text: str, old: str, new: str) -> list[Span]:
    new = _in_line_ends_of(text, new)
    spans = []
    at = text.find(old)
    while at >= 0:
        spans.append(Span(at, at + len(old), new))
        at = text.find(old, at + len(old))
    return spans


def _but_for_line_ends(text: str, old: str, new: str) -> list[Span]:
    wanted = [line.rstrip() for line in _lines(old)]
    if not any(wanted):
        return []
    new = _in_line_ends_of(text, new)
    lines = text.splitlines(keepends=True) if "\r" not in text else _split(text)
    bare = [line.rstrip() for line in lines]
    return [_window(lines, at, len(wanted), new, old) for at in _places(bare, wanted)]


def _but_for_indentation(text: str, old: str, new: str) -> list[Span]:
    wanted = [line.rstrip() for line in _lines(old)]
    stripped = [line.lstrip() for line in wanted]
    if not any(stripped):
        return []
    lines = _split(text)
    bare = [line.rstrip() for line in lines]
    spans = []
    for at in _places([line.lstrip() for line in bare], stripped):
        fresh = moved(bare[at : at + len(wanted)], wanted, new)
        if fresh is not None:
            spans.append(_window(lines, at, len(wanted), _in_line_ends_of(text, fresh), old))
    return spans


_LEVELS: tuple[tuple[_Level, str], ...] = (
    (_exact, ""),
    (_but_for_line_ends, "matched but for spaces at line ends"),
    (_but_for_indentation, "matched but for its indentation, which new_str was given too"),
)


def moved(there: list[str], wanted: list[str], new: str) -> str | None:
    """Indent `new` as `there` is indented against `wanted`, if all lines agree on how."""
    shifts = {_shift(a, b) for a, b in zip(there, wanted) if a}
    if len(shifts) != 1:
        return None
    shift = shifts.pop()
    if shift is None:
        return None
    more, less = shift
    fresh = []
    for line in new.split("\n"):
        if not line.strip():
            fresh.append(line)
        elif more:
            fresh.append(more + line)
        elif line.startswith(less):
            fresh.append(line[len(less) :])
        else:
            return None
    return "\n".join(fresh)


def _shift(there: str, wanted: str) -> tuple[str, str] | None:
    a = there[: len(there) - len(there.lstrip())]
    b = wanted[: len(wanted) - len(wanted.lstrip())]
    if a.endswith(b):
        return a[: len(a) - len(b)], ""
    if b.endswith(a):
        return "", b[: len(b) - len(a)]
    return None


def _places(lines: list[str], wanted: list[str]) -> list[int]:
    found = []
    at = 0
    while at + len(wanted) <= len(lines):
        if lines[at] == wanted[0] and lines[at : at + len(wanted)] == wanted:
            found.append(at)
            at += len(wanted)
        else:
            at += 1
    return found


def _window(lines: list[str], at: int, count: int, new: str, old: str) -> Span:
    start = sum(map(len, lines[:at]))
    end = start + sum(map(len, lines[at : at + count]))
    last = lines[at + count - 1]
    if not old.endswith("\n"):
        end -= len(last) - len(last.rstrip("\r\n"))
    return Span(start, end, new)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _split(text: str) -> list[str]:
    """Split at line feeds only: Python knows more line ends than editors do."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _in_line_ends_of(text: str, new: str) -> str:
    if text.count("\r\n") * 2 > text.count("\n") and "\r\n" not in new:
        return new.replace("\n", "\r\n")
    return new


def _is_numbered(text: str) -> bool:
    lines = [line for line in _lines(text) if line.strip()]
    return bool(lines) and all(_NUMBERED.match(line) for line in lines)


def _without_numbers(text: str) -> str:
    return "\n".join(_NUMBERED.sub("", line) for line in text.split("\n"))


def line_of(text: str, offset: int) -> int:
    """Return the number, from 1, of the line at `offset`."""
    return text.count("\n", 0, offset) + 1


def _several(text: str, spans: list[Span]) -> str:
    numbers = [str(line_of(text, span.start)) for span in spans]
    some = ", ".join(numbers[:_SHOWN_LINES]) + (", …" if len(numbers) > _SHOWN_LINES else "")
    return (
        f"old_str occurs {len(spans)} times, on lines {some}: "
        "add lines around it that make it unique, or set replace_all"
    )


def _none(text: str, old: str, new: str) -> str:
    words = "old_str is not in the file"
    if new.strip() and new in text:
        words += f"; new_str is already there, on line {line_of(text, text.index(new))}"
    if regions := nearest(text, old):
        words += f". The nearest places:\n{regions}"
    return words


def nearest(text: str, old: str) -> str:
    """Return the regions of `text` that most lines of `old` are in, with line numbers."""
    regions = [_region(text, at, len(_lines(old))) for at in _nearest(text, old)]
    return "\n   …\n".join(regions)


def _nearest(text: str, old: str) -> list[int]:
    """Return the line indexes where most of the lines of `old` stand as they should."""
    lines = [line.strip() for line in _split(text)[:_COMPARED_LINES]]
    wanted = [line.strip() for line in _lines(old)]
    votes: dict[int, int] = {}
    for offset, line in enumerate(wanted):
        for at in (i for i, there in enumerate(lines) if line and there == line):
            votes[max(0, at - offset)] = votes.get(max(0, at - offset), 0) + 1
    if votes:
        return sorted(sorted(votes, key=lambda at: -votes[at])[:_SHOWN_REGIONS])
    import difflib  # noqa: PLC0415 - most edits hit, and a start is waited for

    first = next(line for line in [*wanted, ""] if line or line is wanted[-1])
    close = difflib.get_close_matches(first[:200], [line[:200] for line in lines], n=3, cutoff=0.5)
    return sorted({[line[:200] for line in lines].index(line) for line in close})


def _region(text: str, at: int, count: int) -> str:
    lines = _split(text)[at : at + min(count, _SHOWN_LINES)]
    return "\n".join(f"{at + i:6}\t{line[:200].rstrip()}" for i, line in enumerate(lines, 1))
