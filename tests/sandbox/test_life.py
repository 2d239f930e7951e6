"""How sandboxes start, end, get lost and are cleared away."""

import gc
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from jobs.sandbox import Sandbox, SandboxError, SandboxLimits, SandboxLost, shims
from jobs.sandbox.engine import Engine
from jobs.sandbox.readiness import ready
from tests.sandbox.conftest import Start
from tests.sandbox.repositories import make_repository

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine(docker_host: str) -> Iterator[docker.APIClient]:
    client = docker.APIClient(docker_host, "auto")
    yield client
    client.close()


def exists(engine: docker.APIClient, box: Sandbox) -> bool:
    return bool(engine.containers(all=True, filters={"id": box.container}))


def until(holds: Callable[[], bool], seconds: float = 15) -> bool:
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.05)
    return True


def test_a_sandbox_says_whose_it_is(
    engine: docker.APIClient, sandboxes: Engine, sandbox_image: str
) -> None:
    with sandboxes.start(sandbox_image, task_id="k7m2", epoch=3, deadline_s=60) as box:
        labels = engine.inspect_container(box.container)["Config"]["Labels"]
        assert labels["dev.patchbay.sandbox"] == "1"
        [named] = [one for one in sandboxes.running() if one.container == box.container]
        assert (named.task_id, named.epoch, named.overdue) == ("k7m2", 3, False)
        assert 0 < int(labels["dev.patchbay.deadline"]) - time.time() <= 62


def test_a_closed_sandbox_is_gone_and_stays_closed(engine: docker.APIClient, start: Start) -> None:
    box = start()
    box.close()
    assert not exists(engine, box)
    box.close()
    with pytest.raises(SandboxLost):
        box.exec("true")


def test_a_kill_interrupts_a_command_at_once(engine: docker.APIClient, start: Start) -> None:
    box = start()
    timer = threading.Timer(0.5, box.kill)
    timer.start()
    began = time.monotonic()
    with pytest.raises(SandboxLost, match="was ended"):
        box.exec("sleep 100", workdir="/")
    assert time.monotonic() - began < 30
    timer.join()
    assert not exists(engine, box)


def test_a_container_removed_by_somebody_else_is_noticed(
    engine: docker.APIClient, start: Start
) -> None:
    box = start()
    threading.Timer(0.3, engine.remove_container, (box.container,), {"force": True}).start()
    with pytest.raises(SandboxLost, match="is gone"):
        box.exec("sleep 100", workdir="/")
    with pytest.raises(SandboxLost):
        box.read("/etc/passwd")


def test_a_paused_container_is_given_up_and_removed(engine: docker.APIClient, start: Start) -> None:
    box = start()
    engine.pause(box.container)
    with pytest.raises(SandboxLost, match="in time"):
        box.exec("true", workdir="/", timeout_s=-10)
    assert not exists(engine, box)


def test_a_sandbox_ends_itself_at_its_deadline(
    engine: docker.APIClient, sandboxes: Engine, sandbox_image: str
) -> None:
    with sandboxes.start(sandbox_image, task_id="late", epoch=1, deadline_s=1) as box:
        with pytest.raises(SandboxLost, match="is gone"):
            box.exec("trap '' TERM; while :; do kill -ALRM 1; done", workdir="/")
        assert until(lambda: not exists(engine, box))


def test_a_sandbox_ends_with_its_worker(
    engine: docker.APIClient, docker_host: str, sandbox_image: str, sandboxes: Engine
) -> None:
    source = (
        "import sys, time\nfrom jobs.sandbox.engine import Engine\n"
        "made = Engine(sys.argv[1], owner=sys.argv[3])\n"
        "box = made.start(sys.argv[2], task_id='orphan', epoch=1, deadline_s=600)\n"
        "print(box.container, flush=True)\nbox.exec('sleep 500', workdir='/')\n"
    )
    command = [sys.executable, "-c", source, docker_host, sandbox_image, sandboxes._owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as worker:
        assert worker.stdout
        container = worker.stdout.readline().strip()
        assert engine.containers(filters={"id": container})
        os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: not engine.containers(all=True, filters={"id": container}))


