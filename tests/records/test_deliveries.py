"""Deliveries: stored once, begun by one at a time, found again if nobody finished them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from records.database import Database
from records.deliveries import Deliveries, DeliveryState


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    return Deliveries(database)


def test_a_delivery_is_stored_once_with_its_bytes(deliveries: Deliveries) -> None:
    assert deliveries.store("guid", "issue_comment", b"\0\xff{}")
    assert not deliveries.store("guid", "issue_comment", b"other")
    begun = deliveries.begin("guid")
    assert begun
    assert (begun.event, begun.payload, begun.attempts) == ("issue_comment", b"\0\xff{}", 1)
    assert begun.state is DeliveryState.RECEIVED


def test_of_many_that_store_the_same_delivery_one_does(deliveries: Deliveries) -> None:
    together = threading.Barrier(8)

    def store(_: int) -> bool:
        together.wait()
        return deliveries.store("guid", "ping", b"{}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(store, range(8))).count(True) == 1


def test_one_handles_a_delivery_at_a_time(deliveries: Deliveries) -> None:
    deliveries.store("guid", "ping", b"{}")
    assert deliveries.begin("guid")
    assert deliveries.begin("guid") is None


def test_a_delivery_whose_handler_died_is_begun_again(database: Database) -> None:
    deliveries = Deliveries(database, hold_s=-1.0)
    deliveries.store("guid", "ping", b"{}")
    deliveries.begin("guid")
    assert deliveries.unhandled(older_than_s=-1.0) == ["guid"]
    again = deliveries.begin("guid")
    assert again
    assert again.attempts == 2


def test_a_delivery_that_was_put_off_waits_and_has_lost_no_attempt(database: Database) -> None:
    deliveries = Deliveries(database)
    deliveries.store("guid", "ping", b"{}")
    deliveries.begin("guid")
    deliveries.postpone("guid", 60.0)
    assert deliveries.unhandled(older_than_s=-1.0) == []
    deliveries.postpone("guid", -60.0)
    assert deliveries.unhandled(older_than_s=-1.0) == ["guid"]
    again = deliveries.begin("guid")
    assert again
    assert again.attempts == 0


def test_a_finished_delivery_is_not_begun_again(deliveries: Deliveries) -> None:
    deliveries.store("guid", "ping", b"{}")
    deliveries.begin("guid")
    deliveries.finish("guid", DeliveryState.IGNORED, "ping is for nobody")
    assert deliveries.begin("guid") is None
    stored = deliveries.get("guid")
    assert stored
    assert (stored.state, stored.outcome) == (DeliveryState.IGNORED, "ping is for nobody")
    assert stored.handled_at is not None


def test_an_unknown_delivery_is_nothing(deliveries: Deliveries) -> None:
    assert deliveries.begin("none") is None
    assert deliveries.get("none") is None


def test_unhandled_are_the_old_ones_nobody_is_at_oldest_first(deliveries: Deliveries) -> None:
    for name in ("one", "two", "three", "four"):
        deliveries.store(name, "ping", b"{}")
    deliveries.begin("two")
    deliveries.begin("three")
    deliveries.finish("three", DeliveryState.HANDLED, "")
    assert deliveries.unhandled(older_than_s=60.0) == []
    assert deliveries.unhandled(older_than_s=-1.0) == ["one", "four"]
