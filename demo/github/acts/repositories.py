"""Repositories: making them, from nothing or from git history, and who may do what in them."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from demo.github.acts.announce import announce
from demo.github.errors import GitHubError, Invalid
from demo.github.git_store import GitStore, create_bare
from demo.github.records import ROLES, Actor, Label, Repository, User
from demo.github.state import State

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
DEFAULT_LABELS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("invalid", "e4e669", "This doesn't seem right"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)


@dataclass(frozen=True)
class NewRepository:
    """What a repository is to be."""

    owner: User
    name: str
    default_branch: str = "main"
    private: bool = True
    description: str | None = None


def create_repository(state: State, new: NewRepository) -> Repository:
    """Make an empty repository."""
    wanted = f"{new.owner.login}/{new.name}".lower()
    if any(each.full_name.lower() == wanted for each in state.repositories):
        raise Invalid("Repository", "name", "custom", "name already exists on this account")
    if not NAME.fullmatch(new.name) or new.name.startswith("."):
        raise Invalid("Repository", "name", "invalid")
    repository_id = state.next_id()
    path = state.data_dir / "git" / f"{repository_id}-{new.name}.git"
    # The state is in memory only: what an earlier process left here belongs to nobody.
    shutil.rmtree(path, ignore_errors=True)
    create_bare(path, new.default_branch)
    repository = Repository(
        id=repository_id,
        owner=new.owner,
        name=new.name,
        path=path,
        created_at=state.now(),
        default_branch=new.default_branch,
        private=new.private,
        description=new.description,
    )
    repository.labels += [Label(state.next_id(), *each) for each in DEFAULT_LABELS]
    state.repositories.append(repository)
    return repository


def fork_repository(state: State, parent: Repository, user: User) -> Repository:
    """Copy a repository into somebody's account, from where pull requests to it can come."""
    new = NewRepository(user, parent.name, parent.default_branch, parent.private)
    fork = create_repository(state, new)
    fill_repository(fork, parent.path)
    fork.parent = parent
    return fork


def fill_repository(repository: Repository, source: Path | str, branch: str | None = None) -> None:
    """Copy the history of another repository: all its branches and tags, or one branch."""
    store = repository.git
    wanted = (
        [f"+refs/heads/{branch}:refs/heads/{branch}"]
        if branch
        else ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    )
    store.run("fetch", "--quiet", "--no-write-fetch-head", str(source), *wanted)
    heads = [each.removeprefix("refs/heads/") for each in store.refs("refs/heads/")]
    if not heads:
        raise GitHubError(422, f"{source} has no branch to copy")
    if repository.default_branch not in heads:
        repository.default_branch = branch or _first_branch(source, heads)
        store.run("symbolic-ref", "HEAD", f"refs/heads/{repository.default_branch}")


def _first_branch(source: Path | str, heads: list[str]) -> str:
    said = GitStore(Path()).run("ls-remote", "--symref", str(source), "HEAD").decode()
    for line in said.splitlines():
        if line.startswith("ref: refs/heads/"):
            name = line.split("\t")[0].removeprefix("ref: refs/heads/")
            if name in heads:
                return name
    return "master" if "master" in heads else min(heads)


def rename(state: State, repository: Repository, actor: Actor, name: str) -> None:
    """Give a repository another name; under the old one it answers with a redirect."""
    before, repository.name = repository.name, name
    repository.old_names.append(f"{repository.owner.login}/{before}".lower())
    changes = {"repository": {"name": {"from": before}}}
    announce(state, repository, "repository", actor, {"action": "renamed", "changes": changes})


def set_private(state: State, repository: Repository, actor: Actor, *, private: bool) -> None:
    """Hide a repository from strangers, or show it to everybody."""
    if repository.private != private:
        repository.private = private
        action = "privatized" if private else "publicized"
        announce(state, repository, "repository", actor, {"action": action})


def set_archived(state: State, repository: Repository, actor: Actor, *, archived: bool) -> None:
    """Make a repository read-only, or let it change again."""
    if repository.archived != archived:
        repository.archived = archived
        action = "archived" if archived else "unarchived"
        announce(state, repository, "repository", actor, {"action": action})


def set_role(repository: Repository, user: User, role: str) -> None:
    """Give a user a role in a repository, or take it away with "none"."""
    if role not in ROLES:
        raise Invalid("Collaborator", "permission", "invalid")
    if role == "none":
        repository.collaborators.pop(user.login.lower(), None)
    else:
        repository.collaborators[user.login.lower()] = role


def find_label(repository: Repository, name: str) -> Label | None:
    """Find a label of a repository by name, whatever the case."""
    for label in repository.labels:
        if label.name.lower() == name.lower():
            return label
    return None


def label_named(state: State, repository: Repository, name: str) -> Label:
    """Find a label, or make it grey as GitHub does when an issue gets an unknown one."""
    label = find_label(repository, name)
    if label is None:
        label = Label(state.next_id(), name)
        repository.labels.append(label)
    return label
