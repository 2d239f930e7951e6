"""Named leases: of several that want to, one does."""

import threading
from concurrent.futures import ThreadPoolExecutor

from records.database import Database
from records.named_leases import NamedLeases


def test_one_of_many_gets_the_lease(database: Database) -> None:
    leases, together = NamedLeases(database), threading.Barrier(8)

    def take(number: int) -> bool:
        together.wait()
        return leases.take("clock", f"clock-{number}", 30.0)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(take, range(8))).count(True) == 1


def test_the_owner_keeps_it_and_others_wait(database: Database) -> None:
    leases = NamedLeases(database)
    assert leases.take("clock", "a", 30.0)
    assert leases.take("clock", "a", 30.0)
    assert not leases.take("clock", "b", 30.0)
    assert leases.take("other", "b", 30.0)


def test_it_passes_on_when_it_runs_out_or_is_given_back(database: Database) -> None:
    leases = NamedLeases(database)
    assert leases.take("clock", "a", -1.0)
    assert leases.take("clock", "b", 30.0)
    leases.give_back("clock", "a")
    assert not leases.take("clock", "a", 30.0)
    leases.give_back("clock", "b")
    assert leases.take("clock", "a", 30.0)
