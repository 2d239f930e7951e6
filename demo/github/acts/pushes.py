"""What follows when refs move, by whatever road: git push, REST or GraphQL."""

from dataclasses import dataclass
from typing import Any

from demo.github.acts.announce import announce
from demo.github.acts.issues import announce_issue, close_issue
from demo.github.acts.outdating import follow_comments
from demo.github.git_commit import Commit, Person, read_commit
from demo.github.git_store import ZERO
from demo.github.present.commits import user_of
from demo.github.present.people import instant
from demo.github.present.repositories import repository_page
from demo.github.records import Actor, Issue, Pull, Repository
from demo.github.state import State

MOST_COMMITS_TOLD = 20


@dataclass(frozen=True)
class RefMove:
    """A ref that points elsewhere now; None on a side where it does not exist."""

    ref: str
    old: str | None
    new: str | None


def publish_head(repository: Repository, number: int, sha: str) -> None:
    """Let the head of a pull request be fetched under its number."""
    repository.git.update_ref(f"refs/pull/{number}/head", sha)


def take_from_fork(repository: Repository, fork: Repository, branch: str) -> None:
    """Bring the objects of a fork's branch to its parent."""
    repository.git.run(
        "fetch", "--quiet", "--no-write-fetch-head", str(fork.path), f"refs/heads/{branch}"
    )


def follow_push(
    state: State, repository: Repository, actor: Actor, branch: str, new_sha: str | None
) -> None:
    """Move the pull requests that come from a branch, or go to it, after a push."""
    for issue, pull in _open_pulls(repository):
        is_head = branch == pull.head_ref and pull.fork is None
        if branch == pull.base_ref and new_sha is not None:
            pull.base_sha = new_sha
        if new_sha is None and (is_head or branch == pull.base_ref):
            close_issue(state, repository, issue, actor)
        elif new_sha is not None and is_head:
            _move_head(state, repository, actor, issue, new_sha)
    if repository.parent is not None and new_sha is not None:
        for issue, pull in _open_pulls(repository.parent):
            if pull.fork is repository and branch == pull.head_ref:
                take_from_fork(repository.parent, repository, branch)
                _move_head(state, repository.parent, actor, issue, new_sha)


def _open_pulls(repository: Repository) -> list[tuple[Issue, Pull]]:
    return [
        (issue, issue.pull)
        for issue in repository.issues.values()
        if issue.pull is not None and issue.state == "open"
    ]


def _move_head(
    state: State, repository: Repository, actor: Actor, issue: Issue, new_sha: str
) -> None:
    pull = issue.pull
    assert pull is not None  # noqa: S101 - the caller has looked
    before, pull.head_sha = pull.head_sha, new_sha
    publish_head(repository, issue.number, new_sha)
    follow_comments(repository, pull, before, new_sha)
    details = {"action": "synchronize", "before": before, "after": new_sha}
    announce_issue(state, repository, issue, actor, details)


def pushed(state: State, repository: Repository, actor: Actor, move: RefMove) -> None:
    """Move pull requests along and tell the Apps."""
    repository.pushed_at = state.now()
    repository.ref_moves[move.ref] = (state.now(), move.old)
    if move.ref.startswith("refs/heads/"):
        branch = move.ref.removeprefix("refs/heads/")
        follow_push(state, repository, actor, branch, move.new)
    if state.installations_on(repository):
        announce(state, repository, "push", actor, _details(state, repository, actor, move))
    if move.old is None or move.new is None:
        _announce_birth_or_death(state, repository, actor, move)


def _announce_birth_or_death(
    state: State, repository: Repository, actor: Actor, move: RefMove
) -> None:
    kind, _, name = move.ref.removeprefix("refs/").partition("/")
    details: dict[str, Any] = {
        "ref": name,
        "ref_type": "tag" if kind == "tags" else "branch",
        "pusher_type": "user",
    }
    if move.old is None:
        details |= {"master_branch": repository.default_branch, "description": None}
    announce(state, repository, "create" if move.old is None else "delete", actor, details)


def _details(state: State, repository: Repository, actor: Actor, move: RefMove) -> dict[str, Any]:
    page = repository_page(state, repository)
    before, after = move.old or ZERO, move.new or ZERO
    commits = _new_commits(repository, move)
    shown = [_commit(state, repository, each) for each in commits]
    forced = (
        move.old is not None
        and move.new is not None
        and not repository.git.is_ancestor(move.old, move.new)
    )
    return {
        "ref": move.ref,
        "before": before,
        "after": after,
        "created": move.old is None,
        "deleted": move.new is None,
        "forced": forced,
        "base_ref": None,
        "compare": f"{page}/compare/{before[:12]}...{after[:12]}",
        "commits": shown,
        "head_commit": shown[-1] if shown else None,
        "pusher": {"name": actor.user.login, "email": actor.user.email},
    }


def _new_commits(repository: Repository, move: RefMove) -> list[Commit]:
    git = repository.git
    if move.new is None or git.kind(move.new) != "commit":
        return []
    known = [f"^{move.old}"] if move.old else [f"^{repository.default_branch}"]
    if not move.old and move.ref == f"refs/heads/{repository.default_branch}":
        known = []
    shas = git.commits(move.new, *known, limit=MOST_COMMITS_TOLD)
    return [read_commit(git, sha) for sha in reversed(shas)]


def _commit(state: State, repository: Repository, commit: Commit) -> dict[str, Any]:
    names = repository.git.text(
        "diff-tree", "--root", "-r", "--no-commit-id", "--name-status", commit.sha
    )
    changed: dict[str, list[str]] = {"A": [], "D": [], "M": []}
    for line in names.splitlines():
        letter, path = line.split("\t", 1)
        changed.setdefault(letter[0], []).append(path)
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message.rstrip("\n"),
        "timestamp": instant(commit.committer.at),
        "url": f"{repository_page(state, repository)}/commit/{commit.sha}",
        "author": _person(state, commit.author),
        "committer": _person(state, commit.committer),
        "added": changed["A"],
        "removed": changed["D"],
        "modified": changed["M"],
    }


def _person(state: State, person: Person) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": person.name, "email": person.email}
    user = user_of(state, person)
    return shown | ({"username": user.login} if user else {})
