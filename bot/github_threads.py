"""Reads what people wrote on GitHub: issues and pull requests with their comments, and commits.

The first page of everything is enough for whoever only wants to know what it was about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_COMMENTS = 50
_FILES = 50


class Reads(Protocol):
    """What is needed of GitHub's REST API."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""


@dataclass(frozen=True)
class Said:
    """What one person said."""

    author: str
    association: str
    """What they are to the repository, in GitHub's word."""
    text: str


@dataclass(frozen=True)
class ChangedFile:
    """One file of a change."""

    path: str
    status: str
    additions: int
    deletions: int
    patch: str
    """As a unified diff without its head; empty where GitHub has none to show."""


@dataclass(frozen=True)
class Thread:
    """An issue or a pull request."""

    number: int
    is_pull_request: bool
    title: str
    state: str
    """open, closed or merged."""
    opening: Said
    comments: tuple[Said, ...] = ()
    files: tuple[ChangedFile, ...] = ()


@dataclass(frozen=True)
class CommitWords:
    """A commit as people look at it."""

    sha: str
    author: str
    message: str
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True)
class IssueState:
    """How an issue stands now."""

    is_open: bool
    locked: bool
    labels: tuple[str, ...]
    assignees: tuple[str, ...] = ()
    id: int = field(default=0, compare=False)
    title: str = field(default="", compare=False)
    body: str = field(default="", compare=False)
    author: str = field(default="", compare=False)
    author_id: int = field(default=0, compare=False)
    url: str = field(default="", compare=False)
    is_pull_request: bool = field(default=False, compare=False)
    updated_at: str = field(default="", compare=False)


def read_issue(api: Reads, repository: str, number: int) -> IssueState:
    """Read how an issue or a pull request stands now."""
    answer = api.get(f"{repository}/issues/{number}")
    return IssueState(
        is_open=answer["state"] == "open",
        locked=bool(answer["locked"]),
        labels=tuple(str(label["name"]) for label in answer["labels"]),
        assignees=tuple(str(user["login"]) for user in answer.get("assignees") or ()),
        id=int(answer.get("id") or 0),
        title=str(answer.get("title") or ""),
        body=str(answer.get("body") or ""),
        author=str((answer.get("user") or {}).get("login") or ""),
        author_id=int((answer.get("user") or {}).get("id") or 0),
        url=str(answer.get("html_url") or ""),
        is_pull_request=bool(answer.get("pull_request")),
        updated_at=str(answer.get("updated_at") or ""),
    )


def read_thread(api: Reads, repository: str, number: int) -> Thread:
    """Read an issue or a pull request, which share their numbers."""
    fields = api.get(f"{repository}/issues/{number}")
    pull = fields.get("pull_request")
    comments = api.get(f"{repository}/issues/{number}/comments", per_page=_COMMENTS)
    files: Iterable[Mapping[str, Any]] = ()
    if pull is not None:
        inline = api.get(f"{repository}/pulls/{number}/comments", per_page=_COMMENTS)
        comments = [*comments, *inline]
        files = api.get(f"{repository}/pulls/{number}/files", per_page=_FILES)
    merged = bool((pull or {}).get("merged_at"))
    return Thread(
        number=int(fields["number"]),
        is_pull_request=pull is not None,
        title=str(fields.get("title") or ""),
        state="merged" if merged else str(fields.get("state") or ""),
        opening=_said(fields),
        comments=tuple(map(_said, comments)),
        files=tuple(map(changed_file, files)),
    )


def read_commit(api: Reads, repository: str, sha: str) -> CommitWords:
    """Read a commit by its id, or by the beginning of it."""
    fields = api.get(f"{repository}/commits/{sha}")
    words = fields.get("commit") or {}
    author = (fields.get("author") or {}).get("login") or (words.get("author") or {}).get("name")
    return CommitWords(
        sha=str(fields["sha"]),
        author=str(author or ""),
        message=str(words.get("message") or ""),
        files=tuple(map(changed_file, (fields.get("files") or ())[:_FILES])),
    )


def _said(fields: Mapping[str, Any]) -> Said:
    where = f"({fields['path']}) " if fields.get("path") else ""
    return Said(
        author=str((fields.get("user") or {}).get("login") or ""),
        association=str(fields.get("author_association") or ""),
        text=where + str(fields.get("body") or ""),
    )


def changed_file(fields: Mapping[str, Any]) -> ChangedFile:
    """Read one file of a change from GitHub's fields."""
    return ChangedFile(
        path=str(fields.get("filename") or ""),
        status=str(fields.get("status") or ""),
        additions=int(fields.get("additions") or 0),
        deletions=int(fields.get("deletions") or 0),
        patch=str(fields.get("patch") or ""),
    )
