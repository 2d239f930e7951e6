"""What every handler is given, and what it gives back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from bot.comments import Limits
from bot.comments.not_started import no_default_branch_comment
from bot.conversation import Conversation
from bot.events import type_of_thread_event
from bot.github_errors import Conflict, NotFound
from bot.github_reactions import Reaction
from bot.github_repository import GitHubRepository
from bot.limits import Allowance
from bot.model_settings import Model
from bot.permissions import Allowed, allowed
from bot.project import PROJECT_FILE, Project, Projects
from bot.redaction import Redactor
from records.deliveries import DeliveryState
from records.effects import Effects
from records.tasks import Tasks

READ_CONTENTS = {"contents": "read", "metadata": "read"}
_DAY_S = 86_400


class GitHub(Protocol):
    """The way to a repository; `bot.github_app.GitHubApp` has it."""

    def kept_repository(
        self, installation_id: int, repository_id: int, permissions: Mapping[str, str], /
    ) -> GitHubRepository:
        """Open a repository with a token for it alone."""

    def require(self, installation_id: int, wanted: Mapping[str, str], /) -> None:
        """Raise PermissionsMissing unless the App has all of this."""

    def slug(self) -> str:
        """Return the App's name in addresses, by which people mention it."""

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
    plan_label: str = "agent:plan"
    ask_label: str = "agent:ask"
    attempts_label: str = "agent:attempts"
    attempts_most: int = 3
    budget_most_times: float = 5.0
    """How many times its limits a task may come to."""
    review_quiet_s: float = 45.0
    """How long a review has to be quiet before a round begins."""
    models: tuple[Model, ...] = ()
    """Those that a task may be worked on with, the usual one first."""
    allowance: Allowance = field(default_factory=Allowance)
    """What a repository may have in a day, by the operator's word."""
    protected: Callable[[str], str] = lambda _: ""
    """Says why a path is never changed by the bot, or nothing."""
    projects: Projects = field(default_factory=lambda: Projects(lambda _: Project()))
    """What the repositories say of themselves; without a reader, nothing."""
    task_url: Callable[[str], str] = lambda _: ""
    clean: Callable[[str], str] = field(default_factory=lambda: Redactor().clean)
    """Takes secrets out of what is said; without one, those with a known form."""
    now: Callable[[], float] = time.time


@dataclass(frozen=True)
class Request:
    """What one person did in one thread, a command or something else, and the way to answer it."""

    event: type_of_thread_event
    conversation: Conversation
    context: Context
    _read: dict[str, Project] = field(default_factory=dict, repr=False, compare=False)
    """What was read of the repository's file while this is answered."""

    def say(self, kind: str, body: str) -> int:
        """Answer, once for this event and kind of answer."""
        return self._say(f"{kind}:{self.event.key}", body)

    def answer(self, kind: str, body: str) -> None:
        """Answer a question that anybody may ask; from the second on, strangers get a reaction."""
        shared = self.strangers_key()
        if shared:
            self.conversation.react_if_spare("eyes")
        else:
            self.conversation.react("hooray")
        self._say(shared or f"{kind}:{self.event.key}", body)

    def strangers_key(self) -> str:
        """Return the key that all answers to people without write access share; for others nothing.

        They get one an issue and day: else anybody could make the bot write without end.
        """
        sender = self.event.sender
        # A bot may be one that answers, whatever it may do here.
        if not sender.is_bot and isinstance(allowed(self.conversation.repository, sender), Allowed):
            return ""
        return f"stranger:{self.today()}"

    def project(self) -> Project:
        """Return what the repository's default branch says now; raises GitHubError.

        PermissionsMissing where the App may not read the repository's contents; UserError where
        there is no such branch, as before the first commit.
        """
        event, context = self.event, self.context
        if not self._read:
            repository = context.github.kept_repository(
                event.installation_id, event.repository.id, READ_CONTENTS
            )
            branch = event.repository.default_branch or repository.default_branch()
            try:
                found = context.projects.of(event.repository.id, repository, branch)
            except (Conflict, NotFound) as missing:
                words = no_default_branch_comment(context.command, branch)
                raise UserError(words, why=f"no branch {branch}: {missing}") from missing
            self._read[PROJECT_FILE] = found
        return self._read[PROJECT_FILE]

    def today(self) -> str:
        """Return the day, in UTC."""
        return datetime.fromtimestamp(self.context.now(), UTC).date().isoformat()

    def _say(self, key: str, body: str) -> int:
        return self.conversation.say(key, body, since=self.context.now() - 2 * _DAY_S)


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
