"""A keeper gives sandboxes, and takes each back when nobody holds it any more."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.keeper.client import Keeper, KeeperAway
from jobs.sandbox import ImageMissing, SandboxError, SandboxLost, Snapshot, SnapshotMissing
from tests.keeper.keeper_process import IMAGE, ROOT, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def test_a_sandbox_is_used_without_the_keeper_in_between(
    keeper: KeeperProcess, client: Keeper
) -> None:
    with client.start(IMAGE, task_id="k7m2", epoch=3, deadline_s=60) as box:
        assert box.exec("echo $((6 * 7))", workdir="/").output == "42"
        assert keeper.process
        keeper.process.send_signal(signal.SIGSTOP)
        box.write("/tmp/a", "as much as ever\n" * 1000)  # noqa: S108 - the container's own
        assert box.exec("wc -l </tmp/a", workdir="/").output == "1000"
        keeper.process.send_signal(signal.SIGCONT)


def test_a_sandbox_says_whose_it_is_and_of_which_image(client: Keeper) -> None:
    with client.start(IMAGE, task_id="k7m2", epoch=3, deadline_s=60) as box:
        [one] = client.running()
        assert (one.container, one.task_id, one.epoch, one.overdue) == (
            box.container,
            "k7m2",
            3,
            False,
        )
        assert box.image_digest == client.image_digest(IMAGE)
        assert client.status().given == 1
    assert client.image_digest("patchbay/nowhere") is None


def test_closing_gives_back_at_once_and_for_good(keeper: KeeperProcess, client: Keeper) -> None:
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    box.close()
    box.close()
    until(lambda: not keeper.containers(), "the container is gone", within_s=5)
    assert client.status().given == 0
    with pytest.raises(SandboxLost):
        box.exec("true")


def test_a_killed_worker_gives_back(keeper: KeeperProcess) -> None:
    source = (
        "import sys\nfrom pathlib import Path\nfrom jobs.keeper.client import Keeper\n"
        "keeper = Keeper(Path(sys.argv[1]))\n"
        "box = keeper.start(sys.argv[2], task_id='orphan', epoch=1, deadline_s=600)\n"
        "print(box.container, flush=True)\nbox.exec('sleep 500', workdir='/')\n"
    )
    command = [sys.executable, "-c", source, str(keeper.socket), IMAGE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as worker:
        assert worker.stdout
        container = worker.stdout.readline().strip()
        assert keeper.containers() == [container]
        worker.kill()
    until(lambda: not keeper.containers(), "the container is gone", within_s=5)


def test_dk05_a_worker_without_descriptors_says_so_and_leaves_nothing(
    keeper: KeeperProcess,
) -> None:
    source = (
        "import os, resource, sys\nfrom pathlib import Path\n"
        "from jobs.keeper.client import Keeper\nfrom jobs.sandbox import SandboxError\n"
        "keeper = Keeper(Path(sys.argv[1]), patience_s=0.2)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "for left in range(3):\n"
        "    held = []\n"
        "    try:\n"
        "        while True: held.append(os.open('/dev/null', 0))\n"
        "    except OSError: pass\n"
        "    for _ in range(left): os.close(held.pop())\n"
        "    try: keeper.start(sys.argv[2], task_id='few', epoch=1, deadline_s=60).close()\n"
        "    except SandboxError as error: print(type(error).__name__)\n"
        "    else: print('given')\n"
        "    for one in held: os.close(one)\n"
    )
    command = [sys.executable, "-c", source, str(keeper.socket), IMAGE]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.stdout.split() == ["KeeperAway", "KeeperAway", "given"], ran.stderr
    until(lambda: not keeper.containers(), "the container is gone", within_s=5)


def test_a_forked_job_has_sandboxes_of_its_own(keeper: KeeperProcess, client: Keeper) -> None:
    mine = client.start(IMAGE, task_id="parent", epoch=1, deadline_s=60)
    child = os.fork()
    if not child:
        box = client.start(IMAGE, task_id="child", epoch=1, deadline_s=60)
        same = box.exec("echo child", workdir="/").output == "child"
        os._exit(0 if same and len(client.running()) == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    until(lambda: keeper.containers() == [mine.container], "only the parent's is left")
    assert mine.exec("echo parent", workdir="/").output == "parent"
    mine.close()


def test_one_can_be_removed_by_its_name_and_only_ones_own(
    keeper: KeeperProcess, client: Keeper, docker_host: str
) -> None:
    plain = subprocess.run(
        [
            *("docker", "--host", docker_host, "run", "-d", "--rm", "--network=none"),
            *(IMAGE, "sleep", "60"),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    client.remove(box.container)
    client.remove(box.container)
    client.remove(plain)
    assert keeper.containers() == []
    with pytest.raises(SandboxLost):
        box.exec("true", workdir="/")
    box.close()
    keeper.sweep_the_rest(plain)  # it was still there, or this fails


def test_what_cannot_be_given_is_told_in_the_right_words(client: Keeper) -> None:
    with pytest.raises(SandboxError, match="PATCHBAY_SANDBOX_IMAGES"):
        client.start("example/other", task_id="k7m2", epoch=1, deadline_s=60)
    with pytest.raises(SandboxError, match=r"evil\.example.*PATCHBAY_NETWORK_HOSTS"):
        client.start(
            IMAGE,
            task_id="k7m2",
            epoch=1,
            deadline_s=60,
            network_hosts=["pypi.org", "evil.example"],
        )
    with pytest.raises(SnapshotMissing):
        client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60, snapshot=Snapshot(1, "ab" * 32))
    with pytest.raises(SandboxError, match=r"Start\.task_id"):
        client.start(IMAGE, task_id="No Task", epoch=1, deadline_s=60)
    assert client.status().given == 0


def test_an_image_that_was_not_built_is_told_with_the_mend(
    docker_host: str, tmp_path: Path
) -> None:
    keeper = KeeperProcess(tmp_path, docker_host, sandbox_images="patchbay/unbuilt", pool_size=0)
    keeper.serve()
    try:
        with pytest.raises(ImageMissing, match="script/images"):
            keeper.client.start("patchbay/unbuilt", task_id="k7m2", epoch=1, deadline_s=60)
    finally:
        keeper.end()


def test_there_is_a_limit_to_how_many(docker_host: str, sandbox_image: str, tmp_path: Path) -> None:
    keeper = KeeperProcess(tmp_path, docker_host, sandbox_most=1, pool_size=0)
    keeper.serve()
    try:
        with (
            keeper.client.start(sandbox_image, task_id="one", epoch=1, deadline_s=60),
            pytest.raises(SandboxError, match="PATCHBAY_SANDBOX_MOST"),
        ):
            keeper.client.start(sandbox_image, task_id="two", epoch=1, deadline_s=60)
        until(lambda: keeper.client.status().given == 0, "it was given back")
        keeper.client.start(sandbox_image, task_id="two", epoch=1, deadline_s=60).close()
    finally:
        keeper.end()


def test_a_keeper_without_an_engine_says_so_and_goes_on(tmp_path: Path) -> None:
    keeper = KeeperProcess(tmp_path, os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    keeper.process = keeper.start(DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")
    for _ in range(2):
        with pytest.raises(SandboxError, match="script/engine start"):
            keeper.client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    assert keeper.client.status().pid == keeper.process.pid
    assert keeper.words().count("pool.not_filled") == 1
    assert keeper.words().count("sweep.engine_away") == 1
    keeper.end()


def test_a_missing_keeper_is_told_with_the_mend(tmp_path: Path) -> None:
    nobody = Keeper(tmp_path / "keeper.sock", patience_s=0.2)
    with pytest.raises(KeeperAway, match="script/keeper"):
        nobody.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stale:
        stale.bind(str(tmp_path / "keeper.sock"))
    with pytest.raises(KeeperAway, match="script/keeper"):
        nobody.running()
    with pytest.raises(KeeperAway, match="no/such/folder"):
        Keeper(Path("/no/such/folder/keeper.sock"), patience_s=0).status()


def test_fifty_in_a_row_leave_nothing(keeper: KeeperProcess, client: Keeper) -> None:
    for n in range(5):
        client.start(IMAGE, task_id=f"t{n}", epoch=1, deadline_s=60).close()
    until(lambda: not keeper.containers(), "all are gone")
    memory, files = keeper.memory_kb(), keeper.open_files()
    own_files = len(list(Path("/proc/self/fd").iterdir()))
    for n in range(50):
        with client.start(IMAGE, task_id=f"t{n}", epoch=1, deadline_s=60) as box:
            box.exec("echo x", workdir="/")
    until(lambda: not keeper.containers(), "all are gone")
    assert client.running() == ()
    assert client.status().given == 0
    assert keeper.memory_kb() - memory < 4096
    assert keeper.open_files() <= files + 4
    assert len(list(Path("/proc/self/fd").iterdir())) <= own_files
