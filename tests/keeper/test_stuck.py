"""What the engine cannot remove keeps nothing else from being cleared up, and is told of once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from jobs.keeper import sweeping
from jobs.keeper.allowance import Allowance
from jobs.keeper.demand import PoolSize
from jobs.keeper.desk import Desk
from jobs.keeper.pool import POOL, Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.sweeping import Sweeper
from jobs.sandbox import Running, SandboxError
from jobs.sandbox.connection import Connection
from jobs.sandbox.engine import Engine
from jobs.sandbox.leftovers import Leftovers
from jobs.sandbox.networks import Networks
from jobs.sandbox.snapshots import Snapshots
from jobs.strays import Strays
from records.database import migrate, open_database
from records.tasks import Tasks

STUCK, FREE = "5" * 64, "f" * 64
WHY = "the engine did not see it end"


class StuckEngine(Engine):
    """Has two sandboxes, of which it can end the second only."""

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self._task_id = task_id
        self.there = [STUCK, FREE]

    def running(self) -> tuple[Running, ...]:
        """List what is there."""
        return tuple(Running(one, self._task_id, 1, overdue=False) for one in self.there)

    def remove(self, container: str) -> None:
        """Fail for the one that is stuck."""
        if container == STUCK:
            raise SandboxError(WHY)
        self.there.remove(container)

    def sweep(self) -> list[str]:
        """Say in each round what cannot be done."""
        return [f"container {STUCK[:12]}: not removed, {WHY}"]


class StuckConnection(Connection):
    """Docker with two containers that ended long ago; it can remove the second only."""

    def __init__(self, kind: str) -> None:
        super().__init__("unix:///nowhere/docker.sock", "tests")
        self._kind = f"dev.patchbay.kind={kind}"
        self.there = [STUCK, FREE]

    @contextmanager
    def asking(self, what: str) -> Iterator[Any]:
        """Stand for Docker's API."""
        assert what
        yield self

    def containers(self, *, filters: dict[str, Any] | None = None, **_: object) -> list[Any]:
        """List those that are there, by their kind and their way."""
        labels = set((filters or self.mine())["label"]) - set(self.mine()["label"])
        own = {one: {self._kind, f"dev.patchbay.way={one}"} for one in self.there}
        return [
            {"Id": one, "Names": ["/x"], "Labels": {"dev.patchbay.way": one}, "Created": 0}
            | {"State": "exited"}
            for one in self.there
            if labels <= own[one]
        ]

    def networks(self, **_: object) -> list[Any]:
        """List none."""
        return []

    def volumes(self, **_: object) -> dict[str, Any]:
        """List none."""
        return {"Volumes": []}

    def inspect_container(self, container: str) -> str:
        """Find each."""
        return container

    def remove_container(self, container: str) -> None:
        """Fail for the one that is stuck."""
        if container == STUCK:
            raise SandboxError(WHY)
        self.there.remove(container)


def test_a_container_that_is_stuck_keeps_no_other_from_being_swept() -> None:
    connection = StuckConnection("holder")
    sweep = Leftovers(connection, Networks(connection), Snapshots(connection, 10**9)).sweep
    assert sweep() == [
        f"container {STUCK[:12]} (x): not removed, {WHY}",
        f"container {FREE[:12]} (x)",
    ]
    assert connection.there == [STUCK]


def test_a_proxy_that_is_stuck_keeps_no_other_way_from_being_closed() -> None:
    connection = StuckConnection("proxy")
    assert Networks(connection).sweep() == [
        f"the network of set-up {STUCK}: not removed, {WHY}",
        f"the network of set-up {FREE}",
    ]
    assert connection.there == [STUCK]


def test_the_keeper_goes_on_with_what_else_is_astray_and_says_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeping, "_STARTS_WITHIN_S", -1.0)
    engine = StuckEngine(POOL)
    pool = Pool(engine, PoolSize(0, 0), Pressure(0, 100.0))
    desk = Desk(engine, pool, Allowance((), (), 1))
    sweeper = Sweeper(engine, desk, pool)
    with structlog.testing.capture_logs() as said:
        for _ in range(3):
            sweeper.sweep()
    assert engine.there == [STUCK]
    assert [one["what"] for one in said if one["event"] == "sweep.removed"] == engine.sweep()


def test_the_clock_goes_on_with_the_other_strays_and_says_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate(url)
    database = open_database(url)
    engine = StuckEngine("nobodys")
    strays = Strays(engine, Tasks(database))
    with structlog.testing.capture_logs() as said:
        for _ in range(3):
            strays.remove()
    assert engine.there == [STUCK]
    assert [one["why"] for one in said if one["event"] == "clock.no_sandboxes"] == [WHY]
    database.close()
