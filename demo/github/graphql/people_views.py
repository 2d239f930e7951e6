"""People, labels and reactions as GraphQL shows them."""

from collections.abc import Callable
from typing import Any

from demo.github.graphql.asking import Asking, View
from demo.github.present.issues import CONTENTS
from demo.github.present.people import USER_KINDS, instant, node_id
from demo.github.records import Label, Reaction, Repository, User

CONTENT_WORDS = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "hooray": "HOORAY",
    "confused": "CONFUSED",
    "heart": "HEART",
    "rocket": "ROCKET",
    "eyes": "EYES",
}


def actor_view(asking: Asking, user: User) -> View:
    """Show a person, an organization or a bot; a bot's login has no suffix here."""
    page = f"/{user.login}"
    return {
        "__typename": user.type,
        "id": node_id(USER_KINDS[user.type], user.id),
        "databaseId": user.id,
        "login": user.login.removesuffix("[bot]") if user.type == "Bot" else user.login,
        "name": user.name or None,
        "email": "",
        "avatarUrl": f"{asking.state.url}/static/avatars/{user.id}.svg",
        "resourcePath": page,
        "url": f"{asking.state.url}{page}",
    }


def viewer_view(asking: Asking) -> View:
    """Show who asks; an installation appears as its bot."""
    user = asking.actor.user
    return actor_view(asking, user) | {"__typename": "User", "login": user.login}


def label_view(label: Label) -> View:
    """Show a label."""
    return {
        "id": node_id("LA", label.id),
        "name": label.name,
        "color": label.color,
        "description": label.description,
    }


def reaction_view(asking: Asking, reaction: Reaction) -> View:
    """Show a reaction."""
    person = actor_view(asking, reaction.user) if reaction.user.type == "User" else None
    return {
        "id": node_id("REA", reaction.id),
        "content": CONTENT_WORDS[reaction.content],
        "createdAt": instant(reaction.created_at),
        "user": person,
    }


def reaction_groups(asking: Asking, reactions: list[Reaction]) -> list[View]:
    """Count reactions by kind, and say which are the caller's own."""
    me = asking.actor.user.id

    def group(content: str) -> View:
        mine = [each for each in reactions if each.content == content]
        return {
            "content": CONTENT_WORDS[content],
            "users": {"totalCount": len(mine)},
            "reactors": {"totalCount": len(mine)},
            "viewerHasReacted": any(each.user.id == me for each in mine),
        }

    return [group(content) for content in CONTENTS]


def around(repository: Repository) -> Callable[..., View]:
    """Make the field that leads from a thing to its repository."""

    def resolve(info: Any) -> View:
        ask: Callable[..., View] = info.root_value["repository"]
        return ask(info, owner=repository.owner.login, name=repository.name)

    return resolve
