"""Chooses the Python for a project among those that an image has."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Version = tuple[int, ...]

_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|~=|\^|~|=|<|>)?\s*v?(\d+(?:\.\d+)*)(?:\.\*)?\s*")
_ANY_PATCH = 999
"""Stands for the last part of a version of which only the first two are known."""


@dataclass(frozen=True)
class PythonWish:
    """What a project says of the Python that it needs, from the narrowest word to the widest."""

    pinned: str = ""
    """From `.python-version`."""
    requires: str = ""
    """From `requires-python`, `python_requires` or Poetry's `python`."""
    tested: tuple[str, ...] = ()
    """From the classifiers: the versions that it says it works with."""

    def among(self, available: Iterable[str], default: str) -> str:
        """Return one of the `available` versions (as `3.12`), or `default` where none will do."""
        fits = [version for version in available if satisfies(version, self.requires)]
        pinned = ".".join(self.pinned.split(".")[:2])
        if pinned in fits:
            return pinned
        tested = [version for version in fits if version in self.tested]
        if default in fits and (default in tested or not tested):
            return default
        return max(tested or fits or [default], key=_parts)


def satisfies(version: str, requires: str) -> bool:
    """Say whether a Python (as `3.12`) is in a range; one that cannot be read holds none off."""
    return any(
        all(_holds(version, clause) for clause in re.split(r"[,\s]+(?=[<>=!~^])|,", way))
        for way in requires.split("||")
    )


def _holds(version: str, clause: str) -> bool:
    read = _CLAUSE.fullmatch(clause)
    if read is None:
        return True
    return _SIGNS[read[1] or "=="]((*_parts(version), _ANY_PATCH), _parts(read[2]))


def _same(mine: Version, bound: Version) -> bool:
    return mine[: min(2, len(bound))] == bound[:2]


_SIGNS: dict[str, Callable[[Version, Version], bool]] = {
    ">=": lambda mine, bound: mine >= bound,
    ">": lambda mine, bound: mine > bound,
    "<=": lambda mine, bound: _same(mine, bound) or mine <= bound,
    "<": lambda mine, bound: (*mine[:2], 0) < bound,
    "==": _same,
    "=": _same,
    # Of a version of which only the first two parts are known, no single patch can be held off.
    "!=": lambda mine, bound: len(bound) > len(mine) - 1 or not _same(mine, bound),
    "~=": lambda mine, bound: mine >= bound and mine[: len(bound) - 1] == bound[:-1],
    "^": lambda mine, bound: mine >= bound and mine[0] == bound[0],
    "~": lambda mine, bound: mine >= bound and _same(mine, bound),
}


def _parts(version: str) -> Version:
    return tuple(int(part) for part in version.split("."))
