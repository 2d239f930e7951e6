"""Chooses what of a thread the agent is given: what whoever gave the command could vouch for.

A comment counts if somebody with write access wrote it before the command and left it alone since.
Everything else is left out, and counted with its reason, for the people who read the thread.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from bot.events import IssueCommented
from bot.github_comments import ThreadComment, ThreadComments
from bot.permissions import Allowed, Refused, Why, allowed
from bot.request import Request
from bot.subjects import Person
from records.task import Comment, IssueSnapshot

MOST_BYTES = 64 * 1024
"""Of all comments together, the newest first; each is cut once more for the model."""
MOST_BYTES_EACH = 16 * 1024
MOST_AUTHORS = 30
"""People whose role is looked up for one snapshot."""


class LeftOut(StrEnum):
    """Why a comment is not used."""

    EDITED = "edited"
    MOMENT = "moment"
    """It was written in the very second of the command."""
    OUTSIDER = "outsider"
    UNCHECKED = "unchecked"
    """GitHub did not say what its author may do here, or too many people wrote."""
    BOT = "bot"
    OLDER = "older"
    """There was no room for it beside newer ones."""


def with_comments(issue: IssueSnapshot, found: ThreadComments, request: Request) -> IssueSnapshot:
    """Return the issue with the comments that count; raises GitHubError.

    `found` is of the thread that the task is about.
    """
    as_of = asked_at(request)
    before = [one for one in found.newest if _counts(one, as_of, request)]
    roles = _Roles(request)
    reasons = {one.id: _why_not(one, as_of, roles) for one in before}
    usable = [one for one in before if not reasons[one.id]]
    kept = set(_fitting(usable))
    left_out = Counter(reason.value for reason in reasons.values() if reason)
    unread = found.total - len(found.newest)
    left_out[LeftOut.OLDER.value] += len(usable) - len(kept) + unread
    return IssueSnapshot(
        **{
            **vars(issue),
            "comments": tuple(
                Comment(one.author, str(roles.of(one)), _cut(one.body), one.author_id)
                for one in usable
                if one.id in kept
            ),
            "left_out": {reason: count for reason, count in left_out.items() if count},
            "as_of": as_of,
        }
    )


def asked_at(request: Request) -> float:
    """Return when the command was given, as GitHub's signed delivery says it."""
    updated_at = request.event.issue.updated_at
    try:
        return datetime.fromisoformat(updated_at).timestamp()
    except ValueError:
        return request.context.now()


def _counts(comment: ThreadComment, as_of: float, request: Request) -> bool:
    """Say whether a comment was there: not the command, nothing of the bot's own, nothing later."""
    event = request.event
    trigger = event.comment_id if isinstance(event, IssueCommented) else None
    if comment.author_id == request.conversation.repository.bot_id or comment.id == trigger:
        return False
    return comment.created_at <= as_of and (trigger is None or comment.id < trigger)


def _why_not(comment: ThreadComment, as_of: float, roles: "_Roles") -> LeftOut | None:
    # GitHub counts whole seconds: what changed in the very second of the command may have changed
    # after it, and of what was written in that second nobody can say whether it was changed.
    if comment.updated_at >= as_of:
        return LeftOut.EDITED if comment.updated_at > comment.created_at else LeftOut.MOMENT
    role = roles.of(comment)
    return role if isinstance(role, LeftOut) else None


def _fitting(comments: Sequence[ThreadComment]) -> Iterator[int]:
    room = MOST_BYTES
    for comment in reversed(comments):
        room -= len(_cut(comment.body).encode())
        if room < 0:
            return
        yield comment.id


def _cut(body: str) -> str:
    return body.encode()[:MOST_BYTES_EACH].decode(errors="ignore")


class _Roles:
    """What the authors of comments are to the repository, each looked up once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._known: dict[int, str | LeftOut] = {}

    def of(self, comment: ThreadComment) -> str | LeftOut:
        """Return the author's role, or why whoever it is has no say here."""
        if comment.author_id not in self._known:
            full = len(self._known) >= MOST_AUTHORS
            self._known[comment.author_id] = LeftOut.UNCHECKED if full else self._asked(comment)
        return self._known[comment.author_id]

    def _asked(self, comment: ThreadComment) -> str | LeftOut:
        if not comment.is_person:
            return "bot" if comment.author in self._request.project().who.bots else LeftOut.BOT
        person = Person(comment.author_id, comment.author, is_bot=False)
        match allowed(self._request.conversation.repository, person):
            case Allowed(role):
                return role
            case Refused(Why.UNCHECKED):
                return LeftOut.UNCHECKED
            case Refused():
                return LeftOut.OUTSIDER
            case never:
                assert_never(never)
