"""Decides who may give which command in a repository; whatever is unclear is a refusal."""

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Protocol

from bot.commands import (
    Address,
    Answer,
    Approve,
    Ask,
    Autofix,
    Batch,
    Budget,
    Ci,
    Config,
    Each,
    Fix,
    Help,
    Log,
    Packages,
    Plan,
    Reject,
    Remark,
    Retry,
    Review,
    Revise,
    Status,
    Steer,
    Stop,
    Sync,
    Undo,
    Words,
)
from bot.github_errors import GitHubError, NotFound
from bot.github_repository import Permission
from bot.subjects import Person


class Role(IntEnum):
    """What somebody is to a repository, the least first."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5

    @property
    def word(self) -> str:
        """GitHub's word for it."""
        return self.name.lower()


NEEDS: dict[type, Role] = {
    Fix: Role.WRITE,
    Words: Role.WRITE,
    Plan: Role.WRITE,
    Ask: Role.TRIAGE,
    Review: Role.WRITE,
    Approve: Role.WRITE,
    Reject: Role.WRITE,
    Revise: Role.WRITE,
    Answer: Role.WRITE,
    Steer: Role.WRITE,
    Stop: Role.WRITE,
    Retry: Role.WRITE,
    Address: Role.WRITE,
    Ci: Role.WRITE,
    Autofix: Role.WRITE,
    Sync: Role.WRITE,
    Undo: Role.WRITE,
    Budget: Role.MAINTAIN,
    Packages: Role.MAINTAIN,
    Batch: Role.MAINTAIN,
    Each: Role.MAINTAIN,
    Log: Role.TRIAGE,
    Config: Role.TRIAGE,
    Status: Role.READ,
    Help: Role.READ,
    Remark: Role.READ,
}
"""Who may give which command; what is not here starts nothing and is answered to anybody."""
OR_REQUESTER: frozenset[type] = frozenset({Answer, Steer, Stop})
"""What whoever asked for the task may say as well; their handlers check it, who know the task."""


class Why(Enum):
    """Why somebody is refused."""

    TOO_LITTLE = auto()
    OTHER_ACCOUNT = auto()
    UNCHECKED = auto()


@dataclass(frozen=True)
class Allowed:
    """May do it."""

    role: str


@dataclass(frozen=True)
class Refused:
    """May not do it."""

    why: Why
    role: str


class Roles(Protocol):
    """Who may do what in a repository."""

    def permission(self, login: str) -> Permission:
        """Say what somebody may do."""


def allowed(repository: Roles, sender: Person, needs: Role = Role.WRITE) -> Allowed | Refused:
    """Ask GitHub, now, whether the sender has this role in the repository, or a greater one.

    The repository tries again by itself when GitHub fails; after that the answer is a refusal.
    """
    try:
        permission = repository.permission(sender.login)
    except NotFound:
        return Refused(Why.TOO_LITTLE, "no")
    except (GitHubError, KeyError, TypeError, ValueError):
        return Refused(Why.UNCHECKED, "unknown")
    if permission.user_id != sender.id:
        # A login can be given up and taken by somebody else; the id of an account stays.
        return Refused(Why.OTHER_ACCOUNT, permission.role)
    if role_of(permission) >= needs:
        return Allowed(permission.role)
    return Refused(Why.TOO_LITTLE, permission.role if permission.role != "none" else "no")


def role_of(permission: Permission) -> Role:
    """Return the role; the name of one counts only as far as the level that GitHub gives with it.

    A role of an organisation's own may have any name, and has the level of what it is built on.
    """
    level = _ROLES.get(permission.level, Role.NONE)
    named = _ROLES.get(permission.role, Role.NONE)
    return named if (level, named) in _FINER else level


_ROLES = {role.word: role for role in Role}
_FINER = {(Role.WRITE, Role.MAINTAIN), (Role.READ, Role.TRIAGE)}
"""What GitHub counts as the first, though it is the second."""
