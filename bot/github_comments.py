"""Reads the newest comments of a thread: who wrote each, when, and whether it was changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

_PER_PAGE = 100
_PAGES = 2


class Reads(Protocol):
    """What is needed of GitHub's REST API."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""


@dataclass(frozen=True)
class ThreadComment:
    """One comment as GitHub has it now."""

    id: int
    author_id: int
    author: str
    is_person: bool
    body: str
    created_at: float
    """Unix seconds, whole ones, as GitHub says them."""
    updated_at: float


@dataclass(frozen=True)
class ThreadComments:
    """The newest comments of a thread, oldest first, and how many there are in all."""

    newest: tuple[ThreadComment, ...]
    total: int


def read_comments(api: Reads, repository: str, number: int) -> ThreadComments:
    """Read the last two pages of a thread's comments; NotFound if the thread was deleted."""
    issue = f"{repository}/issues/{number}"
    total = int(api.get(issue).get("comments") or 0)
    found = tuple(map(_comment, _newest(api, f"{issue}/comments", total)))
    return ThreadComments(found, max(total, len(found)))


def _newest(api: Reads, path: str, total: int) -> Iterator[Mapping[str, Any]]:
    last = max(1, -(-total // _PER_PAGE))
    for page in range(max(1, last - _PAGES + 1), last + 1):
        yield from api.get(path, per_page=_PER_PAGE, page=page)


def _comment(fields: Mapping[str, Any]) -> ThreadComment:
    user = fields.get("user") or {}
    login = str(user.get("login") or "")
    return ThreadComment(
        id=int(fields["id"]),
        author_id=int(user.get("id") or 0),
        author=login,
        is_person=user.get("type") == "User" and not login.endswith("[bot]"),
        body=str(fields.get("body") or ""),
        created_at=_time(fields.get("created_at")),
        updated_at=_time(fields.get("updated_at")),
    )


def _time(text: object) -> float:
    """Return the moment, 0 where there is none."""
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) and text else 0.0
