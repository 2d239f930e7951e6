"""Who asks a GraphQL question, what they may see, and how they are refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from demo.github.auth import Caller
from demo.github.errors import GitHubError, NotFound
from demo.github.permissions import Need, demand
from demo.github.records import Actor, Comment, Issue, Repository, Review, ReviewComment
from demo.github.state import State

View = dict[str, Any]
TYPES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND"}


class Refused(Exception):
    """A field cannot be answered; `type` is GitHub's word beside the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def refusal(error: GitHubError) -> Refused:
    """Say an error of the REST API in GraphQL's way."""
    said = error.message
    for detail in error.errors or []:
        if isinstance(detail, dict) and "message" in detail:
            said = str(detail["message"])
    return Refused(TYPES.get(error.status, "UNPROCESSABLE"), said)


@dataclass(frozen=True)
class Asking:
    """One question: the state it is asked of, and who asks."""

    state: State
    caller: Caller

    @property
    def actor(self) -> Actor:
        """Who does what a mutation says."""
        return self.caller.actor()

    def repository(self, owner: str, name: str, need: Need | None = None) -> Repository:
        """Find a repository that the caller may use so."""
        try:
            found = self.state.repository(owner, name)
            demand(self.caller, found, need or Need())
        except NotFound:
            message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise Refused("NOT_FOUND", message) from None
        except GitHubError as error:
            raise refusal(error) from None
        return found

    def allow(self, repository: Repository, need: Need) -> None:
        """Refuse what the caller may not do."""
        try:
            demand(self.caller, repository, need)
        except GitHubError as error:
            raise refusal(error) from None

    def find(self, node_id: str, need: Need) -> "Found":
        """Find an issue, a pull request or a comment by its GraphQL id."""
        for repository in self.state.repositories:
            for issue in repository.issues.values():
                thing = _inside(issue, node_id)
                if thing is not None:
                    self.allow(repository, need)
                    return Found(repository, issue, thing, is_thread=node_id.startswith("PRRT_"))
        raise unresolved(node_id)


@dataclass(frozen=True)
class Found:
    """A thing with the issue and the repository around it."""

    repository: Repository
    issue: Issue
    thing: Issue | Comment | Review | ReviewComment
    is_thread: bool = False
    """The thread is meant that this comment opened."""


def unresolved(node_id: str) -> Refused:
    """Say that there is no such thing."""
    message = f"Could not resolve to a node with the global id of '{node_id}'"
    return Refused("NOT_FOUND", message)


def _inside(issue: Issue, node_id: str) -> Issue | Comment | Review | ReviewComment | None:
    kind, _, number = node_id.rpartition("_")
    if (kind, number) == ("I", str(issue.id)) and issue.pull is None:
        return issue
    if issue.pull is not None and (kind, number) == ("PR", str(issue.pull.id)):
        return issue
    within: dict[str, Sequence[Comment | Review | ReviewComment]] = {
        "IC": issue.comments,
        "PRR": issue.pull.reviews if issue.pull else (),
        "PRRC": issue.pull.review_comments if issue.pull else (),
        # A thread is known by the comment that opened it.
        "PRRT": [e for e in issue.pull.review_comments if e.in_reply_to is None]
        if issue.pull
        else (),
    }
    for each in within.get(kind, ()):
        if number == str(each.id):
            return each
    return None


def connection(items: Sequence[Any], view: Callable[[Any], View]) -> Callable[..., View]:
    """Make a field that pages through things with cursors."""

    def resolve(_info: Any, **arguments: Any) -> View:
        start = int(arguments.get("after") or 0)
        end = len(items)
        if arguments.get("first") is not None:
            end = min(end, start + arguments["first"])
        if arguments.get("last") is not None:
            start = max(start, end - arguments["last"])
        return {
            "nodes": [view(each) for each in items[start:end]],
            "totalCount": len(items),
            "pageInfo": {
                "hasNextPage": end < len(items),
                "hasPreviousPage": start > 0,
                "startCursor": str(start) if items else None,
                "endCursor": str(end) if items else None,
            },
        }

    return resolve
