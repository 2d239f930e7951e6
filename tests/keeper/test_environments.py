"""Sandboxes for setting up, and those on what was kept, go through the keeper like any other."""

import pytest

from jobs.keeper.client import Keeper
from jobs.sandbox import SandboxError, SandboxLost, Snapshot
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

KEPT = Snapshot(7, "ab" * 32)


def forget(keeper: KeeperProcess) -> None:
    """Remove what was kept, with whatever stands on it."""
    assert keeper.process
    keeper.process.terminate()
    keeper.process.wait(20)
    # The engine may still be removing, or even making, one that the keeper asked for.
    keeper.remove_containers()
    for name in keeper.volumes():
        keeper.remove_volume(name)


def test_an_environment_is_kept_and_waits_in_the_pool_for_the_next(
    pooling: KeeperProcess, proxy_image: str
) -> None:
    assert proxy_image
    client = pooling.client
    hosts = ["pypi.org"]
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=120, network_hosts=hosts)
    script = (
        "mkdir -p ~ && echo kept >~/word; "
        "curl -sS -m 5 -o /dev/null https://elsewhere.example/ || python3 -c "
        "\"import urllib.request as r; r.urlopen('https://elsewhere.example/', timeout=5)\""
    )
    box.exec(script, workdir="/", timeout_s=60)
    assert client.refused_hosts(box) == ("elsewhere.example",)
    # Another keeper has to do what is left.
    pooling.kill()
    pooling.serve()
    assert client.save(box, KEPT) > 0
    box.close()
    with pytest.raises(SandboxLost):
        client.save(box, KEPT)
    try:
        for _ in range(2):
            with client.start(IMAGE, task_id="next", epoch=1, deadline_s=60, snapshot=KEPT) as on:
                assert on.exec("cat ~/word; echo more >>~/word", workdir="/").output == "kept"
            until(lambda: client.status().idle == 3, "one waits on it")
        assert "pooled=True" in pooling.words()
    finally:
        forget(pooling)


def test_what_a_task_has_worked_in_is_not_kept(keeper: KeeperProcess, client: Keeper) -> None:
    with client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
        with pytest.raises(SandboxError, match="only what was set up can be kept"):
            client.save(box, KEPT)
        assert box.exec("echo here", workdir="/").output == "here"
    assert keeper.volumes() == []
