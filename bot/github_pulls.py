"""Speaks to GitHub about the pull requests of one repository: opens, finds and lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.github_errors import Conflict, HeadUnseen, Invalid, NoDrafts

_A_PAGE = 100


class Api(Protocol):
    """What is needed of GitHub's APIs; `bot.github_api.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request."""

    number: int
    url: str
    state: str
    head_sha: str
    draft: bool


@dataclass(frozen=True)
class OpenPullRequest:
    """A pull request that is open, as a list shows it."""

    number: int
    url: str
    title: str
    body: str
    author: str
    by_bot: bool
    """Whether this bot opened it."""
    branch: str


@dataclass(frozen=True)
class MergedPullRequest:
    """A pull request that was merged, as a list shows it."""

    number: int
    title: str
    by_bot: bool
    """Whether this bot opened it."""


class PullRequests:
    """The part of a repository that is about pull requests."""

    full_name: str
    bot_id: int
    _api: Api
    _path: str

    def create_pull_request(
        self, *, title: str, body: str, head: str, base: str, draft: bool
    ) -> PullRequest:
        """Open a pull request; Conflict if there is one for this branch already.

        HeadUnseen if GitHub does not see the branch, NoDrafts if the repository has no drafts.
        """
        fields = {"title": title, "body": body, "head": head, "base": base, "draft": draft}
        try:
            return _pull_request(self._api.post(f"{self._path}/pulls", fields))
        except Invalid as error:
            raise _why_no_pull_request(error) from None

    def pull_request_for(self, branch: str) -> PullRequest | None:
        """Find the newest pull request of a branch, open or not."""
        owner = self.full_name.partition("/")[0]
        found = self._api.get(f"{self._path}/pulls", head=f"{owner}:{branch}", state="all")
        return _pull_request(found[0]) if found else None

    def open_pull_requests(self) -> list[OpenPullRequest]:
        """List the open pull requests that were changed last, a hundred at the most."""
        newest: dict[str, str | int] = {"state": "open", "sort": "updated", "direction": "desc"}
        found = self._api.get(f"{self._path}/pulls", **newest, per_page=_A_PAGE)
        return [_open_pull_request(fields, self.bot_id) for fields in found]

    def merged_pull_requests(self) -> list[MergedPullRequest]:
        """List what was merged last, newest first, of the hundred that were changed last."""
        newest: dict[str, str | int] = {"state": "closed", "sort": "updated", "direction": "desc"}
        found = self._api.get(f"{self._path}/pulls", **newest, per_page=_A_PAGE)
        merged = [fields for fields in found if fields.get("merged_at")]
        merged.sort(key=lambda fields: str(fields["merged_at"]), reverse=True)
        return [_merged_pull_request(fields, self.bot_id) for fields in merged]

    def update_pull_request_body(self, number: int, body: str) -> None:
        """Replace the text of a pull request."""
        self._api.patch(f"{self._path}/pulls/{number}", {"body": body})


def _open_pull_request(fields: Mapping[str, Any], bot_id: int) -> OpenPullRequest:
    author = fields.get("user") or {}
    return OpenPullRequest(
        number=int(fields["number"]),
        url=str(fields["html_url"]),
        title=str(fields["title"]),
        body=str(fields.get("body") or ""),
        author=str(author.get("login") or "ghost"),
        by_bot=author.get("id") == bot_id,
        branch=str(fields["head"]["ref"]),
    )


def _merged_pull_request(fields: Mapping[str, Any], bot_id: int) -> MergedPullRequest:
    by_bot = (fields.get("user") or {}).get("id") == bot_id
    return MergedPullRequest(int(fields["number"]), str(fields["title"]), by_bot)


def _why_no_pull_request(error: Invalid) -> Exception:
    words = str(error).lower()
    if "already exists" in words:
        return Conflict(str(error))
    if "draft pull requests are not supported" in words:
        return NoDrafts(str(error))
    if "no commits between" in words or "'field': 'head'" in words:
        return HeadUnseen(str(error))
    return error


def _pull_request(fields: Mapping[str, Any]) -> PullRequest:
    return PullRequest(
        number=int(fields["number"]),
        url=str(fields["html_url"]),
        state=str(fields["state"]),
        head_sha=str(fields["head"]["sha"]),
        draft=bool(fields.get("draft")),
    )