def test_only_ones_own_are_listed_and_removed(
    engine: docker.APIClient, docker_host: str, sandbox_image: str, sandboxes: Engine
) -> None:
    mine = Engine(docker_host, owner=f"{sandboxes._owner}-{secrets.token_hex(3)}")
    kept = mine.start(sandbox_image, task_id="kept", epoch=2, deadline_s=60)
    old = mine.start(sandbox_image, task_id="kept", epoch=1, deadline_s=60)
    foreign = sandboxes.start(sandbox_image, task_id="kept", epoch=1, deadline_s=60)
    plain = engine.create_container(sandbox_image, ["sleep", "60"], labels={"dev.example": "1"})
    try:
        assert {(one.task_id, one.epoch) for one in mine.running()} == {("kept", 1), ("kept", 2)}
        mine.remove(old.container)
        assert not exists(engine, old)
        assert exists(engine, kept)
        assert exists(engine, foreign)
        assert engine.inspect_container(plain["Id"])
        assert [one.container for one in mine.running()] == [kept.container]
    finally:
        engine.remove_container(plain["Id"], force=True)
        for box in (kept, old, foreign):
            box.close()


def test_eight_start_at_once(start: Start) -> None:
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: start(), range(8)))
        outputs = list(pool.map(lambda box: box.exec("hostname", workdir="/").output, boxes))
    assert outputs == ["sandbox"] * 8
    assert len({box.container for box in boxes}) == 8


def test_the_list_of_hosts_is_made_again_when_it_was_thrown_away(
    engine: docker.APIClient,
    docker_host: str,
    sandboxes: Engine,
    sandbox_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    volume = f"patchbay-hosts-{secrets.token_hex(4)}"
    monkeypatch.setattr("jobs.sandbox.hosts._VOLUME", volume)
    mine = Engine(docker_host, owner=sandboxes._owner)
    for _ in range(2):
        with mine.start(sandbox_image, task_id="hosts", epoch=1, deadline_s=60) as box:
            shown = box.exec("getent hosts localhost; ls -l /etc/hosts", workdir="/").output
            assert shown.startswith("::1")
            assert "-r--r--r-- 1 root root" in shown
            engine.remove_volume(volume)


def test_calls_from_several_threads_take_turns(box: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: box.exec(f"echo {n}").output, range(40)))
    assert said == [str(n) for n in range(40)]


def test_a_forked_job_starts_its_own(sandboxes: Engine, sandbox_image: str) -> None:
    assert sandboxes.running() is not None  # the parent has its connection
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with sandboxes.start(sandbox_image, task_id="fork", epoch=1, deadline_s=60) as box:
            os.write(writer, box.exec("echo from the child", workdir="/").output.encode())
        os._exit(0)
    os.close(writer)
    with sandboxes.start(sandbox_image, task_id="fork", epoch=2, deadline_s=60) as box:
        assert box.exec("echo from the parent", workdir="/").output == "from the parent"
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"from the child"
    os.waitpid(child, 0)


def test_sb20_nothing_is_left_of_forty(
    engine: docker.APIClient, start: Start, tmp_path: Path, sandboxes: Engine
) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    start().close()
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    containers = []
    for _ in range(40):
        with start() as box:
            repository.put_into(box)
            box.exec("sleep 100 &")
            containers.append(box.container)
    # The client keeps some connections to the engine; a leak would be forty.
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_files + 10
    assert not [one for one in sandboxes.running() if one.container in containers]
    # Other tests of this owner keep snapshots; what a sandbox writes to goes with its container.
    labels = [f"dev.patchbay.owner={sandboxes._owner}", "dev.patchbay.kind=workspace"]
    written = {"label": labels, "dangling": True}
    assert until(lambda: not engine.volumes(filters=written)["Volumes"])
    assert until(lambda: not any(one in everything_about_processes() for one in containers))
    mounts = Path("/proc/self/mountinfo").read_text()
    assert not any(one in mounts for one in containers)


def everything_about_processes() -> str:
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            lines.append(file.read_bytes().decode(errors="replace"))
    return "\n".join(lines)


