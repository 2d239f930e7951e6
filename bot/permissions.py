"""Decides whether somebody may start work in a repository; whatever is unclear is a refusal."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from bot.events import Person
from bot.github_errors import GitHubError, NotFound
from bot.github_repository import Permission

_MAY_WRITE = frozenset({"admin", "maintain", "write"})


class Why(Enum):
    """Why somebody is refused."""

    NO_WRITE = auto()
    OTHER_ACCOUNT = auto()
    UNCHECKED = auto()


@dataclass(frozen=True)
class Allowed:
    """May start work."""

    role: str


@dataclass(frozen=True)
class Refused:
    """May not start work."""

    why: Why
    role: str


class Roles(Protocol):
    """Who may do what in a repository."""

    def permission(self, login: str) -> Permission:
        """Say what somebody may do."""


def allowed(repository: Roles, sender: Person) -> Allowed | Refused:
    """Ask GitHub, now, whether the sender may write to the repository.

    The repository tries again by itself when GitHub fails; after that the answer is a refusal.
    """
    try:
        permission = repository.permission(sender.login)
    except NotFound:
        return Refused(Why.NO_WRITE, "no")
    except (GitHubError, KeyError, TypeError, ValueError):
        return Refused(Why.UNCHECKED, "unknown")
    if permission.user_id != sender.id:
        # A login can be given up and taken by somebody else; the id of an account stays.
        return Refused(Why.OTHER_ACCOUNT, permission.role)
    if permission.level in _MAY_WRITE:
        return Allowed(permission.role)
    return Refused(Why.NO_WRITE, permission.role if permission.role != "none" else "no")
