"""Says what a caller may do in a repository, and in which words it is refused."""

from dataclasses import dataclass

from demo.github.auth import Caller
from demo.github.errors import BadCredentials, Forbidden, NotFound
from demo.github.records import ROLES, Repository, Token

LEVELS = ("none", "read", "write", "admin")


@dataclass(frozen=True)
class Need:
    """What an operation asks of its caller.

    An installation needs one of `permissions` at `level`; a person needs `role`.
    """

    permissions: tuple[str, ...] = ("metadata",)
    level: str = "read"
    role: str = "read"


def in_reach(token: Token, repository: Repository) -> bool:
    """Say whether an installation token was given for a repository."""
    if token.installation is None or not token.installation.covers(repository):
        return False
    return token.repositories is None or any(
        each.id == repository.id for each in token.repositories
    )


def may(caller: Caller, repository: Repository, need: Need) -> bool:
    """Say whether a caller that sees a repository may do this in it."""
    token = caller.token
    if token is None:
        return not repository.private and need.level == "read"
    if token.installation is None:
        return ROLES.index(repository.role_of(token.user)) >= ROLES.index(need.role)
    if not in_reach(token, repository):
        return need.level == "read"
    wanted = LEVELS.index(need.level)
    given = (token.permissions.get(each, "none") for each in need.permissions)
    return any(LEVELS.index(each) >= wanted for each in given)


def sees(caller: Caller, repository: Repository) -> bool:
    """Say whether a caller may know that a repository exists."""
    token = caller.token
    if token is not None and token.installation is not None:
        return not repository.private or in_reach(token, repository)
    return repository.role_of(caller.user) != "none"


def demand(caller: Caller, repository: Repository, need: Need) -> None:
    """Refuse what a caller may not do, as GitHub words it."""
    if not sees(caller, repository):
        raise NotFound
    if repository.archived and need.level != "read":
        raise Forbidden("Repository was archived so is read-only.")
    if may(caller, repository, need):
        return
    if caller.installation is not None:
        raise Forbidden
    if caller.user is None:
        raise BadCredentials("Requires authentication")
    if need.role == "admin":
        raise Forbidden("Must have admin rights to Repository.")
    raise Forbidden(f"Must have {need.role} access to the repository.")
