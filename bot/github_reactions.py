"""Shows one reaction of the bot's at a time on whatever gave it a command."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

Reaction = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
_IN_GRAPHQL: dict[Reaction, str] = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "confused": "CONFUSED",
    "heart": "HEART",
    "hooray": "HOORAY",
    "rocket": "ROCKET",
    "eyes": "EYES",
}


class Api(Protocol):
    """What is needed of GitHub's APIs."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def delete(self, path: str) -> None:
        """Remove something."""

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""


class Reactions:
    """The bot's reactions in one repository, each instead of any before on the same thing."""

    def __init__(self, api: Api, path: str, bot_id: int) -> None:
        self._api = api
        self._path = path
        self._bot_id = bot_id

    def to_issue(self, number: int, content: Reaction) -> None:
        """React to the text of an issue or a pull request."""
        self._react(f"{self._path}/issues/{number}/reactions", content)

    def to_comment(self, comment_id: int, content: Reaction) -> None:
        """React to a comment on an issue or a pull request."""
        self._react(f"{self._path}/issues/comments/{comment_id}/reactions", content)

    def to_review_comment(self, comment_id: int, content: Reaction) -> None:
        """React to a comment on a line of a pull request."""
        self._react(f"{self._path}/pulls/comments/{comment_id}/reactions", content)

    def to_review(self, node_id: str, content: Reaction) -> None:
        """React to the text of a review, which only GraphQL can; an older reaction stays."""
        fields = {"subjectId": node_id, "content": _IN_GRAPHQL[content]}
        self._api.mutate("addReaction", fields, "reaction { content }")

    def _react(self, path: str, content: Reaction) -> None:
        self._api.post(path, {"content": content})
        for reaction in self._api.pages(path):
            user = reaction.get("user") or {}
            if user.get("id") == self._bot_id and reaction["content"] != content:
                self._api.delete(f"{path}/{reaction['id']}")
