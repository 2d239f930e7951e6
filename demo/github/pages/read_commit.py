"""Reads commits and diffs from a repository's git store for the pages."""

import re
from functools import lru_cache
from pathlib import Path

from demo.github.diffs import EMPTY_TREE, file_diffs
from demo.github.diffs import FileDiff as Change
from demo.github.git_commit import Commit as Object
from demo.github.git_commit import Person as Signer
from demo.github.git_commit import read_commit
from demo.github.git_store import GitStore
from demo.github.pages.diff import parse_patch
from demo.github.pages.pull_views import FileDiff
from demo.github.pages.read_repository import person
from demo.github.pages.views import Commit, Person
from demo.github.present.commits import user_of
from demo.github.state import State

_CO_AUTHOR = re.compile(
    r"^Co-authored-by: *(?P<name>.+?) *<(?P<email>[^>]*)>", re.MULTILINE | re.IGNORECASE
)


def commit_view(state: State, store: GitStore, sha: str) -> Commit:
    """Read a commit for a list or for its page."""
    commit = read_commit(store, sha)
    headline, _, body = commit.message.strip().partition("\n")
    return Commit(
        sha=sha,
        headline=headline,
        author=_author(state, commit.author),
        at=commit.committer.at,
        verified=_verified(state, commit),
        body=body.strip(),
        co_authors=tuple(each["name"] for each in _CO_AUTHOR.finditer(commit.message)),
    )


def parents(store: GitStore, sha: str) -> tuple[str, ...]:
    """List the commits from which a commit comes."""
    return read_commit(store, sha).parents


def commit_files(store: GitStore, sha: str) -> tuple[FileDiff, ...]:
    """Compare a commit with its first parent."""
    before = parents(store, sha)
    return changed_files(store, before[0] if before else EMPTY_TREE, sha)


def changed_files(store: GitStore, old: str, new: str) -> tuple[FileDiff, ...]:
    """Compare two commits."""
    return _changes(store.path, old, new)


@lru_cache(maxsize=64)
def _changes(path: Path, old: str, new: str) -> tuple[FileDiff, ...]:
    # What two commits say never changes, and the pages ask again every two seconds.
    return tuple(_file(each) for each in file_diffs(GitStore(path), old, new))


def _file(change: Change) -> FileDiff:
    return FileDiff(
        path=change.path,
        previous_path=change.previous_path or "",
        status=change.status,
        additions=change.additions,
        deletions=change.deletions,
        lines=parse_patch(change.patch) if change.patch else (),
        binary=change.patch is None and change.status == "modified",
    )


def _verified(state: State, commit: Object) -> bool:
    armoured = commit.signature
    return armoured is not None and state.signing_key.verifies(commit.signed_text, armoured)


def _author(state: State, signer: Signer) -> Person:
    """Find the user with that address, or show somebody of whom only the name is known."""
    user = user_of(state, signer)
    return person(user) if user else Person(0, signer.name)
