"""Fetches from GitHub what it could not deliver: it never tries again by itself.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import structlog

from bot.github_app import SentDelivery
from bot.github_errors import GitHubError, NotFound
from jobs.queues import BellSilent
from records.deliveries import Deliveries

LOOKS_BACK_S = 24 * 3600.0
"""A command that is older than this is not taken up any more: its author has moved on."""
_OVERLAP_S = 600.0
"""A delivery counts from its sending, and may be written down as failed later."""

_log = structlog.get_logger()


class RemembersDeliveries(Protocol):
    """What GitHub remembers of its webhooks; `bot.github_app.GitHubApp` can ask."""

    def deliveries_since(self, since: float, /) -> Iterator[SentDelivery]:
        """Yield what was sent since then, newest first."""

    def payload_sent(self, delivery_id: int, /) -> Any:
        """Return what one carried."""


class RingsDeliveries(Protocol):
    """The bell of the intake."""

    def ring_delivery(self, delivery_id: str, /) -> None:
        """Ring for a stored delivery."""


class MissedDeliveries:
    """What never arrived, stored as if it had; whatever is known already is left alone."""

    def __init__(
        self,
        github: RemembersDeliveries,
        deliveries: Deliveries,
        bell: RingsDeliveries,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._github = github
        self._deliveries = deliveries
        self._bell = bell
        self._now = now
        self._looked_at = 0.0

    def sweep(self) -> None:
        """Fetch all that was missed since the last sweep; the first looks back over a day."""
        began = self._now()
        since = max(began - LOOKS_BACK_S, self._looked_at - _OVERLAP_S)
        try:
            missed = [one for one in self._github.deliveries_since(since) if self._is_missed(one)]
            for one in reversed(missed):
                self._fetch(one)
        except GitHubError as away:
            _log.warning("deliveries.not_looked_for", error=str(away))
            return
        self._looked_at = began

    def _is_missed(self, sent: SentDelivery) -> bool:
        return not sent.arrived and not self._deliveries.knows(sent.guid)

    def _fetch(self, sent: SentDelivery) -> None:
        try:
            payload = json.dumps(self._github.payload_sent(sent.id)).encode()
        except NotFound:
            return  # GitHub has forgotten it since it was listed
        if not self._deliveries.store(sent.guid, sent.event, payload):
            return
        _log.info("deliveries.fetched", delivery=sent.guid, event_type=sent.event)
        try:
            self._bell.ring_delivery(sent.guid)
        except BellSilent:
            _log.warning("bell.silent", delivery=sent.guid)  # the clock rings for what is stored
