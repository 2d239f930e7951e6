"""What is left lying is found and removed: of this installation, whoever left it."""

import gc
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import structlog

from jobs.keeper import sweeping
from jobs.keeper.allowance import Allowance
from jobs.keeper.channel import Peer
from jobs.keeper.client import Keeper
from jobs.keeper.demand import PoolSize
from jobs.keeper.desk import Desk, Given
from jobs.keeper.pool import POOL, Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.protocol import Refused, Start, Started
from jobs.keeper.sweeping import Sweeper
from jobs.sandbox import READY
from jobs.sandbox.engine import Engine
from jobs.strays import Strays
from records.database import Database, migrate, open_database
from records.tasks import Tasks
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until
from tests.records.given import task

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]
SOMEBODY = Peer(1, 1, 1)


@pytest.fixture
def engine(docker_host: str, sandbox_image: str) -> Iterator[Engine]:
    assert sandbox_image
    made = Engine(docker_host, owner=f"tests-{secrets.token_hex(4)}")
    yield made
    for one in made.running():
        made.remove(one.container)
    made.close()


@pytest.fixture
def parts(engine: Engine) -> tuple[Desk, Sweeper]:
    pool = Pool(engine, PoolSize(0, 0), Pressure(0, 100.0))
    desk = Desk(engine, pool, Allowance((IMAGE,), (), 8))
    return desk, Sweeper(engine, desk, pool)


def give(desk: Desk, deadline_s: float = 60.0) -> Given:
    answer, given = desk.answer(Start(IMAGE, "k7m2", 1, deadline_s, None, None), SOMEBODY)
    assert isinstance(answer, Started), answer
    assert given is not None
    return given


def test_what_has_the_pools_name_and_is_of_no_pool_goes(
    engine: Engine, parts: tuple[Desk, Sweeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sweeper = parts
    with engine.start(IMAGE, task_id=POOL, epoch=0, deadline_s=60):
        sweeper.sweep()
        assert len(engine.running()) == 1  # it may be on its way into the pool
        monkeypatch.setattr(sweeping, "_STARTS_WITHIN_S", -1.0)
        sweeper.sweep()
        assert engine.running() == ()


def test_what_outlived_its_time_goes_though_somebody_holds_it(
    engine: Engine,
    parts: tuple[Desk, Sweeper],
    docker_host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, sweeper = parts
    monkeypatch.setattr("jobs.keeper.desk._LATE_S", -59.0)
    given, late = give(desk, 600.0), give(desk, 59.0)
    client = docker.APIClient(docker_host, "auto")
    client.pause(late.container)  # so that it cannot end itself
    client.close()
    sweeper.sweep()
    assert [one.container for one in engine.running()] == [given.container]
    for one in (given, late):
        one.stream.close()
        desk.take_back(one)
    assert engine.running() == ()


def test_what_could_not_be_removed_is_tried_again(
    engine: Engine, parts: tuple[Desk, Sweeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, sweeper = parts
    given = give(desk)
    with monkeypatch.context() as away, warnings.catch_warnings():
        # The library leaves the socket that could not connect to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        away.setattr(engine, "remove", Engine("unix:///nowhere/docker.sock").remove)
        desk.take_back(given)
        gc.collect()
    assert len(engine.running()) == 1
    sweeper.sweep()
    assert engine.running() == ()
    given.stream.close()


def test_a_fault_inside_is_an_answer_and_not_the_end(
    engine: Engine, parts: tuple[Desk, Sweeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, _ = parts
    monkeypatch.setattr(engine, "start", None)
    answer, given = desk.answer(Start(IMAGE, "k7m2", 1, 60.0, None, None), SOMEBODY)
    assert (answer, given) == (Refused("", "the keeper failed inside; its log says how"), None)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate(url)
    opened = open_database(url)
    yield opened
    opened.close()


def test_the_clock_ends_what_no_job_has(
    keeper: KeeperProcess, client: Keeper, database: Database
) -> None:
    tasks = Tasks(database)
    made = task(database)
    lease = tasks.take(made.id, "a job", 60.0)
    assert lease is not None
    mine = {
        client.start(IMAGE, task_id=made.id, epoch=lease.epoch, deadline_s=60),
        client.start(IMAGE, task_id=READY, epoch=0, deadline_s=60),
    }
    strays = {
        client.start(IMAGE, task_id=made.id, epoch=lease.epoch + 1, deadline_s=60),
        client.start(IMAGE, task_id="other", epoch=1, deadline_s=60),
    }
    Strays(client, tasks).remove()
    assert set(keeper.containers()) == {box.container for box in mine}
    tasks.release(lease)
    Strays(client, tasks).remove()
    for box in mine | strays:
        box.close()
    until(lambda: not keeper.containers(), "all are gone")


def test_a_keeper_that_is_away_is_told_of_once(tmp_path: Path, database: Database) -> None:
    strays = Strays(Keeper(tmp_path / "keeper.sock", patience_s=0), Tasks(database))
    with structlog.testing.capture_logs() as said:
        for _ in range(3):
            strays.remove()
    assert [one["event"] for one in said] == ["clock.no_sandboxes"]
    assert "script/keeper" in said[0]["why"]
