"""What is kept ready follows what tasks wanted, the newest first, within bounds."""

import time

import pytest

from jobs.keeper.demand import Demand, PoolSize
from jobs.keeper.pool import Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.waiting import Kind
from jobs.sandbox import Sandbox, Snapshot, SnapshotMissing
from jobs.sandbox.engine import Engine

PYTHON, NODE = Kind("patchbay/python"), Kind("patchbay/node")
ENVIRONMENTS = [Kind("patchbay/python", Snapshot(7, f"{n:064x}")) for n in range(3)]


def test_the_operators_image_is_wanted_from_the_start() -> None:
    assert Demand(PoolSize(), ("patchbay/python",)).wanted() == {PYTHON: 2}


def test_what_was_asked_for_is_wanted_too_and_first() -> None:
    demand = Demand(PoolSize(of_image=3), ("patchbay/python",))
    demand.note(NODE)
    assert list(demand.wanted().items()) == [(NODE, 3), (PYTHON, 3)]


def test_of_environments_the_two_that_were_used_last_are_wanted() -> None:
    demand = Demand(PoolSize(), ())
    for one in (*ENVIRONMENTS, ENVIRONMENTS[0]):
        demand.note(one)
    assert demand.wanted() == {ENVIRONMENTS[0]: 1, ENVIRONMENTS[2]: 1}


def test_what_nobody_asked_for_lately_is_wanted_no_more() -> None:
    demand = Demand(PoolSize(idle_s=-1.0), ("patchbay/python",))
    demand.note(NODE)
    demand.note(ENVIRONMENTS[0])
    assert demand.wanted() == {PYTHON: 2}


def test_not_more_than_four_images_are_kept_ready() -> None:
    demand = Demand(PoolSize(), ("patchbay/python",))
    for n in range(9):
        demand.note(Kind(f"example/image-{n}"))
    assert [kind.image[-1] for kind in demand.wanted()] == ["8", "7", "6", "5"]


class ForgetfulEngine(Engine):
    """Has the image, and threw the environment away."""

    asked = 0

    def image_digest(self, image: str) -> str:
        """Know each."""
        return f"sha256:{image}"

    def start(self, *_: object, **__: object) -> Sandbox:
        """Have none."""
        self.asked += 1
        raise SnapshotMissing("it was thrown away")


def test_an_environment_that_was_thrown_away_is_wanted_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = ForgetfulEngine()
    pool = Pool(engine, PoolSize(), Pressure(0, 100.0))
    pool.note(ENVIRONMENTS[0])
    pool.tend()
    later = time.monotonic() + 60  # the pause after a failure is over by then
    monkeypatch.setattr(time, "monotonic", lambda: later)
    pool.tend()
    assert engine.asked == 1
    pool.note(ENVIRONMENTS[0])
    pool.tend()
    assert engine.asked == 2
