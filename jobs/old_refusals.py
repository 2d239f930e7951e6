"""Folds the bot's refusals away a week after they were said: they are of no use to anybody by then.

What is folded can still be read, on a click.
"""

import time

import structlog

from bot.github_errors import AWAY, GitHubError, RateLimited
from bot.in_thread import PERMISSIONS
from bot.request import GitHub
from records.effects import Ambiguous
from records.refusals import Refusal, Refusals

_PUT_OFF_AT_ONCE = 50
_LATER_S = 600.0
_IN_NOBODYS_WAY_S = 5.0

_log = structlog.get_logger()


class OldRefusals:
    """The refusals of all repositories, as the clock sees them."""

    def __init__(self, refusals: Refusals, github: GitHub) -> None:
        self._refusals = refusals
        self._github = github

    def sweep(self) -> None:
        """Fold away the one whose time came first; what GitHub does not take now comes later.

        One only, and while GitHub is away none of the others: the rest of the clock waits for it.
        """
        due = self._refusals.due(_PUT_OFF_AT_ONCE)
        if not due:
            return
        refusal = due[0]
        try:
            wait_s = self._fold(refusal)
        except (*AWAY, Ambiguous) as away:
            self._github.forget(refusal.installation_id, refusal.repository_id)
            until = away.until - time.time() if isinstance(away, RateLimited) else 0.0
            for each in due:
                self._refusals.put_off(each.comment_id, max(_LATER_S, until))
            return
        except GitHubError as refused:
            # The App was taken off the repository, or it is gone.
            _log.info("refusal.not_folded", comment=refusal.comment_id, error=str(refused))
            wait_s = 0.0
        if wait_s:
            self._refusals.put_off(refusal.comment_id, wait_s)
        else:
            self._refusals.forget(refusal.comment_id)

    def _fold(self, refusal: Refusal) -> float:
        """Fold one away; return in how many seconds to come back, if work needs the writes now."""
        repository = self._github.kept_repository(
            refusal.installation_id, refusal.repository_id, PERMISSIONS
        )
        if repository.spare_in() > _IN_NOBODYS_WAY_S:
            return _LATER_S
        repository.reviews(refusal.issue_number).hide_comment(refusal.comment_id)
        return 0.0
