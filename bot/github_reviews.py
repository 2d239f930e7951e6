"""Speaks to GitHub about the review of one pull request: its threads, replies and reviewers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from bot.github_errors import NotFound
from bot.github_threads import ChangedFile, changed_file

_THREADS = 50
_COMMENTS = 50
_PAGES = 10
_FROM_FORKS = -1
_FILES = 300


class Api(Protocol):
    """What is needed of GitHub's APIs; `bot.github_app.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query."""

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""


@dataclass(frozen=True)
class OpenedPullRequest:
    """A pull request with the two branches that it is about."""

    number: int
    url: str
    title: str
    body: str
    is_open: bool
    merged: bool
    draft: bool
    head: str
    """The name of its branch."""
    head_sha: str
    base: str
    head_repository_id: int
    """-1 where the fork that it came from is gone."""


@dataclass(frozen=True)
class ThreadComment:
    """What one person said in a thread of a review."""

    id: int
    author: str
    author_id: int
    """0 where the account is gone."""
    is_bot: bool
    body: str
    created_at: str
    hunk: str
    """The piece of the diff that the thread is about, up to its last line."""
    url: str


@dataclass(frozen=True)
class ReviewThread:
    """An unresolved conversation about some lines of the change."""

    id: str
    path: str
    start_line: int | None
    """In the newest commit; None where the thread is about one line, or none any more."""
    line: int | None
    """The last line; None where it has gone, or the thread is about the whole file."""
    outdated: bool
    on_new_side: bool
    """Whether its lines are those of the change, not those that it took away."""
    comments: tuple[ThreadComment, ...]
    """The one that it began with, and then the newest, the oldest of them first."""


@dataclass(frozen=True)
class LineComment:
    """What is said of some lines of a change."""

    path: str
    line: int
    """The last line."""
    body: str
    start_line: int | None = None
    on_new_side: bool = True
    """Whether the lines are those of the change, not those that it took away."""

    def as_fields(self) -> dict[str, Any]:
        """Return it as GitHub wants it."""
        side = "RIGHT" if self.on_new_side else "LEFT"
        fields = {"path": self.path, "line": self.line, "side": side, "body": self.body}
        if self.start_line is None or self.start_line == self.line:
            return fields
        return fields | {"start_line": self.start_line, "start_side": side}


