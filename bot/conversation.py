"""Speaks in one thread: each comment once, one reaction at a time, one status comment per task."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.boxes import Boxes
from bot.comments import fitted, marker
from bot.github_errors import GitHubError, NotFound
from bot.github_reactions import Reaction
from bot.github_repository import GitHubRepository
from bot.redaction import Redactor
from records.effects import Ambiguous, Effects
from records.task import Lease, Task

_IN_NOBODYS_WAY_S = 5.0
"""What may be written in so many seconds takes nobody's place."""

_log = structlog.get_logger()


def scope_of(repository_id: int, number: int) -> str:
    """Return what the ledger files a thread's effects under."""
    return f"issue:{repository_id}:{number}"


@dataclass(frozen=True)
class Conversation:
    """An issue or pull request, and the comment in it that gave the command, if one did."""

    repository: GitHubRepository
    effects: Effects
    secret: bytes
    """What the markers of the bot's own comments are made with."""
    repository_id: int
    number: int
    comment_id: int | None = None
    review_comment_id: int | None = None
    """The comment on a line that gave the command, if one did."""
    review: str = ""
    """The review, by its GraphQL id, whose text gave the command, if one did."""
    is_button: bool = False
    """Whether a box or a button gave the command, so that there is nothing to react to."""
    clean: Callable[[str], str] = field(default_factory=lambda: Redactor().clean)
    """Takes secrets out of every body, once more; without one, those with a known form."""

    @classmethod
    def of(
        cls,
        task: Task,
        repository: GitHubRepository,
        effects: Effects,
        secret: bytes,
        *,
        clean: Callable[[str], str] | None = None,
    ) -> "Conversation":
        """Return the thread that a task was asked for in."""
        return cls(
            repository=repository,
            effects=effects,
            secret=secret,
            repository_id=task.repository_id,
            number=task.issue_number,
            comment_id=task.trigger_comment_id,
            clean=clean or Redactor().clean,
        )

    def say(self, key: str, body: str, *, since: float, lease: Lease | None = None) -> int:
        """Write a comment, once for each key, and return its id.

        `since` is a time before which this comment cannot have been written.
        """
        mark = marker(self.secret, self.scope, key)
        text = self._text(mark, body)

        def write() -> dict[str, int]:
            return {"comment_id": self.repository.create_comment(self.number, text).id}

        def find() -> dict[str, int] | None:
            found = self.repository.own_comment(self.number, mark, since)
            return {"comment_id": found.id} if found else None

        done = self.effects.once(self.scope, key, do=write, look=find, lease=lease)
        return int(done["comment_id"])

    def edit(self, comment_id: int, key: str, body: str) -> None:
        """Replace the text of a comment that was said with this key; NotFound if it is gone."""
        mark = marker(self.secret, self.scope, key)
        self.repository.edit_comment(comment_id, self._text(mark, body))

    def show_status(self, task: Task, body: str, *, lease: Lease | None = None) -> int:
        """Write or edit the status comment of a task and return its id, which the caller stores.

        A comment that somebody deleted is written anew, once; after that it stays deleted.
        """
        if task.status_comment_id is None:
            return self._say_status(f"status:{task.id}", task, body, lease)
        mark = marker(self.secret, self.scope, f"status:{task.id}")
        try:
            self.repository.edit_comment(task.status_comment_id, self._text(mark, body))
        except NotFound:
            return self._say_status(f"status:{task.id}:again", task, body, lease)
        return task.status_comment_id

    def _say_status(self, key: str, task: Task, body: str, lease: Lease | None) -> int:
        # A little earlier than the task: the clocks of two machines may differ.
        return self.say(key, body, since=task.created_at - 300, lease=lease)

    def _text(self, mark: str, body: str) -> str:
        return fitted(self.boxes.sealed(f"{mark}\n{self.clean(body)}"))

    @property
    def boxes(self) -> Boxes:
        """The boxes in the bot's comments here."""
        return Boxes(self.secret, self.repository_id, self.number)

    @property
    def scope(self) -> str:
        """What the ledger files this thread's effects under."""
        return scope_of(self.repository_id, self.number)

    def react(self, content: Reaction) -> None:
        """Show one reaction on the command; a failure is only logged: the comments say the same."""
        try:
            self._react(content)
        except (GitHubError, Ambiguous) as error:
            _log.info("reaction.failed", issue=self.number, content=content, error=str(error))

    def react_if_spare(self, content: Reaction) -> None:
        """Show a reaction that can be missed, unless the writes that are left are for the work.

        Anybody may write comments without end, and each reaction is a write of the installation's.
        """
        if self.repository.spare_in() <= _IN_NOBODYS_WAY_S:
            self.react(content)

    def _react(self, content: Reaction) -> None:
        reactions = self.repository.reactions
        if self.is_button:
            return
        if self.review_comment_id is not None:
            reactions.to_review_comment(self.review_comment_id, content)
        elif self.review:
            reactions.to_review(self.review, content)
        elif self.comment_id is not None:
            reactions.to_comment(self.comment_id, content)
        else:
            reactions.to_issue(self.number, content)
