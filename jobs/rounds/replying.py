"""Says in each thread what has become of it, and marks as done what is."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import structlog

from bot.comments.frame import marker
from bot.comments.rounds import APPLIED, FIXED, thread_reply
from bot.github_errors import Forbidden, GitHubError, Invalid, NotFound
from bot.github_reviews import PullRequestReviews
from bot.own_word import word_for
from jobs.job import Job
from jobs.rounds.outcomes import ThreadOutcome
from jobs.rounds.round import Round
from records.effects import Ambiguous

type_of_resolve = Literal["never", "fixed", "suggestions"]
_RESOLVED: dict[type_of_resolve, frozenset[str]] = {
    "never": frozenset(),
    "fixed": frozenset({APPLIED, FIXED}),
    "suggestions": frozenset({APPLIED}),
}
"""What is marked as done, by the project's wish: never what was not changed."""

_log = structlog.get_logger()


class Replies:
    """The bot's words in the threads of one round; each is said once."""

    def __init__(self, job: Job, reviews: PullRequestReviews, taken: Round) -> None:
        self._job = job
        self._reviews = reviews
        self._threads = {thread.number: thread for thread in taken.threads}
        self._scope = f"task:{job.task.id}"

    def show_eyes(self) -> None:
        """Show on each thread that it was read."""
        for thread in self._threads.values():
            self._try(f"eyes:{thread.comment_id}", partial(self._eyes, thread.comment_id))

    def say(self, outcome: ThreadOutcome, resolve: type_of_resolve) -> None:
        """Answer in a thread, and resolve it where it is done and the project wishes so."""
        thread = self._threads[outcome.number]
        key = f"reply:{thread.comment_id}"
        services = self._job.services
        secret = services.settings.webhook_secret.get_secret_value().encode()
        mark = marker(secret, self._scope, key)
        command = word_for(self._job.task, services.settings.command)
        said = thread_reply(outcome.outcome, outcome.said, outcome.sha, command)
        text = f"{mark}\n{services.redactor.clean(said)}"

        def write() -> dict[str, Any]:
            return {"comment_id": self._reviews.reply(thread.comment_id, text)}

        def find() -> dict[str, Any] | None:
            found = self._reviews.own_reply(mark)
            return None if found is None else {"comment_id": found}

        try:
            self._once(key, write, find)
        except (Forbidden, Invalid, NotFound) as refused:
            # The comment was deleted meanwhile, or the conversation locked; the others are open.
            _log.info("round.not_replied", task=self._job.task.id, key=key, error=str(refused))
            return
        if outcome.outcome in _RESOLVED[resolve]:
            self._try(f"resolve:{thread.id}", lambda: self._reviews.resolve(thread.id))

    def _eyes(self, comment_id: int) -> None:
        self._reviews.react(comment_id, "eyes")

    def _try(self, key: str, act: Callable[[], None]) -> None:
        """Do what does no harm when it is done twice; a failure is only logged, for it is a sign.

        What counts is said in words.
        """

        def do() -> dict[str, Any]:
            act()
            return {}

        try:
            self._once(key, do, lambda: None)
        except (GitHubError, Ambiguous) as trouble:
            _log.info("round.sign_not_shown", task=self._job.task.id, key=key, error=str(trouble))

    def _once(self, key: str, do: Any, look: Any) -> None:
        job = self._job
        job.services.effects.once(self._scope, key, do=do, look=look, lease=job.lease)


def ask_again(job: Job, reviews: PullRequestReviews, taken: Round) -> None:
    """Ask those who reviewed for another look; a failure is only logged."""
    # A bot looks when it likes: GitHub lets nobody ask one.
    logins = [login for login, _ in taken.reviewers if not login.endswith("[bot]")]
    if not logins:
        return

    def do() -> dict[str, Any]:
        reviews.ask_for_review(logins)
        return {"reviewers": logins}

    def look() -> dict[str, Any] | None:
        return {"reviewers": logins} if set(logins) <= set(reviews.asked_for_review()) else None

    try:
        job.services.effects.once(
            f"task:{job.task.id}", "review again", do=do, look=look, lease=job.lease
        )
    except (GitHubError, Ambiguous) as trouble:
        _log.info("round.review_not_asked", task=job.task.id, error=str(trouble))
