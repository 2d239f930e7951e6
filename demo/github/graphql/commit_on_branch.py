"""`createCommitOnBranch`: a signed commit of the caller's on top of the head that it expects."""

import base64
import binascii
from typing import Any

from demo.github.acts.pushes import RefMove, pushed
from demo.github.commit_making import FileChanges, NewVersion, commit_changes
from demo.github.errors import GitHubError
from demo.github.git_commit import read_commit
from demo.github.graphql.asking import Asking, Refused, View, refusal
from demo.github.graphql.git_views import commit_view, ref_view
from demo.github.records import Repository
from demo.github.rest.needs import WRITE_CONTENTS


def create_commit_on_branch(asking: Asking, asked: dict[str, Any]) -> View:
    """Make the commit, or say that the branch is elsewhere."""
    repository, branch = _branch(asking, asked["branch"])
    ref = f"refs/heads/{branch}"
    head = repository.git.ref(ref)
    if head is None or asking.state.seen_ref(repository, ref) is None:
        raise Refused("NOT_FOUND", f"Could not resolve to a Ref with the name '{branch}'.")
    expected = asked["expectedHeadOid"]
    if head != expected:
        raise Refused(
            "STALE_DATA",
            f'Expected branch to point to "{expected}" but it did not. Pull and try again.',
        )
    message = asked["message"]
    text = "\n\n".join(part for part in (message["headline"], message.get("body")) if part)
    version = NewVersion(branch, head, text, _changes(asked.get("fileChanges") or {}))
    try:
        sha = commit_changes(asking.state, repository, asking.caller, version)
    except GitHubError as error:
        raise refusal(error) from None
    pushed(asking.state, repository, asking.actor, RefMove(ref, head, sha))
    return {
        "commit": commit_view(asking, repository, read_commit(repository.git, sha)),
        "ref": ref_view(asking, repository, ref),
    }


def _branch(asking: Asking, asked: dict[str, Any]) -> tuple[Repository, str]:
    if asked.get("id"):
        number, _, ref = asked["id"].removeprefix("REF_").partition("_")
        found = asking.state.repository_by_id(int(number))
        full_name, branch = found.full_name, ref.removeprefix("refs/heads/")
    else:
        full_name = asked.get("repositoryNameWithOwner") or ""
        branch = (asked.get("branchName") or "").removeprefix("refs/heads/")
    owner, _, name = full_name.partition("/")
    return asking.repository(owner, name, WRITE_CONTENTS), branch


def _changes(asked: dict[str, Any]) -> FileChanges:
    additions: dict[str, bytes] = {}
    for each in asked.get("additions") or []:
        try:
            additions[each["path"]] = base64.b64decode(each["contents"], validate=True)
        except binascii.Error:
            message = f"The contents of {each['path']} are not valid Base64."
            raise Refused("UNPROCESSABLE", message) from None
    deletions = tuple(each["path"] for each in asked.get("deletions") or [])
    return FileChanges(additions, deletions)
