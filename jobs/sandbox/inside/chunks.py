"""Finds the places that the chunks of a patch mean, and lays the chunks over the text.

There are four ways of comparing, from strict to lax; each counts only where it finds one place.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator

from . import matching
from .page import LEVELS, Page, Patched, Region, Unclear

Chunk = Dict[str, Any]
"""What the patch's JSON has: `under`, `lines` with their signs, and `at_end`."""

_SHOWN_LINES = 5
_COMPARED_LINES = 100
_MOST_HEADS = 200


def apply(text: str, chunks: list[Chunk]) -> Patched:
    """Lay all chunks over `text`, or raise Unclear for the first that has no place."""
    page = Page(text)
    cursor = 0
    how = []
    for number, chunk in enumerate(chunks, 1):
        try:
            cursor, differs = _lay(page, chunk, cursor)
        except Unclear as unclear:
            raise Unclear(f"chunk {number} of {len(chunks)}: {unclear}") from None
        if differs and differs not in how:
            how.append(differs)
    return page.patched(how)


def _lay(page: Page, chunk: Chunk, cursor: int) -> tuple[int, str]:
    """Lay one chunk over the page; return where the next may begin, and how it was found."""
    lines = chunk["lines"]
    old = [line[1:] for line in lines if line[0] != "+"]
    if not old:
        at = _insertion(page, chunk, cursor)
        page.insert(at, [line[1:] for line in lines])
        return at, ""
    at, count, how = _place(page, chunk, old, cursor)
    coming = iter(_indented(page.lines(at, count), old[:count], lines))
    end = at
    for line in lines:
        if line[0] == "+":
            page.insert(at, [next(coming)])
            end = at
        elif count:
            if line[0] == "-":
                page.remove(at)
                end = at + 1
            at, count = at + 1, count - 1
    return max(end, cursor), how


def _indented(there: list[str], old: list[str], lines: list[str]) -> list[str]:
    """Return the lines that come, indented against the patch as those that are there are."""
    coming = [line[1:] for line in lines if line[0] == "+"]
    moved = matching.moved(there, [line.rstrip() for line in old], "\n".join(coming))
    return coming if moved is None or not coming else moved.split("\n")


def _insertion(page: Page, chunk: Chunk, cursor: int) -> int:
    """Return the line before which lines go in that say nothing of what is around them."""
    if chunk["at_end"] or not page.size:
        return page.size
    if not chunk["under"]:
        raise Unclear(
            "it only adds lines, and nothing says where: put unchanged lines around them, or "
            "`*** End of File` below them"
        )
    regions = _regions(page, chunk["under"], cursor)
    if len(regions) > 1:
        raise Unclear(_several([one.start for one in regions], "the line after @@"))
    return max(regions[0].start + 1, cursor)


def _place(page: Page, chunk: Chunk, old: list[str], cursor: int) -> tuple[int, int, str]:
    """Return the line where a chunk stands, how many lines of it are there, and how found."""
    regions = _regions(page, chunk["under"], cursor)
    # A text ends with a line end, which some take for an empty line behind it.
    shorter = old[:-1] if len(old) > 1 and not old[-1] and chunk["lines"][-1] == " " else []
    for wanted in filter(None, (old, shorter)):
        size = len(wanted)
        last = [Region(page.size - size, page.size - size + 1)] if chunk["at_end"] else []
        anywhere = Region(min(one.start for one in regions), page.size)
        for among in (last, regions, [anywhere]):
            found = _only(page, wanted, [Region(max(a, cursor), b) for a, b in among])
            if found:
                return found[0], size, found[1]
    raise Unclear(_none(page, chunk, old, cursor))


def _only(page: Page, wanted: list[str], regions: list[Region]) -> tuple[int, str] | None:
    """Return the one place of `wanted`; None if there is none, Unclear if there are several."""
    for level, (_, how) in enumerate(LEVELS):
        found = sorted({at for one in regions for at in page.places(wanted, level, one)})
        if len(found) > 1:
            raise Unclear(_several(found, "its unchanged and removed lines"))
        if found:
            return found[0], how
    return None


def _regions(page: Page, under: list[str], cursor: int) -> list[Region]:
    """Return where a chunk may begin that stands below the lines `under`."""
    regions = [Region(cursor, page.size + 1)]
    for number, line in enumerate(under):
        heads = _heads(page, line, regions)
        if not heads and number:
            heads = _heads(page, line, [Region(min(regions).start, page.size)])
        if not heads:
            # It may belong to a block that the chunk before stands in too.
            heads = [] if number else _heads(page, line, [Region(0, cursor)])
        if len(heads) > _MOST_HEADS:
            raise Unclear(_several(heads, "the line after @@"))
        if not heads:
            raise Unclear(
                f"there is no line {line.strip()[:100]!r} for its @@"
                + (" in that block" if number else "")
                + ". After @@ stands a whole line of the file, or nothing"
                + _nearest(page, [line])
            )
        regions = [Region(at, page.block_end(at)) for at in heads]
    return regions


def _heads(page: Page, line: str, regions: list[Region]) -> list[int]:
    for level in range(len(LEVELS)):
        if found := {at for one in regions for at in page.places([line], level, one)}:
            return sorted(found)
    return []


def _several(found: list[int], what: str) -> str:
    some = ", ".join(str(at + 1) for at in found[:10]) + (", …" if len(found) > 10 else "")  # noqa: PLR2004
    return (
        f"{what} fit in {len(found)} places, on lines {some}: add unchanged lines around the "
        "change until they fit once, or name the function above it after @@"
    )


def _none(page: Page, chunk: Chunk, old: list[str], cursor: int) -> str:
    shown = "\n".join(f"  {line[:200]}" for line in old[:_SHOWN_LINES])
    more = "\n  …" if len(old) > _SHOWN_LINES else ""
    words = f"these lines are not in the file as they stand in the patch:\n{shown}{more}"
    before = _first(page, old, Region(0, cursor))
    if before is not None:
        return (
            f"{words}\nThey are on line {before + 1}, which is before the chunk above: put the "
            "chunks of a file in the order of its lines"
        )
    new = [line[1:] for line in chunk["lines"] if line[0] != "-"]
    comes = any(line[0] == "+" and line[1:].strip() for line in chunk["lines"])
    there = _first(page, new, Region(0, page.size)) if comes else None
    if there is not None:
        return f"{words}\nWhat they should become is there already, on line {there + 1}"
    return words + _nearest(page, old)


def _first(page: Page, wanted: list[str], region: Region) -> int | None:
    return next(iter(page.places(wanted, 0, region)), None)


def _nearest(page: Page, wanted: list[str]) -> str:
    places = matching.nearest(page.text, "\n".join(wanted[:_COMPARED_LINES]))
    return f". The nearest places:\n{places}" if places else ""


def spread(lines: list[int], around: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches, from and up to a line, that show `lines` and those around them."""
    first = last = -1
    for line in lines:
        if first >= 0 and line - around <= last:
            last = min(size, line + around + 1)
            continue
        if first >= 0:
            yield first, last
        first, last = max(0, line - around), min(size, line + around + 1)
    if first >= 0:
        yield first, last
