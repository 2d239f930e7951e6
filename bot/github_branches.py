"""Speaks to GitHub about the branches of one repository, and the commits on them."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from bot.github_errors import Conflict, Invalid, NotFound


class Api(Protocol):
    """What is needed of GitHub's APIs; `bot.github_api.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def delete(self, path: str) -> None:
        """Remove something."""

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""


class Branches:
    """The part of a repository that is about branches."""

    full_name: str
    _api: Api
    _path: str

    def branch_head(self, branch: str) -> str:
        """Return the commit at the head of a branch; NotFound if there is none."""
        answer = self._api.get(f"{self._path}/git/ref/heads/{quote(branch)}")
        return str(answer["object"]["sha"])

    def create_branch(self, branch: str, sha: str) -> None:
        """Make a branch; Conflict if it is there already."""
        fields = {"ref": f"refs/heads/{branch}", "sha": sha}
        try:
            self._api.post(f"{self._path}/git/refs", fields)
        except Invalid as error:
            if "already exists" in str(error).lower():
                raise Conflict(str(error)) from error
            raise

    def commit_message(self, sha: str) -> str:
        """Return the whole message of a commit."""
        return str(self._api.get(f"{self._path}/git/commits/{quote(sha)}")["message"])

    def create_commit_on_branch(
        self,
        branch: str,
        expected_head: str,
        headline: str,
        body: str,
        *,
        additions: Mapping[str, bytes],
        deletions: Sequence[str],
    ) -> str:
        """Add a commit that GitHub signs; Conflict if the branch has moved from `expected_head`."""
        changes = {
            "additions": [
                {"path": path, "contents": base64.b64encode(content).decode("ascii")}
                for path, content in additions.items()
            ],
            "deletions": [{"path": path} for path in deletions],
        }
        fields = {
            "branch": {"repositoryNameWithOwner": self.full_name, "branchName": branch},
            "expectedHeadOid": expected_head,
            "message": {"headline": headline, "body": body},
            "fileChanges": changes,
        }
        answer = self._api.mutate("createCommitOnBranch", fields, "commit { oid }")
        return str(answer["commit"]["oid"])

    def remove_branch(self, branch: str, *, only_at: str) -> None:
        """Remove a branch that is still at this commit; no matter if it is gone already."""
        try:
            if self.branch_head(branch) == only_at:
                self._api.delete(f"{self._path}/git/refs/heads/{quote(branch)}")
        except NotFound:
            return
