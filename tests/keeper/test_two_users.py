"""As operators shall run it: the keeper alone can open Docker's socket, the worker asks it."""

import grp
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.keeper.client import Keeper, KeeperAway
from jobs.keeper.reach import docker_in_reach
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else"),
]

NOBODY = 65534
A_GROUP = 33


def as_somebody(group: int, act: Callable[[], bool]) -> bool:
    """Return what `act` returns to a process of another user, in that group only."""
    child = os.fork()
    if not child:
        code = 2
        try:
            os.setgroups([])
            os.setresgid(group, group, group)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            code = 0 if act() else 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 1}
    return code == 0


@pytest.fixture
def keeper(docker_host: str, sandbox_image: str, tmp_path: Path) -> Iterator[KeeperProcess]:
    """A keeper whose socket lies where others may look for it."""
    assert sandbox_image
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    group = grp.getgrgid(A_GROUP).gr_name
    running = KeeperProcess(
        tmp_path,
        docker_host,
        pool_size=0,
        keeper_socket=folder / "keeper.sock",
        keeper_group=group,
    )
    running.socket = folder / "keeper.sock"
    running.client = Keeper(running.socket, patience_s=10.0)
    running.serve()
    yield running
    running.end()
    shutil.rmtree(folder)


def test_a_worker_of_the_group_has_sandboxes_and_no_docker(
    keeper: KeeperProcess, docker_host: str
) -> None:
    def work() -> bool:
        with keeper.client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
            said = box.exec("echo here", workdir="/").output
        return said == "here" and docker_in_reach(docker_host) == ""

    assert as_somebody(A_GROUP, work)
    assert f"uid={NOBODY}" in keeper.words()
    until(lambda: not keeper.containers(), "it was given back")
    assert "Two users" in docker_in_reach(docker_host)


def test_who_is_not_of_the_group_gets_nothing(keeper: KeeperProcess) -> None:
    def ask() -> bool:
        try:
            Keeper(keeper.socket, patience_s=0).status()
        except KeeperAway as away:
            return "Permission denied" in str(away)
        return False

    assert as_somebody(NOBODY, ask)


def test_an_engine_at_an_address_is_in_reach_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        host = f"tcp://127.0.0.1:{engine.getsockname()[1]}"
        assert host in docker_in_reach(host)
    assert host not in docker_in_reach(host)
