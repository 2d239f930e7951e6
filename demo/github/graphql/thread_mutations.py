"""Threads of reviews, answered and resolved through GraphQL."""

from typing import Any

from demo.github.acts import reviews
from demo.github.graphql.asking import Asking, Found, View, unresolved
from demo.github.graphql.review_views import review_comment_view, thread_of
from demo.github.present.pulls import PullRequest
from demo.github.records import ReviewComment
from demo.github.rest.needs import OPEN_PULLS, WRITE_PULLS


def _thread(found: Found, node_id: str) -> tuple[PullRequest, ReviewComment]:
    if found.issue.pull is None or not isinstance(found.thing, ReviewComment):
        raise unresolved(node_id)
    return PullRequest(found.repository, found.issue, found.issue.pull), found.thing


def reply(asking: Asking, asked: dict[str, Any]) -> View:
    """Answer in a thread."""
    node_id = asked["pullRequestReviewThreadId"]
    request, root = _thread(asking.find(node_id, OPEN_PULLS), node_id)
    comment = reviews.reply(asking.state, request, asking.actor, root.id, asked["body"])
    return {"comment": review_comment_view(asking, request, comment)}


def _set_resolved(asking: Asking, asked: dict[str, Any], *, resolved: bool) -> View:
    request, root = _thread(asking.find(asked["threadId"], WRITE_PULLS), asked["threadId"])
    reviews.resolve_thread(asking.state, request, asking.actor, root, resolved=resolved)
    return {"thread": thread_of(asking, request, root)}


def resolve(asking: Asking, asked: dict[str, Any]) -> View:
    """Close a thread."""
    return _set_resolved(asking, asked, resolved=True)


def unresolve(asking: Asking, asked: dict[str, Any]) -> View:
    """Open a thread again."""
    return _set_resolved(asking, asked, resolved=False)