_QUERY = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      reviewThreads(first: {_THREADS}, after: $after) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{
          id isResolved isOutdated path startLine line diffSide
          opener: comments(first: 1) {{ nodes {{ ...said }} }}
          comments(last: {_COMMENTS}) {{ nodes {{ ...said }} }}
        }}
      }}
    }}
  }}
}}
fragment said on PullRequestReviewComment {{
  fullDatabaseId body createdAt diffHunk url
  author {{
    __typename login
    ... on User {{ databaseId }}
    ... on Bot {{ databaseId }}
  }}
}}
"""


class PullRequestReviews:
    """The review of one pull request, seen with one token."""

    def __init__(self, api: Api, full_name: str, path: str, number: int, *, bot_id: int) -> None:
        self._api = api
        self._owner, _, self._name = full_name.partition("/")
        self._repository = path
        self._path = f"{path}/pulls/{number}"
        self._number = number
        self._bot_id = bot_id

    def opened(self) -> OpenedPullRequest:
        """Say how the pull request stands now; NotFound if there is none."""
        return _opened(self._api.get(self._path))

    def unresolved(self) -> tuple[ReviewThread, ...]:
        """Read the threads that nobody has resolved, in GitHub's order."""
        return tuple(_thread(node) for node in self._nodes() if not node["isResolved"])

    def reply(self, comment_id: int, body: str) -> int:
        """Answer in the thread that a comment began; return the reply's id."""
        path = f"{self._path}/comments/{comment_id}/replies"
        return int(self._api.post(path, {"body": body})["id"])

    def own_reply(self, marker: str) -> int | None:
        """Find the bot's own reply that holds a marker."""
        newest_first = {"sort": "created", "direction": "desc"}
        for comment in self._api.pages(f"{self._path}/comments", **newest_first):
            author = (comment.get("user") or {}).get("id")
            if author == self._bot_id and marker in (comment.get("body") or ""):
                return int(comment["id"])
        return None

    def resolve(self, thread_id: str) -> None:
        """Mark a thread as done; no matter if it is so already."""
        self._api.mutate("resolveReviewThread", {"threadId": thread_id}, "thread { isResolved }")

    def react(self, comment_id: int, content: str) -> None:
        """Show a reaction on a comment of a thread."""
        path = f"{self._repository}/pulls/comments/{comment_id}/reactions"
        self._api.post(path, {"content": content})

    def ask_for_review(self, logins: Sequence[str]) -> None:
        """Ask people for a review; Invalid where one of them cannot be asked."""
        self._api.post(f"{self._path}/requested_reviewers", {"reviewers": list(logins)})

    def asked_for_review(self) -> tuple[str, ...]:
        """Name who is asked for a review and has not given it."""
        asked = self._api.get(self._path).get("requested_reviewers") or ()
        return tuple(str(person["login"]) for person in asked)

    def hide_comment(self, comment_id: int) -> None:
        """Fold a comment of the conversation as outdated; no matter if it is gone."""
        try:
            fields = self._api.get(f"{self._repository}/issues/comments/{comment_id}")
        except NotFound:
            return
        asked = {"subjectId": str(fields["node_id"]), "classifier": "OUTDATED"}
        self._api.mutate("minimizeComment", asked, "minimizedComment { isMinimized }")

    def files(self) -> tuple[ChangedFile, ...]:
        """Read what the pull request changes, as far as GitHub shows it; 300 files at most."""
        found = islice(self._api.pages(f"{self._path}/files"), _FILES)
        return tuple(changed_file(fields) for fields in found)

    def write(self, head_sha: str, body: str, comments: Sequence[LineComment]) -> str:
        """Write a review that neither approves nor demands anything, and return its address.

        Invalid where a line is not in the change at `head_sha`, or that is not in it any more.
        Without a commit it is about the newest.
        """
        fields = {
            **({"commit_id": head_sha} if head_sha else {}),
            "event": "COMMENT",
            "body": body,
            "comments": [comment.as_fields() for comment in comments],
        }
        return str(self._api.post(f"{self._path}/reviews", fields)["html_url"])

    def own_review(self, marker: str) -> str | None:
        """Find the address of the bot's own review that holds a marker."""
        for review in self._api.pages(f"{self._path}/reviews"):
            author = (review.get("user") or {}).get("id")
            if author == self._bot_id and marker in (review.get("body") or ""):
                return str(review["html_url"])
        return None

    def merge_base_branch(self, base: str, into: str, message: str) -> str:
        """Merge a branch into the pull request's, and return the merge commit.

        Nothing if there was nothing to merge; Conflict where git cannot do it alone.
        """
        fields = {"base": into, "head": base, "commit_message": message}
        answer = self._api.post(f"{self._repository}/merges", fields)
        return str(answer["sha"]) if answer else ""

    def _nodes(self) -> Iterator[Mapping[str, Any]]:
        after = None
        for _ in range(_PAGES):
            variables = {"owner": self._owner, "name": self._name, "number": self._number}
            answer = self._api.query(_QUERY, {**variables, "after": after})
            pull_request = (answer.get("repository") or {}).get("pullRequest")
            if pull_request is None:
                raise NotFound(f"there is no pull request {self._number}")
            page = pull_request["reviewThreads"]
            yield from (node for node in page["nodes"] if node)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def _opened(fields: Mapping[str, Any]) -> OpenedPullRequest:
    head = fields["head"]
    return OpenedPullRequest(
        number=int(fields["number"]),
        url=str(fields["html_url"]),
        title=str(fields.get("title") or ""),
        body=str(fields.get("body") or ""),
        is_open=fields["state"] == "open",
        merged=bool(fields.get("merged") or fields.get("merged_at")),
        draft=bool(fields.get("draft")),
        head=str(head["ref"]),
        head_sha=str(head["sha"]),
        base=str(fields["base"]["ref"]),
        head_repository_id=int((head.get("repo") or {}).get("id") or _FROM_FORKS),
    )


def _thread(node: Mapping[str, Any]) -> ReviewThread:
    both = (*(node["opener"]["nodes"] or ()), *(node["comments"]["nodes"] or ()))
    comments = {one["fullDatabaseId"]: one for one in both if one}
    return ReviewThread(
        id=str(node["id"]),
        path=str(node["path"]),
        start_line=node.get("startLine"),
        line=node.get("line"),
        outdated=bool(node["isOutdated"]),
        on_new_side=node.get("diffSide") != "LEFT",
        comments=tuple(map(_comment, comments.values())),
    )


def _comment(node: Mapping[str, Any]) -> ThreadComment:
    author = node.get("author") or {}
    # GraphQL leaves out of a bot's login what the rest of GitHub ends it with.
    suffix = "[bot]" if author.get("__typename") == "Bot" else ""
    return ThreadComment(
        id=int(node["fullDatabaseId"]),
        author=f"{author.get('login') or ''}{suffix}",
        author_id=int(author.get("databaseId") or 0),
        is_bot=author.get("__typename") != "User",
        body=str(node.get("body") or ""),
        created_at=str(node.get("createdAt") or ""),
        hunk=str(node.get("diffHunk") or ""),
        url=str(node.get("url") or ""),
    )
