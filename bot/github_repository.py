"""Speaks to GitHub about one repository, in types of our own."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from bot.github_branches import Branches
from bot.github_checks import GitHubChecks
from bot.github_comments import ThreadComments, read_comments
from bot.github_edits import words_changed_at
from bot.github_errors import NotFound
from bot.github_history import History
from bot.github_pulls import PullRequests
from bot.github_reactions import Reactions
from bot.github_reviews import PullRequestReviews
from bot.github_threads import (
    CommitWords,
    IssueState,
    Thread,
    read_commit,
    read_issue,
    read_thread,
)

_A_PAGE = 100


class Api(Protocol):
    """What is needed of GitHub's APIs; `bot.github_api.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""

    def delete(self, path: str) -> None:
        """Remove something."""

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query."""

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""

    def tail_of_download(self, path: str, limit: int) -> bytes:
        """Read the last bytes of a file that lies elsewhere."""


@dataclass(frozen=True)
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    author_id: int
    body: str
    url: str


@dataclass(frozen=True)
class WholeIssue:
    """An issue with its text, as it is now."""

    number: int
    title: str
    body: str
    author: str
    url: str
    labels: tuple[str, ...]
    is_open: bool
    locked: bool
    is_pull_request: bool
    author_id: int = 0


@dataclass(frozen=True)
class Permission:
    """What somebody may do in a repository."""

    user_id: int
    level: str
    """admin, write, read or none: GitHub counts maintain as write, and triage as read.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    role: str
    """The role's own name, for people."""


class GitHubRepository(Branches, PullRequests):
    """One repository, seen with one token."""

    _api: Api

    def __init__(
        self,
        api: Api,
        full_name: str,
        *,
        bot_id: int,
        spare_in: Callable[[], float] = lambda: 0.0,
    ) -> None:
        owner, _, name = full_name.partition("/")
        self.full_name = full_name
        self._api = api
        self.bot_id = bot_id
        self.spare_in = spare_in
        """Says in how many seconds words that can wait for all others would be in nobody's way."""
        self._path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self.reactions = Reactions(api, self._path, bot_id)

    def permission(self, login: str) -> Permission:
        """Say what somebody may do here; NotFound if GitHub knows no such person."""
        answer = self._api.get(f"{self._path}/collaborators/{quote(login, safe='')}/permission")
        level = str(answer["permission"])
        user = answer.get("user") or {}
        return Permission(int(user.get("id", 0)), level, str(answer.get("role_name") or level))

    def issue(self, number: int) -> IssueState:
        """Say how an issue stands now; NotFound if it was deleted."""
        return read_issue(self._api, self._path, number)

    def whole_issue(self, number: int) -> WholeIssue:
        """Read an issue or a pull request with its text; NotFound if there is none."""
        return _whole_issue(self._api.get(f"{self._path}/issues/{number}"))

    def words_changed_at(self, number: int) -> float:
        """Return when an issue's text or title was last changed, in Unix seconds; 0 for never."""
        return words_changed_at(self._api, self.full_name, number)

    def open_issues(self, label: str, most: int) -> list[WholeIssue]:
        """List the oldest open issues with a label, no pull requests, a hundred looked at."""
        asked = {"state": "open", "labels": label, "sort": "created", "direction": "asc"}
        found = self._api.get(f"{self._path}/issues", **asked, per_page=_A_PAGE)
        issues = [_whole_issue(fields) for fields in found]
        return [issue for issue in issues if not issue.is_pull_request][:most]

    def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment on an issue or a pull request."""
        return _comment(self._api.post(f"{self._path}/issues/{number}/comments", {"body": body}))

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace the text of a comment; NotFound if it was deleted."""
        self._api.patch(f"{self._path}/issues/comments/{comment_id}", {"body": body})

    def comment_body(self, comment_id: int) -> str:
        """Return the text of a comment; NotFound if it was deleted."""
        return _comment(self._api.get(f"{self._path}/issues/comments/{comment_id}")).body

    def own_comment(self, number: int, marker: str, since: float) -> Comment | None:
        """Find the bot's own comment that holds a marker; others' comments never count."""
        asked = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for item in self._api.pages(f"{self._path}/issues/{number}/comments", since=asked):
            comment = _comment(item)
            if comment.author_id == self.bot_id and marker in comment.body:
                return comment
        return None

    def reviews(self, number: int) -> PullRequestReviews:
        """Open the review of a pull request."""
        return PullRequestReviews(self._api, self.full_name, self._path, number, bot_id=self.bot_id)

    @property
    def checks(self) -> GitHubChecks:
        """Open what is checked on commits."""
        return GitHubChecks(self._api, self._path)

    def history(self) -> History:
        """Open the commits and their trees."""
        return History(self._api, self._path)

    def thread(self, number: int) -> Thread:
        """Read an issue or a pull request with what was said to it; NotFound if there is none."""
        return read_thread(self._api, self._path, number)

    def newest_comments(self, number: int) -> ThreadComments:
        """Read the newest comments of a thread; NotFound if it was deleted."""
        return read_comments(self._api, self._path, number)

    def commit(self, sha: str) -> CommitWords:
        """Read what a commit says and changes; NotFound or Invalid if there is none."""
        return read_commit(self._api, self._path, sha)

    def default_branch(self) -> str:
        """Return the name of the default branch as it is now."""
        return str(self._api.get(self._path)["default_branch"])

    def file_text(self, path: str, ref: str) -> str | None:
        """Read a text file at a commit or branch; None if it is not there or is no text."""
        try:
            answer = self._api.get(f"{self._path}/contents/{quote(path)}", ref=ref)
            return base64.b64decode(answer["content"]).decode("utf-8")
        except (NotFound, KeyError, TypeError, ValueError):
            return None

    def file_fields(self, path: str, ref: str) -> Mapping[str, Any] | None:
        """Return what GitHub says of a file at a commit or branch; None if it is not there."""
        try:
            answer = self._api.get(f"{self._path}/contents/{quote(path)}", ref=ref)
        except NotFound:
            return None
        return answer if isinstance(answer, dict) else {}

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Set labels on an issue or a pull request, besides those it has."""
        self._api.post(f"{self._path}/issues/{number}/labels", {"labels": list(labels)})

    def add_assignee(self, number: int, login: str) -> None:
        """Assign somebody; GitHub passes over whoever may not be assigned."""
        self._api.post(f"{self._path}/issues/{number}/assignees", {"assignees": [login]})

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off; no matter if it is off already."""
        try:
            self._api.delete(f"{self._path}/issues/{number}/labels/{quote(label, safe='')}")
        except NotFound:
            return


def _comment(fields: Mapping[str, Any]) -> Comment:
    author = (fields.get("user") or {}).get("id", 0)
    return Comment(int(fields["id"]), int(author), fields.get("body") or "", fields["html_url"])


def _whole_issue(fields: Mapping[str, Any]) -> WholeIssue:
    return WholeIssue(
        number=int(fields["number"]),
        title=str(fields["title"]),
        body=str(fields.get("body") or ""),
        author=str((fields.get("user") or {}).get("login") or "ghost"),
        author_id=int((fields.get("user") or {}).get("id") or 0),
        url=str(fields["html_url"]),
        labels=tuple(str(label["name"]) for label in fields["labels"]),
        is_open=fields["state"] == "open",
        locked=bool(fields["locked"]),
        is_pull_request=fields.get("pull_request") is not None,
    )
