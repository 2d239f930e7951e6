"""Deliveries while GitHub is away: none is forgotten, and none is tried for ever."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.comments import Limits
from bot.github_errors import NotFound, RateLimited, Unavailable
from bot.github_repository import GitHubRepository
from bot.request import Context, Outcome
from jobs.handle_delivery import Intake, handle_delivery
from records.database import Database
from records.deliveries import Deliveries, DeliveryState
from records.effects import Effects
from records.tasks import Tasks
from tests.records.given import new_task

PAYLOAD = b"""{"action": "created", "installation": {"id": 1},
"repository": {"id": 2, "full_name": "o/r", "private": true, "archived": false,
 "default_branch": "main", "owner": {"login": "o"}, "name": "r"},
"issue": {"id": 3, "number": 4, "title": "t", "body": "b", "user": {"login": "m", "id": 5},
 "html_url": "https://example.org/4", "labels": [], "state": "open", "locked": false,
 "updated_at": "2026-01-01T00:00:00Z"},
"comment": {"id": 6, "body": "/agent fix", "user": {"login": "m", "id": 5}},
"sender": {"login": "m", "id": 5, "type": "User"}}"""


class Away:
    """A GitHub that does not answer."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    def kept_repository(
        self, _installation_id: int, _repository_id: int, _permissions: Mapping[str, str]
    ) -> GitHubRepository:
        raise self.trouble

    def require(self, _installation_id: int, _wanted: Mapping[str, str]) -> None:
        raise self.trouble

    def slug(self) -> str:
        return "patchbay"

    def forget(self, _installation_id: int, _repository_id: int) -> None:
        """There is nothing to forget."""


def intake(database: Database, deliveries: Deliveries, trouble: Exception) -> Intake:
    context = Context(
        tasks=Tasks(database),
        effects=Effects(database),
        github=Away(trouble),
        wake=lambda _: None,
        secret=b"s" * 32,
        limits=Limits(turns=1, minutes=1.0, tokens=1),
    )
    return Intake(deliveries, context)


@pytest.mark.parametrize(
    "trouble",
    [Unavailable("502: bad gateway"), RateLimited("403: limit", time.time() + 3600)],
    ids=["outage", "limit"],
)
def test_an_outage_uses_up_no_attempt(database: Database, trouble: Exception) -> None:
    deliveries = Deliveries(database)
    deliveries.store("guid", "issue_comment", PAYLOAD)
    for _ in range(8):
        handle_delivery("guid", intake(database, deliveries, trouble))
        deliveries.postpone("guid", -60.0)  # time goes by
    left = deliveries.get("guid")
    assert left
    assert left.state is DeliveryState.RECEIVED


def test_github_is_asked_again_no_sooner_than_it_wants(database: Database) -> None:
    deliveries = Deliveries(database)
    deliveries.store("guid", "issue_comment", PAYLOAD)
    limit = RateLimited("403: limit", time.time() + 3600)
    handle_delivery("guid", intake(database, deliveries, limit))
    assert deliveries.unhandled(older_than_s=-1.0) == []


def test_a_delivery_that_ends_every_process_is_given_up(database: Database) -> None:
    deliveries = Deliveries(database, hold_s=-1.0)
    deliveries.store("guid", "issue_comment", PAYLOAD)
    for _ in range(5):
        assert deliveries.begin("guid")
    handle_delivery("guid", intake(database, deliveries, Unavailable("never reached")))
    left = deliveries.get("guid")
    assert left
    assert left.state is DeliveryState.FAILED


def test_what_is_said_later_in_a_thread_waits_for_what_was_put_off(database: Database) -> None:
    deliveries = Deliveries(database, hold_s=0.0)
    away = intake(database, deliveries, RateLimited("403: limit", time.time() + 60))
    first = PAYLOAD
    second = PAYLOAD.replace(b'"id": 6', b'"id": 7')
    elsewhere = PAYLOAD.replace(b'"id": 6', b'"id": 8').replace(b'"number": 4', b'"number": 5')
    for name, payload in (("first", first), ("second", second), ("elsewhere", elsewhere)):
        deliveries.store(name, "issue_comment", payload)
    handle_delivery("first", away)
    well = intake(database, deliveries, NotFound("the App is not there"))
    handle_delivery("second", well)
    handle_delivery("elsewhere", well)
    found = {name: deliveries.get(name) for name in ("first", "second", "elsewhere")}
    states = {name: one.state for name, one in found.items() if one}
    assert states["first"] is states["second"] is DeliveryState.RECEIVED
    assert states["elsewhere"] is not DeliveryState.RECEIVED
    assert [one.attempts for one in found.values() if one][:2] == [0, 0]
    # The first comes again sooner than the second, and the clock rings for the oldest first.
    deliveries.postpone("first", -10.0, "2:4")
    handle_delivery("first", well)
    deliveries.postpone("second", -10.0, "2:4")
    handle_delivery("second", well)
    again = deliveries.get("second")
    assert again
    assert again.state is not DeliveryState.RECEIVED


@pytest.mark.parametrize("live", [True, False])
def test_a_stop_waits_for_nothing_where_something_is_at_work(
    database: Database, live: bool
) -> None:
    deliveries = Deliveries(database, hold_s=0.0)
    well = intake(database, deliveries, NotFound("the App is not there"))
    if live:
        well.context.tasks.create(replace(new_task(issue_number=4), repository_id=2))
    stop = PAYLOAD.replace(b'"id": 6', b'"id": 9').replace(b"/agent fix", b"/agent stop")
    deliveries.store("first", "issue_comment", PAYLOAD)
    deliveries.store("stop", "issue_comment", stop)
    limit = RateLimited("403: limit", time.time() + 60)
    handle_delivery("first", intake(database, deliveries, limit))
    handle_delivery("stop", well)
    left = deliveries.get("stop")
    assert left
    assert (left.state is not DeliveryState.RECEIVED) is live


def test_what_takes_long_to_answer_is_held_all_the_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = Deliveries(database, hold_s=0.3)
    deliveries.store("guid", "issue_comment", PAYLOAD)
    begun_beside: list[bool] = []

    def slow(*_: object, **__: object) -> Outcome:
        over = threading.Event()
        over.wait(0.7)  # longer than a hold, as twenty issues of a batch are
        begun_beside.append(deliveries.begin("guid") is not None)
        return Outcome(DeliveryState.HANDLED, "")

    monkeypatch.setattr("jobs.handle_delivery.handle", slow)
    handle_delivery("guid", intake(database, deliveries, NotFound("nobody asks")))
    assert begun_beside == [False]
