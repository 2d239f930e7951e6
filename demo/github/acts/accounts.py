"""Accounts and what belongs to them: users, Apps, installations and tokens."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from demo.github.acts.announce import announce_installation
from demo.github.errors import GitHubError
from demo.github.present.apps import installation_json
from demo.github.present.people import node_id, user_json
from demo.github.records import Actor, App, Installation, Repository, Token, User
from demo.github.state import State

HOUR_S = 3600.0
BOT_PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "checks": "write",
    "actions": "write",
}
BOT_EVENTS = (
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "check_suite",
    "check_run",
    "push",
    "repository",
)


@dataclass(frozen=True)
class NewApp:
    """What an App says about itself when it is registered."""

    slug: str
    owner: User
    name: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    permissions: Mapping[str, str] | None = None
    events: Sequence[str] | None = None
    description: str = ""
    external_url: str = ""


def create_user(state: State, login: str, kind: str = "User", name: str = "") -> User:
    """Open an account, or find it if it is there."""
    there = state.users.get(login.lower())
    if there is not None:
        return there
    user = User(state.next_id(), login, kind, name, state.now())
    state.users[login.lower()] = user
    return user


def create_app(state: State, new: NewApp) -> tuple[App, str]:
    """Register an App; its private key is given once and not kept."""
    if any(app.slug == new.slug for app in state.apps):
        raise GitHubError(422, f"Name {new.slug} is already in use")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    app_id = state.next_id()
    app = App(
        id=app_id,
        slug=new.slug,
        name=new.name or new.slug,
        owner=new.owner,
        bot=create_user(state, f"{new.slug}[bot]", "Bot"),
        public_key_pem=_public_pem(key),
        client_id=f"Iv1.{secrets.token_hex(8)}",
        webhook_url=new.webhook_url,
        webhook_secret=new.webhook_secret,
        hook_id=state.next_id(),
        permissions=dict(new.permissions or BOT_PERMISSIONS),
        events=list(new.events if new.events is not None else BOT_EVENTS),
        created_at=state.now(),
        description=new.description,
        external_url=new.external_url,
    )
    state.apps.append(app)
    return app, _private_pem(key)


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    raw = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw.decode()


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    raw = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return raw.decode()


def renew_key(app: App) -> str:
    """Give an App a new private key; the old one opens nothing any more."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    app.public_key_pem = _public_pem(key)
    return _private_pem(key)


def install(state: State, app: App, repository: Repository) -> Installation:
    """Put an App on a repository: a new installation, or one repository more."""
    for installation in state.installations:
        if installation.app.id == app.id and installation.account.id == repository.owner.id:
            if installation.repositories is not None and not installation.covers(repository):
                installation.repositories.append(repository)
                _tell(state, installation, "installation_repositories", repository)
            return installation
    installation = Installation(
        id=state.next_id(),
        app=app,
        account=repository.owner,
        permissions=dict(app.permissions),
        events=list(app.events),
        created_at=state.now(),
        repositories=[repository],
    )
    state.installations.append(installation)
    _tell(state, installation, "installation", repository)
    return installation


def _short(repository: Repository) -> dict[str, Any]:
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
    }


def _tell(state: State, installation: Installation, event: str, repository: Repository) -> None:
    short = _short(repository)
    details: dict[str, Any] = {"installation": installation_json(state, installation)}
    if event == "installation":
        details |= {"action": "created", "repositories": [short], "requester": None}
    else:
        details |= {
            "action": "added",
            "repository_selection": "selected",
            "repositories_added": [short],
            "repositories_removed": [],
            "requester": None,
        }
    announce_installation(state, installation, Actor(installation.account), event, details)


def suspend(state: State, installation: Installation, actor: Actor, *, suspended: bool) -> None:
    """Stop an installation, or let it work again; its App is told."""
    installation.suspended_at = state.now() if suspended else None
    shown = installation_json(state, installation)
    if suspended:
        shown["suspended_by"] = user_json(state, actor.user)
    action = "suspend" if suspended else "unsuspend"
    details: dict[str, Any] = {"action": action, "installation": shown}
    announce_installation(state, installation, actor, "installation", details)


def uninstall(state: State, installation: Installation, actor: Actor) -> None:
    """Take an App off an account; its tokens open nothing any more, and it is told."""
    details = {"action": "deleted", "installation": installation_json(state, installation)}
    state.installations.remove(installation)
    for value, token in list(state.tokens.items()):
        if token.installation is installation:
            del state.tokens[value]
    announce_installation(state, installation, actor, "installation", details)


def uninstall_from(
    state: State, installation: Installation, actor: Actor, repository: Repository
) -> None:
    """Take one repository from an installation, and tell its App."""
    if installation.repositories is None or not installation.covers(repository):
        raise GitHubError(422, "The installation has all repositories or not this one")
    installation.repositories.remove(repository)
    details = {
        "action": "removed",
        "installation": installation_json(state, installation),
        "repository_selection": "selected",
        "repositories_added": [],
        "repositories_removed": [_short(repository)],
        "requester": None,
    }
    announce_installation(state, installation, actor, "installation_repositories", details)


def create_user_token(state: State, user: User) -> Token:
    """Give a person a token of the classic kind, which may do what the person may."""
    return state.issue_token("ghp_", Token(user=user, created_at=state.now()))


def create_installation_token(
    state: State,
    installation: Installation,
    permissions: Mapping[str, str],
    repositories: list[Repository] | None,
) -> Token:
    """Give an App a token for an installation: one hour, and no more than is asked for."""
    now = state.now()
    token = Token(
        user=installation.app.bot,
        created_at=now,
        expires_at=now + HOUR_S,
        installation=installation,
        permissions=dict(permissions),
        repositories=repositories,
    )
    return state.issue_token("ghs_", token)
