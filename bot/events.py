"""Turns a delivery's JSON into events of our own types, or says why it is of no interest.

What the payloads hold: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Never

_LONGEST_LOGIN = 100
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Person:
    """Somebody on GitHub; the id stays, the login may be renamed."""

    id: int
    login: str
    is_bot: bool


@dataclass(frozen=True)
class Repository:
    """The repository that something happened in."""

    id: int
    full_name: str
    private: bool
    archived: bool
    default_branch: str


@dataclass(frozen=True)
class Issue:
    """An issue, or a pull request's conversation, as the signed payload carried it."""

    id: int
    number: int
    title: str
    body: str
    author: str
    url: str
    labels: tuple[str, ...]
    is_open: bool
    locked: bool
    is_pull_request: bool
    updated_at: str


@dataclass(frozen=True)
class _OnIssue:
    installation_id: int
    repository: Repository
    issue: Issue
    sender: Person


@dataclass(frozen=True)
class IssueCommented(_OnIssue):
    """Somebody wrote a comment on an issue or a pull request."""

    comment_id: int
    body: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"comment:{self.comment_id}"


@dataclass(frozen=True)
class IssueLabeled(_OnIssue):
    """Somebody set a label on an issue or a pull request."""

    label: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it.

        The payload has no number for the act of labelling. Setting a label changes the time of the
        issue's last change, and every delivery of one act carries the same time.
        """
        return f"label:{self.issue.id}:{self.label}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueOpened(_OnIssue):
    """Somebody opened an issue."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"issue:{self.issue.id}"


@dataclass(frozen=True)
class IssueClosed(_OnIssue):
    """Somebody closed an issue."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"closed:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class Ignored:
    """Nothing that the bot answers to."""

    reason: str


type_of_event = IssueCommented | IssueLabeled | IssueOpened | IssueClosed | Ignored


class _Unfit(Exception):
    """The payload is not what GitHub's description says."""


def parse(event: str, payload: bytes) -> type_of_event:
    """Read a delivery; whatever the bytes are, the answer is an event or the reason for none."""
    try:
        fields = _Fields(_json(payload), "payload")
        action = fields.optional_text("action")
        reader = _READERS.get((event, action))
        if reader is None:
            return Ignored(
                f"event {_short(event)}" + (f", action {_short(action)}" if action else "")
            )
        if fields.missing("installation"):
            # A webhook of the repository's own tells the same without it; the App's is answered.
            return Ignored("not sent to the App")
        return reader(fields)
    except _Unfit as unfit:
        return Ignored(f"malformed: {unfit}")


def _commented(fields: "_Fields") -> IssueCommented:
    comment = fields.object("comment")
    return IssueCommented(
        **_on_issue(fields),
        comment_id=comment.id("id"),
        body=comment.optional_text("body"),
    )


def _labeled(fields: "_Fields") -> IssueLabeled | Ignored:
    if fields.missing("label"):
        # GitHub leaves the label out when it was deleted in the meantime.
        return Ignored("the label is gone")
    return IssueLabeled(**_on_issue(fields), label=fields.object("label").text("name"))


def _opened(fields: "_Fields") -> IssueOpened:
    return IssueOpened(**_on_issue(fields))


def _closed(fields: "_Fields") -> IssueClosed:
    return IssueClosed(**_on_issue(fields))


def _on_issue(fields: "_Fields") -> dict[str, Any]:
    return {
        "installation_id": fields.object("installation").id("id"),
        "repository": _repository(fields.object("repository")),
        "issue": _issue(fields.object("issue")),
        "sender": _person(fields.object("sender")),
    }


def _person(fields: "_Fields") -> Person:
    login = fields.text("login")
    if len(login) > _LONGEST_LOGIN:
        raise _Unfit("payload.sender.login is over 100 characters")
    is_person = fields.optional_text("type") == "User" and not login.endswith("[bot]")
    return Person(fields.id("id"), login, is_bot=not is_person)


def _repository(fields: "_Fields") -> Repository:
    return Repository(
        id=fields.id("id"),
        full_name=fields.text("full_name"),
        private=fields.flag("private"),
        archived=fields.flag("archived"),
        default_branch=fields.optional_text("default_branch"),
    )


def _issue(fields: "_Fields") -> Issue:
    author = "" if fields.missing("user") else fields.object("user").text("login")
    return Issue(
        id=fields.id("id"),
        number=fields.id("number"),
        title=fields.text("title"),
        body=fields.optional_text("body"),
        author=author,
        url=fields.text("html_url"),
        labels=tuple(label.text("name") for label in fields.objects("labels")),
        is_open=fields.text("state") == "open",
        locked=fields.flag("locked"),
        is_pull_request=not fields.missing("pull_request"),
        updated_at=fields.text("updated_at"),
    )


_READERS: dict[tuple[str, str], Callable[["_Fields"], type_of_event]] = {
    ("issue_comment", "created"): _commented,
    ("issues", "labeled"): _labeled,
    ("issues", "opened"): _opened,
    ("issues", "closed"): _closed,
}


class _Fields:
    """A JSON object whose fields are asked for by type."""

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise _Unfit(f"{name} is not an object")
        self._value = value
        self._name = name

    def missing(self, key: str) -> bool:
        return self._value.get(key) is None

    def object(self, key: str) -> "_Fields":
        return _Fields(self._value.get(key), f"{self._name}.{key}")

    def objects(self, key: str) -> Iterable["_Fields"]:
        items = self._value.get(key) or []
        if not isinstance(items, list):
            raise _Unfit(f"{self._name}.{key} is not a list")
        return [_Fields(item, f"{self._name}.{key}[]") for item in items]

    def text(self, key: str) -> str:
        value = self._value.get(key)
        if not isinstance(value, str) or not value:
            raise _Unfit(f"{self._name}.{key} is not text")
        return _storable(value)

    def optional_text(self, key: str) -> str:
        return "" if self.missing(key) or self._value[key] == "" else self.text(key)

    def flag(self, key: str) -> bool:
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise _Unfit(f"{self._name}.{key} is not true or false")
        return value

    def id(self, key: str) -> int:
        value = self._value.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST_ID:
            raise _Unfit(f"{self._name}.{key} is not an id")
        return value


def _json(payload: bytes) -> Any:
    try:
        return json.loads(
            payload.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise _Unfit("nested too deeply") from None
    except ValueError:  # not UTF-8, not JSON, or a number of more digits than Python will read
        raise _Unfit("not JSON") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Another reader of the same bytes might take the other value.
        raise _Unfit("a key stands twice")
    return found


def _refuse_constant(constant: str) -> Never:
    raise _Unfit(f"{constant} is not JSON")


def _storable(text: str) -> str:
    """Replace what PostgreSQL and UTF-8 cannot hold: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _short(text: str) -> str:
    return repr(text[:60])
