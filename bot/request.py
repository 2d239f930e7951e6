"""What every handler is given, and what it gives back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.comments import Limits
from bot.conversation import Conversation
from bot.events import IssueCommented, IssueLabeled, IssueOpened
from bot.github_repository import GitHubRepository, Reaction
from bot.redaction import Redactor
from records.deliveries import DeliveryState
from records.effects import Effects
from records.tasks import Tasks


class GitHub(Protocol):
    """The way to a repository; `bot.github_app.GitHubApp` has it."""

    def kept_repository(
        self, installation_id: int, repository_id: int, permissions: Mapping[str, str], /
    ) -> GitHubRepository:
        """Open a repository with a token for it alone."""

    def forget(self, installation_id: int, repository_id: int, /) -> None:
        """Drop a token that GitHub no longer takes."""


@dataclass(frozen=True)
class Context:
    """The services and settings of the process that handles deliveries."""

    tasks: Tasks
    effects: Effects
    github: GitHub
    wake: Callable[[str], None]
    """Rings for a task; it may be lost, since the clock rings again."""
    secret: bytes
    """What the markers of the bot's own comments are made with."""
    limits: Limits
    command: str = "/agent"
    fix_label: str = "agent:fix"
    model: str = ""
    task_url: Callable[[str], str] = lambda _: ""
    clean: Callable[[str], str] = field(default_factory=lambda: Redactor().clean)
    """Takes secrets out of what is said; without one, those with a known form."""
    now: Callable[[], float] = time.time


@dataclass(frozen=True)
class Request:
    """One command of one person in one thread."""

    event: IssueCommented | IssueLabeled | IssueOpened
    conversation: Conversation
    context: Context

    def say(self, kind: str, body: str) -> int:
        """Answer, once for this event and kind of answer."""
        now = self.context.now()
        return self.conversation.say(f"{kind}:{self.event.key}", body, since=now - 86_400)


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery, with one sentence for the records."""

    state: DeliveryState
    detail: str


class UserError(Exception):
    """Nothing was done, for a reason that the person who asked is told on the issue."""

    def __init__(
        self, words: str, *, why: str, once: str = "", reaction: Reaction = "confused"
    ) -> None:
        super().__init__(why)
        self.words = words
        self.once = once
        """Says which refusals count as the same, if not only those of the same event."""
        self.reaction = reaction
