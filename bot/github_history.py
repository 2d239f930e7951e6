"""Reads what the commits of a pull request are made of: their trees, and the content of files."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote


class Api(Protocol):
    """What is needed of GitHub's REST API."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""


@dataclass(frozen=True)
class BranchCommit:
    """A commit of a pull request, and of nothing else."""

    sha: str
    parents: tuple[str, ...]
    message: str

    @property
    def headline(self) -> str:
        """Return the first line of its message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class TreeEntry:
    """A file as a commit's tree names it."""

    mode: str
    blob: str


class TooManyFiles(Exception):
    """GitHub does not list a tree of this size whole."""


class History:
    """The commits of one repository, seen with one token."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path

    def of_pull_request(self, number: int) -> tuple[BranchCommit, ...]:
        """List the commits of a pull request, the oldest first; GitHub shows 250 at most."""
        found = self._api.pages(f"{self._path}/pulls/{number}/commits")
        return tuple(map(_commit, found))

    def tree(self, sha: str) -> dict[str, TreeEntry]:
        """Return every file of a commit; TooManyFiles if GitHub does not list them all."""
        answer = self._api.get(f"{self._path}/git/trees/{quote(sha)}", recursive="1")
        if answer.get("truncated"):
            raise TooManyFiles(sha)
        return {
            str(one["path"]): TreeEntry(str(one["mode"]), str(one["sha"]))
            for one in answer["tree"]
            if one["type"] != "tree"
        }

    def content(self, blob: str) -> bytes:
        """Return the content of a file."""
        answer = self._api.get(f"{self._path}/git/blobs/{quote(blob)}")
        return base64.b64decode(answer["content"])


def _commit(fields: Mapping[str, Any]) -> BranchCommit:
    return BranchCommit(
        sha=str(fields["sha"]),
        parents=tuple(str(one["sha"]) for one in fields["parents"]),
        message=str(fields["commit"]["message"]),
    )
