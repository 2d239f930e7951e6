"""Commits that this GitHub makes for somebody: on a branch, from files, signed by itself."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo.github.auth import Caller
from demo.github.errors import Forbidden, GitHubError
from demo.github.git_commit import NewCommit, Person, write_commit
from demo.github.git_store import ZERO, GitStore
from demo.github.permissions import LEVELS
from demo.github.records import Repository
from demo.github.state import State

WORKFLOWS = ".github/workflows/"
WEB_COMMITTER = ("GitHub", "noreply@github.com")


@dataclass(frozen=True)
class FileChanges:
    """Files with their new content, and files that go."""

    additions: Mapping[str, bytes] = field(default_factory=dict)
    deletions: tuple[str, ...] = ()

    @property
    def paths(self) -> set[str]:
        """All paths that change."""
        return {*self.additions, *self.deletions}


@dataclass(frozen=True)
class NewVersion:
    """What is to be the newest commit of a branch."""

    branch: str
    parent: str
    message: str
    changes: FileChanges


def may_touch_workflows(caller: Caller) -> bool:
    """Say whether a caller may change workflow files; people may, Apps need the permission."""
    token = caller.token
    if token is None or token.installation is None:
        return True
    return LEVELS.index(token.permissions.get("workflows", "none")) >= LEVELS.index("write")


def commit_changes(
    state: State, repository: Repository, caller: Caller, version: NewVersion
) -> str:
    """Make a commit, move the branch to it, and give its id."""
    touched = [each for each in version.changes.paths if each.startswith(WORKFLOWS)]
    if touched and not may_touch_workflows(caller):
        raise Forbidden
    user, now = caller.actor().user, state.now()
    store = repository.git
    new = NewCommit(
        tree=changed_tree(store, version.parent, version.changes),
        parents=(version.parent,),
        author=Person(user.name or user.login, user.email, now),
        committer=Person(*WEB_COMMITTER, now),
        message=version.message,
    )
    sha = write_commit(store, new, state.signing_key)
    store.update_ref(f"refs/heads/{version.branch}", sha, version.parent)
    return sha


def changed_tree(store: GitStore, base: str, changes: FileChanges) -> str:
    """Write the tree of a commit with some files changed; a file keeps its mode."""
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        store.run("read-tree", base, environment=index)
        lines = [_removal(store, base, path) for path in changes.deletions]
        for path, content in changes.additions.items():
            check_path(path)
            mode = _mode(store, base, path)
            lines.append(f"{mode} {store.write_object('blob', content)}\t{path}".encode())
        text = b"".join(line + b"\0" for line in lines)
        store.run("update-index", "--add", "--remove", "-z", "--index-info",
                  stdin=text, environment=index)  # fmt: skip
        return store.run("write-tree", environment=index).decode().strip()


def _removal(store: GitStore, base: str, path: str) -> bytes:
    if not store.tree(base, path=path):
        raise GitHubError(422, f"A file was requested to be deleted but does not exist: {path}")
    return f"0 {ZERO}\t{path}".encode()


def _mode(store: GitStore, base: str, path: str) -> str:
    found = store.tree(base, path=path)
    return found[0].mode if found and found[0].type == "blob" else "100644"


def check_path(path: str) -> None:
    """Refuse a path that git would not have in a tree."""
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise GitHubError(422, f"A path was requested for addition which is invalid: {path}")
