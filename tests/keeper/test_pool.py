"""What waits in the pool is given once, fits its task, and is there again soon."""

import gc
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from jobs.keeper.demand import PoolSize
from jobs.keeper.pool import POOL, Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.waiting import Kind
from jobs.sandbox import Sandbox, SandboxLimits, SandboxLost
from jobs.sandbox.engine import Engine
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

PYTHON = Kind(IMAGE)
SMALL = SandboxLimits(memory_mb=300, pids=77)


@pytest.fixture
def engine(docker_host: str, sandbox_image: str) -> Iterator[Engine]:
    assert sandbox_image
    made = Engine(docker_host, limits=SMALL, owner=f"tests-{secrets.token_hex(4)}")
    yield made
    for one in made.running():
        made.remove(one.container)
    made.close()


MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool(engine: Engine) -> Iterator[MakePool]:
    """Pools that are tended when the test says so, and leave nothing."""
    made: list[Pool] = []

    def make(
        size: PoolSize | None = None, pressure: Pressure | None = None, image: str = IMAGE
    ) -> Pool:
        pool = Pool(engine, size or PoolSize(), pressure or Pressure(0, 100.0), always=(image,))
        made.append(pool)
        pool.tend()
        return pool

    yield make
    ended = threading.Event()
    ended.set()
    for pool in made:
        pool.run(ended)
    until(
        lambda: not [one for one in engine.running() if one.task_id == POOL],
        "no pool has left anything",
    )


@pytest.fixture
def pool(make_pool: MakePool) -> Pool:
    """A pool of two."""
    return make_pool()


def take(pool: Pool, task_id: str = "k7m2", deadline_s: float = 60.0) -> Sandbox | None:
    return pool.take(PYTHON, task_id, 3, deadline_s)


def test_what_waits_becomes_a_tasks_own(pool: Pool, engine: Engine, docker_host: str) -> None:
    assert len(pool.containers()) == 2
    box = take(pool)
    assert box is not None
    with box:
        [mine] = [one for one in engine.running() if one.container == box.container]
        assert (mine.task_id, mine.epoch, mine.overdue) == ("k7m2", 3, False)
        assert box.image_digest == engine.image_digest(IMAGE)
        assert box.container not in pool.containers()
        assert box.exec("ls /workspace /tmp; echo clean", workdir="/").output.endswith("clean")
        client = docker.APIClient(docker_host, "auto")
        host = client.inspect_container(box.container)["HostConfig"]
        client.close()
        assert (host["Memory"], host["PidsLimit"]) == (300 * 2**20, 77)


def test_its_time_begins_when_it_is_given(pool: Pool, engine: Engine) -> None:
    box = take(pool, deadline_s=1.5)
    assert box is not None
    assert box.exec("echo in time", workdir="/").output == "in time"
    with pytest.raises(SandboxLost, match="is gone"):
        box.exec("sleep 20", workdir="/")
    box.close()
    assert len(engine.running()) == 1


def test_it_is_promised_for_less_than_it_lives(pool: Pool, docker_host: str) -> None:
    client = docker.APIClient(docker_host, "auto")
    for one in pool._waiting:
        labels = client.inspect_container(one.container)["Config"]["Labels"]
        lives_s = int(labels["dev.patchbay.deadline"]) - time.time()
        assert lives_s - (one.ends - time.monotonic()) > 50
    client.close()


def test_none_is_given_twice(pool: Pool) -> None:
    start, got = threading.Barrier(8), []

    def one_task(number: int) -> None:
        start.wait()
        if box := take(pool, f"t{number}"):
            got.append(box)

    with ThreadPoolExecutor(8) as tasks:
        list(tasks.map(one_task, range(8)))
    assert len(got) == 2
    assert len({box.container for box in got}) == 2
    assert {box.exec("echo mine", workdir="/").output for box in got} == {"mine"}
    for box in got:
        box.close()


def test_what_was_taken_is_replaced_after_the_task_has_begun(pool: Pool) -> None:
    first = pool.containers()
    box = take(pool)
    assert box is not None
    pool.tend()
    assert len(pool.containers()) == 1  # whoever got it has work to do now
    time.sleep(1.1)
    pool.tend()
    assert len(pool.containers()) == 2
    assert len(pool.containers() & first) == 1
    assert box.container not in pool.containers()
    box.close()


def test_none_is_started_while_a_task_starts_its_own(pool: Pool) -> None:
    box = take(pool)
    assert box is not None
    box.close()
    with pool.held_back():
        time.sleep(1.1)
        pool.tend()
        assert len(pool.containers()) == 1
    pool.tend()
    assert len(pool.containers()) == 2


def test_one_that_died_in_the_pool_is_not_given(pool: Pool, engine: Engine) -> None:
    dead, alive = sorted(pool.containers())
    engine.remove(dead)
    pool.tend()
    assert dead not in pool.containers()
    engine.remove(alive)  # not noticed before somebody wants it
    survivors = pool.containers() - {alive}
    boxes = [take(pool), take(pool)]
    assert [box.container for box in boxes if box] == list(survivors)
    for box in boxes:
        if box:
            box.close()


