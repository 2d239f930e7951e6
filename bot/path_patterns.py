"""Matches paths with patterns as people write them: `docs/**`, `**/*.lock`, `setup.py`."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

_ANY_DEPTH = "**"


def first_match(path: str, patterns: Iterable[str]) -> str:
    """Return the first of the patterns that a path is meant by, or nothing.

    A pattern that names a folder means all below it. Case does not count: on some people's machines
    the two are one file.
    """
    parts = path.casefold().split("/")
    return next((one for one in patterns if _means(_parts_of(one), parts)), "")


def _parts_of(pattern: str) -> list[str]:
    # Not a regular expression for the whole: patterns are a stranger's, and some would never end.
    folders = pattern.casefold().rstrip("/").split("/")
    return [part if part == _ANY_DEPTH else part.replace("[", "[[]") for part in folders]


def _means(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Follow all ways at once in which a pattern's folders can stand for those of the path."""
    ways = _with_none(pattern, {0})
    for name in path:
        if len(pattern) in ways:
            return True
        further = {at for at in ways if pattern[at] == _ANY_DEPTH}
        further |= {at + 1 for at in ways - further if fnmatchcase(name, pattern[at])}
        ways = _with_none(pattern, further)
    return len(pattern) in ways


def _with_none(pattern: Sequence[str], ways: set[int]) -> set[int]:
    """Add the ways in which `**` stands for no folder at all."""
    for at in sorted(ways):
        following = at
        while following < len(pattern) and pattern[following] == _ANY_DEPTH:
            following += 1
            ways = ways | {following}
    return ways
