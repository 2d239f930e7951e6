"""The engine is killed and started again: nothing is left of before, and the pool is full again."""

import time
from pathlib import Path

import pytest

from jobs.sandbox import SandboxError, SandboxLost
from tests.attacks.own_engine import OwnEngine, own_engine
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_a_keeper_outlives_its_engine(docker_host: str, sandbox_image: str, tmp_path: Path) -> None:
    with own_engine() as engine:
        engine.load(sandbox_image, docker_host)
        settings = {"pool_size": 2, "pool_least_free_mb": 0}
        with KeeperProcess(tmp_path, engine.host, **settings) as keeper:
            _outlives(engine, keeper)


def _outlives(engine: OwnEngine, keeper: KeeperProcess) -> None:
    client = keeper.client
    until(lambda: client.status().idle == 2, "the pool is full", within_s=40)
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=600)
    before = set(keeper.containers())
    shims = set(engine.processes())
    assert len(before) >= 2
    engine.kill()
    until(lambda: client.status().idle == 0, "the pool is seen to be gone", within_s=15)
    with pytest.raises(SandboxLost):
        box.exec("true", workdir="/")
    with pytest.raises(SandboxError, match="no Docker engine answers"):
        client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=600)
    box.close()
    engine.start()
    began = time.monotonic()
    keeper.look_anew()
    until(lambda: client.status().idle == 2, "the pool is full again", within_s=60)
    until(lambda: not before & set(keeper.containers()), "what was is gone", within_s=60)
    until(lambda: not shims & set(engine.processes()), "so are its shims", within_s=60)
    assert time.monotonic() - began < 60
    with client.start(IMAGE, task_id="k7m2", epoch=2, deadline_s=600) as again:
        assert again.exec("echo here", workdir="/").output == "here"
    assert keeper.words().count("pool.not_filled") <= 1
    assert keeper.words().count("sweep.engine_away") <= 1