@pytest.mark.skipif(os.geteuid() != 0, reason="a shim belongs to root")
def test_sb17_a_shim_without_a_container_is_ended_and_no_other_process(
    start: Start, sandboxes: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = start()
    shim = re.compile(
        r"containerd-shim\S*\x00-namespace\x00([^\x00\n]+)\x00"
        rf"-id\x00{box.container}\x00-address\x00([^\x00\n]+)"
    )
    found = shim.search(everything_about_processes())
    assert found
    namespace, address = found.groups()
    nobody = secrets.token_hex(32)
    elsewhere = "/tmp/elsewhere.sock"  # noqa: S108 - only a name
    # Inside of a container anybody can look like a shim, and tell of an engine that is not his.
    box.exec(
        f"exec -a containerd-shim-x bash -c 'sleep 50; true' x"
        f" -namespace {namespace} -id {box.container} -address {elsewhere} &",
        workdir="/",
    )
    assert until(lambda: f"-address\0{elsewhere}" in everything_about_processes())
    with (
        like_a_shim(nobody, namespace, address) as orphan,
        like_a_shim(nobody, namespace, elsewhere) as foreign,
        like_a_shim(nobody, "k8s.io", address) as neighbour,
        like_a_shim(box.container, namespace, address) as used,
    ):
        end = shims._end
        monkeypatch.setattr(shims, "_end", lambda one: str(one.pid))
        # Others use this engine too, whose containers come and go; only these are looked at.
        own = {box.container, nobody}
        looked_at = shims._processes
        monkeypatch.setattr(
            shims, "_processes", lambda: [one for one in looked_at() if one.container in own]
        )
        watching = shims.Shims(sandboxes._connection)
        assert watching.end_left_behind() == []
        monkeypatch.setattr(shims, "_YOUNG_S", -1)
        assert watching.end_left_behind() == [str(orphan.pid)]
        monkeypatch.setattr(shims, "_end", end)
        # One whose container is made after the list was read is looked up once more.
        with monkeypatch.context() as at_once:
            at_once.setattr(watching, "_containers", lambda: {box.container})
            at_once.setattr(watching, "_is_there", lambda one: one == nobody)
            assert watching.end_left_behind() == []
        [said] = watching.end_left_behind()
        assert f"process {orphan.pid} of container {nobody[:12]}" in said
        # Its child is killed first, and then it may end by itself just before it is killed too.
        assert orphan.wait(timeout=10) in (0, -signal.SIGKILL)
        assert foreign.poll() is neighbour.poll() is used.poll() is None
        for one in (foreign, neighbour, used):
            one.kill()
    assert box.exec("echo alive", workdir="/").output == "alive"


def like_a_shim(container: str, namespace: str, address: str) -> subprocess.Popen[bytes]:
    name = "containerd-shim-runc-v2"
    arguments = ["-namespace", namespace, "-id", container, "-address", address]
    return subprocess.Popen(
        [name, "-c", "sleep 50; true", name, *arguments], executable="/bin/bash"
    )


def test_an_image_that_was_built_anew_meanwhile_is_looked_up_again(
    sandboxes: Engine, sandbox_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = [f"sha256:{secrets.token_hex(32)}", str(sandboxes.image_digest(sandbox_image))]
    monkeypatch.setattr(sandboxes, "_digest_of", lambda _: digests.pop(0))
    with sandboxes.start(sandbox_image, task_id="x", epoch=1, deadline_s=60) as box:
        assert box.exec("echo alive", workdir="/").output == "alive"
    assert not digests


def test_a_missing_image_is_told_with_the_mend(sandboxes: Engine) -> None:
    with pytest.raises(SandboxError, match="script/images"):
        sandboxes.start("patchbay/nowhere", task_id="x", epoch=1, deadline_s=60)


def test_a_missing_engine_is_told_with_the_mend(tmp_path: Path) -> None:
    nowhere = Engine(f"unix://{tmp_path}/no.sock")
    with warnings.catch_warnings():
        # The library leaves the socket that could not connect to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        for ask in (nowhere.running, lambda: nowhere.image_digest("patchbay/python")):
            with pytest.raises(SandboxError, match="script/engine start"):
                ask()
        gc.collect()


def test_an_unknown_runtime_is_told(docker_host: str, sandbox_image: str) -> None:
    with pytest.raises(SandboxError, match="no-such-runtime"):
        ready(Engine(docker_host, "no-such-runtime"), sandbox_image, SandboxLimits())
