"""Reads the files of a base commit that say what a project needs, each once."""

import json
import tomllib
from functools import cache
from typing import Any, Protocol


class RepositoryFiles(Protocol):
    """The files of the base commit."""

    def paths(self) -> list[str]:
        """List every file."""
        ...

    def text(self, path: str) -> str | None:
        """Read a file as text, if there is one and it is no longer than a manifest is."""
        ...

    def object_id(self, path: str) -> str:
        """Return what stands for a file's content, however long it is; empty without one."""
        ...


class Manifests:
    """The files of a base commit; a manifest that cannot be read says nothing."""

    def __init__(self, files: RepositoryFiles) -> None:
        self.paths = tuple(files.paths())
        self._known = frozenset(self.paths)
        self.text = cache(lambda path: (files.text(path) or "") if path in self._known else "")
        """Return a file's text, or nothing where there is none."""
        self.object_id = files.object_id
        """Return what stands for a file's content: a lock file may be too long to be read."""

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def names_in(self, folder: str) -> list[str]:
        """List the files that lie directly in a folder; the empty name is the root."""
        start = f"{folder}/" if folder else ""
        return [
            path.removeprefix(start)
            for path in self.paths
            if path.startswith(start) and "/" not in path.removeprefix(start)
        ]

    def toml(self, path: str) -> dict[str, Any]:
        """Parse a TOML file."""
        try:
            return tomllib.loads(self.text(path))
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def json(self, path: str) -> dict[str, Any]:
        """Parse a JSON file that holds an object."""
        try:
            found = json.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def table(value: object, *keys: str) -> dict[str, Any]:
    """Return the table under these keys, one in the other; an empty one for anything else."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def inside(folder: str, name: str) -> str:
    """Return the path of a file in a folder; the empty name is the root."""
    return f"{folder}/{name}" if folder else name
