"""Looks up places that a model names in the code: each `path:line` stands in the commit, or not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

_PLACE = re.compile(
    r"(?<![\w/.:@-])(?P<path>[\w.@+-]+(?:/[\w.@+-]+)*)"
    r"(?::L?(?P<colon>\d{1,7})|#L(?P<hash>\d{1,7}))(?:[-\u2013]L?(?P<end>\d{1,7}))?(?![\w:])"
)
_MOST = 60


class Files(Protocol):
    """The files of one commit."""

    def paths(self) -> list[str]:
        """List every file."""

    def text(self, path: str) -> str | None:
        """Read a regular file as text."""


@dataclass(frozen=True)
class Place:
    """A line of a file, or several."""

    path: str
    line: int
    end_line: int

    def __str__(self) -> str:
        """Return it as a model writes it."""
        lines = str(self.line) if self.end_line == self.line else f"{self.line}-{self.end_line}"
        return f"{self.path}:{lines}"


class Places:
    """Knows which places there are at one commit."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._paths = frozenset(files.paths())
        self._lines: dict[str, list[str]] = {}

    def named_in(self, texts: Iterable[str]) -> list[Place]:
        """Find the places that texts name, each once, in order.

        What has the form of a place but the path of no file (a time, an address with its port) is
        one only if it looks like a path.
        """
        found = {_place(match): None for text in texts for match in _PLACE.finditer(text)}
        return [place for place in found if self._is_meant(place)][:_MOST]

    def fault(self, place: Place) -> str:
        """Say what is wrong with a place, or nothing."""
        if place.path not in self._paths:
            near = self._near(place.path)
            return f"{place}: there is no file {place.path}{f'; there is {near}' if near else ''}"
        lines = self._text(place.path)
        if not 1 <= place.line <= place.end_line:
            return f"{place}: there are no such lines"
        if place.end_line > max(1, len(lines)):
            return f"{place}: {place.path} has {len(lines)} lines"
        return ""

    def shown(self, place: Place) -> str:
        """Return the first line of a place that has no fault, as it stands in the file."""
        lines = self._text(place.path)
        return lines[place.line - 1] if place.line <= len(lines) else ""

    def _is_meant(self, place: Place) -> bool:
        if place.path in self._paths:
            return True
        name = place.path.rpartition("/")[2]
        suffix = name.rpartition(".")[2]
        return "/" in place.path or any(path.endswith(f".{suffix}") for path in self._paths)

    def _near(self, path: str) -> str:
        """Return a file of the same name in another folder, if there is but one."""
        name = path.rpartition("/")[2]
        found = [each for each in self._paths if each.rpartition("/")[2] == name]
        return found[0] if len(found) == 1 else ""

    def _text(self, path: str) -> list[str]:
        if path not in self._lines:
            self._lines[path] = (self._files.text(path) or "").splitlines()
        return self._lines[path]


def _place(match: re.Match[str]) -> Place:
    line = int(match["colon"] or match["hash"])
    end = int(match["end"] or line)
    return Place(match["path"].removeprefix("./"), line, end)
