"""Users, organizations and bots as GitHub's JSON."""

from datetime import UTC, datetime
from typing import Any

from demo.github.records import Repository, User
from demo.github.state import State

Json = dict[str, Any]

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def api(state: State) -> str:
    """Where the REST API of this GitHub is."""
    return f"{state.url}/api/v3"


def instant(at: float) -> str:
    """Write a time as GitHub does."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_or_none(at: float | None) -> str | None:
    """Write a time that may not have come yet."""
    return None if at is None else instant(at)


def node_id(kind: str, number: int | str) -> str:
    """Make the id with which GraphQL speaks of a thing."""
    return f"{kind}_{number}"


USER_KINDS = {"User": "U", "Bot": "BOT", "Organization": "O"}


def user_json(state: State, user: User) -> Json:
    """Write a user as it stands inside other things."""
    url = f"{api(state)}/users/{user.login}"
    page = f"/apps/{user.login.removesuffix('[bot]')}" if user.type == "Bot" else f"/{user.login}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id(USER_KINDS[user.type], user.id),
        "avatar_url": f"{state.url}/static/avatars/{user.id}.svg",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{state.url}{page}",
        **{key: f"{url}{path}" for key, path in USER_LINKS.items()},
        "type": user.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def user_or_none_json(state: State, user: User | None) -> Json | None:
    """Write a user that may be missing."""
    return None if user is None else user_json(state, user)


def profile_json(state: State, user: User) -> Json:
    """Write a user as on its own address."""
    owned = [each for each in state.repositories if each.owner.id == user.id and not each.private]
    return user_json(state, user) | {
        "name": user.name or None,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": len(owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": instant(user.created_at),
        "updated_at": instant(user.created_at),
    }


def association(repository: Repository, user: User) -> str:
    """Say what an author is to a repository."""
    if user.id == repository.owner.id:
        return "OWNER"
    if user.login.lower() in repository.collaborators:
        return "COLLABORATOR"
    return "NONE"


def role_permissions(role: str) -> dict[str, bool]:
    """Spell a role out as the five permissions of a collaborator."""
    order = ("read", "triage", "write", "maintain", "admin")
    reached = order.index(role) if role in order else -1
    names = {"read": "pull", "write": "push"}
    return {names.get(each, each): index <= reached for index, each in enumerate(order)}