def test_one_that_does_not_answer_is_not_given(
    pool: Pool, docker_host: str, engine: Engine
) -> None:
    client = docker.APIClient(docker_host, "auto")
    for container in pool.containers():
        client.pause(container)
    client.close()
    began = time.monotonic()
    assert take(pool) is None
    assert time.monotonic() - began < 20
    until(lambda: engine.running() == (), "they were removed")


def test_one_that_waited_too_long_makes_room_for_a_fresh_one(
    make_pool: MakePool, engine: Engine
) -> None:
    pool = make_pool(PoolSize(1, 1, idle_s=1.0))
    [old] = pool.containers()
    time.sleep(1.1)
    pool.tend()
    [fresh] = pool.containers()
    assert fresh != old
    assert [one.container for one in engine.running()] == [fresh]


def test_a_deadline_that_it_would_not_live_to_is_not_given_to_it(pool: Pool) -> None:
    assert take(pool, deadline_s=7 * 24 * 3600.0) is None
    box = take(pool, deadline_s=3600.0)
    assert box is not None
    box.close()


def test_without_memory_there_is_no_pool(
    make_pool: MakePool, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "pressure").mkdir()
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable: 8000000 kB\n")
    pressure = Pressure(1000, 10.0, proc=tmp_path)
    pool = make_pool(pressure=pressure)
    assert len(engine.running()) == 2
    meminfo.write_text("MemAvailable: 500000 kB\n")
    pool.tend()
    assert not pool.has_room
    assert engine.running() == ()
    assert take(pool) is None
    meminfo.write_text("MemAvailable: 8000000 kB\n")
    pool.tend()
    assert len(engine.running()) == 2


def test_an_image_that_was_built_anew_replaces_the_old_ones(
    make_pool: MakePool, engine: Engine, docker_host: str
) -> None:
    client = docker.APIClient(docker_host, "auto")
    name = f"patchbay-tests/{secrets.token_hex(4)}"
    try:
        assert client.tag(IMAGE, name)
        pool = make_pool(PoolSize(1), image=name)
        [old] = pool.containers()
        changed = client.commit(old, name, changes="LABEL again=1")
        pool.tend()
        [fresh] = pool.containers()
        assert fresh != old
        assert client.inspect_container(fresh)["Image"] == changed["Id"]
    finally:
        for one in engine.running():
            engine.remove(one.container)
        client.remove_image(name, force=True)
        client.close()


def test_an_engine_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    engine = Engine(f"unix://{tmp_path}/nowhere.sock")
    pool = Pool(engine, PoolSize(), Pressure(0, 100.0), always=(IMAGE,))
    with warnings.catch_warnings():
        # The library leaves the socket that could not connect to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        pool.tend()
        pool.tend()
        gc.collect()
    assert pool.containers() == set()


def test_a_task_wakes_up_faster_than_an_eye_blinks(pooling: KeeperProcess) -> None:
    client = pooling.client
    seconds = []
    for n in range(6):
        until(lambda: client.status().idle == 2, "the pool is full")
        began = time.monotonic()
        with client.start(IMAGE, task_id=f"t{n}", epoch=1, deadline_s=60) as box:
            seconds.append(time.monotonic() - began)
            assert box.exec("echo here", workdir="/").output == "here"
    assert min(seconds) < 0.05, seconds
    assert pooling.words().count("pooled=True") == 6


def test_eight_tasks_at_once_have_their_own(pooling: KeeperProcess) -> None:
    client = pooling.client
    until(lambda: client.status().idle == 2, "the pool is full")

    def start(number: int) -> Sandbox:
        return client.start(IMAGE, task_id=f"t{number}", epoch=1, deadline_s=60)

    with ThreadPoolExecutor(8) as tasks:
        boxes = list(tasks.map(start, range(8)))
    assert len({box.container for box in boxes}) == 8
    assert {box.exec("echo mine", workdir="/").output for box in boxes} == {"mine"}
    given = {box.container for box in boxes}
    for box in boxes:
        box.close()
    until(lambda: not given & set(pooling.containers()), "all were removed")
    until(lambda: client.status().idle == 2, "the pool is full again")
    assert len(pooling.containers()) == 2


def test_the_running_pool_notices_a_death_at_once(pooling: KeeperProcess) -> None:
    client = pooling.client
    until(lambda: client.status().idle == 2, "the pool is full")
    before = pooling.waiting()
    for container in before:
        pooling.sweep_the_rest(container)
    until(lambda: len(set(pooling.waiting()) - set(before)) == 2, "two others wait", within_s=10)
    assert not set(before) & set(pooling.waiting())


def test_what_waits_is_nobodys_stray(pooling: KeeperProcess) -> None:
    until(lambda: pooling.client.status().idle == 2, "the pool is full")
    assert pooling.client.running() == ()
    assert len(pooling.waiting()) == 2
