"""What a set-up left is kept, stood on, shared with nobody, and thrown away in its turn."""

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from jobs.sandbox import (
    Sandbox,
    SandboxError,
    SandboxLimits,
    SandboxLost,
    Snapshot,
    SnapshotMissing,
    leftovers,
)
from jobs.sandbox.copier import Source
from jobs.sandbox.engine import Engine
from tests.sandbox.test_life import until

pytestmark = pytest.mark.docker

SetUp = Callable[..., Sandbox]
GB = 1024**3


@pytest.fixture(scope="module")
def engine(docker_host: str) -> Iterator[docker.APIClient]:
    client = docker.APIClient(docker_host, "auto")
    yield client
    client.close()


@pytest.fixture
def mine(docker_host: str, sandboxes: Engine) -> Iterator[Engine]:
    """An installation of its own."""
    made = Engine(docker_host, owner=f"{sandboxes._owner}-{secrets.token_hex(3)}")
    yield made
    made.close()
    for one in made.running():
        made.remove(one.container)
    for stored in made.snapshots.stored():
        made.snapshots.remove(stored)
    # The engine removes a container that has ended, with its volume, in its own time.
    volumes = made._connection.api.volumes
    assert until(lambda: volumes(filters=made._connection.mine())["Volumes"] == [])


@pytest.fixture
def set_up(mine: Engine, sandbox_image: str, proxy_image: str) -> SetUp:
    assert proxy_image

    def run(script: str = "true", engine: Engine = mine) -> Sandbox:
        box = engine.start(
            sandbox_image, task_id="setup", epoch=1, deadline_s=120, network_hosts=()
        )
        said = box.exec(script, workdir="/workspace")
        assert said.exit_code == 0, said.output
        return box

    return run


def snapshot(repository_id: int = 7) -> Snapshot:
    return Snapshot(repository_id, secrets.token_hex(16))


def stand_on(engine: Engine, image: str, kept: Snapshot) -> Sandbox:
    return engine.start(image, task_id="task", epoch=1, deadline_s=120, snapshot=kept)


def mark_used(engine: Engine, kept: Snapshot, ago_s: float, size: int = 4_200_000) -> None:
    engine.snapshots._unmark(engine.snapshots.volume_of(kept))
    engine.snapshots._mark(kept, size, used=-ago_s)


def volumes_of(docker_engine: docker.APIClient, engine: Engine) -> set[str]:
    which = {"label": f"dev.patchbay.owner={engine._owner}"}
    return {one["Name"] for one in docker_engine.volumes(filters=which)["Volumes"] or []}


def test_what_was_kept_is_there_as_it_was(mine: Engine, set_up: SetUp, sandbox_image: str) -> None:
    kept = snapshot()
    box = set_up(
        "mkdir -p venv/bin a/b; echo program >venv/bin/x; chmod 755 venv/bin/x; ln -s x venv/bin/y;"
        "ln -s /etc/passwd a/out; ln venv/bin/x a/hard;"
        "truncate -s 50M a/sparse; echo end >>a/sparse;"
        "printf 'odd' >$'a/name with\\n\\377'; mkfifo a/pipe; touch -d 2001-02-03 a/old a/b;"
        "chmod 500 a/b; chmod 400 a/old"
    )
    size = mine.save(box, kept)
    assert 0 < size < 2_000_000
    with pytest.raises(SandboxLost):
        box.exec("true", workdir="/")
    with stand_on(mine, sandbox_image, kept) as box:
        shown = box.exec(
            "stat -c '%n %A %h %Y' venv/bin/x venv/bin/y a/old a/b; cat venv/bin/y;"
            "readlink a/out; stat -c %h a/hard; stat -c '%s' a/sparse; tail -c4 a/sparse;"
            "cat a/name*; echo; test -e a/pipe || echo no pipe; id -u; stat -c %U . a; umask",
            workdir="/workspace",
        )
        lines = shown.output.splitlines()
    assert lines[0].startswith("venv/bin/x -rwxr-xr-x 2 ")
    assert lines[1].startswith("venv/bin/y lrwxrwxrwx 1 ")
    assert lines[2].startswith("a/old -r-------- 1 9811")
    assert lines[3].startswith("a/b dr-x------ 2 9811")
    assert lines[4:] == [
        "program", "/etc/passwd", "2", str(50 * 1024 * 1024 + 4), "end", "odd", "no pipe",
        "10001", "agent", "agent", "0022",
    ]  # fmt: skip


def test_what_a_task_writes_is_its_own_and_has_a_limit(
    mine: Engine, set_up: SetUp, sandbox_image: str
) -> None:
    kept = snapshot()
    mine.save(set_up("mkdir -p node/deep; echo 1 >node/deep/file; echo 2 >gone"), kept)
    with stand_on(mine, sandbox_image, kept) as one, stand_on(mine, sandbox_image, kept) as other:
        said = one.exec(
            "echo changed >node/deep/file; rm gone; echo new >new;"
            'python3 -c \'import os; os.rename("node", "moved")\' && cat moved/deep/file;'
            "for n in 1 2 3 4 5; do dd if=/dev/zero of=$n bs=1M count=250 2>&1; done |"
            "grep -c space",
            workdir="/workspace",
        )
        assert said.output.splitlines()[-2:] == ["changed", "1"]
        seen = "cat node/deep/file gone; ls"
        assert other.exec(seen, workdir="/workspace").output.split()[:2] == ["1", "2"]
    with stand_on(mine, sandbox_image, kept) as third:
        shown = third.exec(seen, workdir="/workspace").output.split()
        assert shown[:2] == ["1", "2"]
        assert not {"new", "moved", "1"} & set(shown[2:])


def test_there_is_none_for_another_repository_key_or_installation(
    mine: Engine, set_up: SetUp, sandboxes: Engine, sandbox_image: str
) -> None:
    kept = snapshot(7)
    mine.save(set_up(), kept)
    for where, other in [
        (mine, Snapshot(8, kept.key)),
        (mine, snapshot(7)),
        (sandboxes, kept),
    ]:
        with pytest.raises(SnapshotMissing):
            stand_on(where, sandbox_image, other)
    assert sandboxes.snapshots.find(kept) is None
    assert [one.snapshot for one in mine.snapshots.stored()] == [kept]


@pytest.mark.parametrize("key", ["", "short", "../../etc", "A" * 16, "0" * 65, "abcdef0123/x"])
def test_a_name_cannot_lead_elsewhere(mine: Engine, sandbox_image: str, key: str) -> None:
    with pytest.raises(SandboxError, match="cannot be the name"):
        stand_on(mine, sandbox_image, Snapshot(7, key))


def test_too_much_is_not_kept(
    docker_host: str, mine: Engine, set_up: SetUp, engine: docker.APIClient
) -> None:
    small = Engine(docker_host, owner=mine._owner, setup=SandboxLimits(workspace_mb=16))
    box = set_up("python3 -c 'for n in range(5000): open(str(n), \"x\")'", engine=small)
    with pytest.raises(SandboxError, match="over 16 MB"):
        small.save(box, snapshot())
    assert volumes_of(engine, small) == set()
    assert small.running() == ()


def test_a_copy_that_was_killed_is_never_offered(
    mine: Engine, set_up: SetUp, sandbox_image: str, engine: docker.APIClient
) -> None:
    kept = snapshot()
    box = set_up("head -c 400M /dev/zero >big")
    copier = {"label": ["dev.patchbay.kind=copier", f"dev.patchbay.owner={mine._owner}"]}

    def kill() -> None:
        assert until(lambda: bool(engine.containers(filters=copier)))
        engine.kill(engine.containers(filters=copier)[0]["Id"])

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SandboxError, match="could not be copied"):
        mine.save(box, kept)
    killer.join()
    with pytest.raises(SnapshotMissing):
        stand_on(mine, sandbox_image, kept)
    assert volumes_of(engine, mine) == set()


def test_what_a_dead_keeper_left_half_done_is_swept(
    mine: Engine, engine: docker.APIClient, sandbox_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = snapshot()
    volume = mine.snapshots.volume_of(kept)
    engine.create_volume(volume, labels=mine._connection.labels("snapshot"))
    engine.create_volume("dev.example", labels={"dev.example": "1"})
    with pytest.raises(SnapshotMissing):
        stand_on(mine, sandbox_image, kept)
    try:
        assert mine.sweep() == []
        assert volumes_of(engine, mine) == {volume}
        monkeypatch.setattr("jobs.sandbox.connection.YOUNG_S", -1)
        assert mine.sweep() == [f"the unfinished snapshot {volume}"]
        assert engine.inspect_volume("dev.example")
    finally:
        engine.remove_volume("dev.example")


def test_the_longest_unused_goes_first_and_none_that_is_stood_on(
    docker_host: str, mine: Engine, set_up: SetUp, sandbox_image: str
) -> None:
    kept = [snapshot(number) for number in range(4)]
    for each in kept[:3]:
        mine.save(set_up("head -c 4M /dev/zero >file"), each)
    # Uses within a minute count once; these are long ago.
    for age, each in zip((300, 200, 100), kept[:3], strict=True):
        mark_used(mine, each, age)
    with stand_on(mine, sandbox_image, kept[1]):
        pass
    assert [one.snapshot for one in mine.snapshots.stored()] == [kept[0], kept[2], kept[1]]
    with stand_on(mine, sandbox_image, kept[0]) as box:
        mark_used(mine, kept[0], 300)
        tight = Engine(docker_host, owner=mine._owner, snapshots_gb=9_000_000 / GB)
        tight.save(set_up("head -c 4M /dev/zero >file"), kept[3])
        left = {one.snapshot for one in mine.snapshots.stored()}
        # The longest unused is in use, so the two after it went.
        assert left == {kept[0], kept[3]}
        assert box.exec("wc -c <file", workdir="/workspace").output == "4194304"
    assert not tight.sweep()


def test_a_new_use_leaves_one_mark(
    mine: Engine, set_up: SetUp, sandbox_image: str, engine: docker.APIClient
) -> None:
    kept = snapshot()
    mine.save(set_up(), kept)
    for _ in range(2):
        stand_on(mine, sandbox_image, kept).close()
    assert until(lambda: len(volumes_of(engine, mine)) == 2)
    mark_used(mine, kept, 100, size=4096)
    stand_on(mine, sandbox_image, kept).close()
    assert until(lambda: len(volumes_of(engine, mine)) == 2)
    assert mine.save(set_up(), kept) == 4096


def test_of_uses_at_once_one_stays_recorded(mine: Engine, set_up: SetUp) -> None:
    kept = snapshot()
    mine.save(set_up(), kept)
    mark_used(mine, kept, 100, size=1)
    mine.snapshots._mark(kept, 2, used=-200)  # who was overtaken leaves the later one alone
    [stored] = mine.snapshots.stored()
    assert stored.bytes == 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda size: mine.snapshots._mark(kept, size), range(3, 11)))
    [stored] = mine.snapshots.stored()
    assert stored.bytes >= 3


def test_what_is_stood_on_is_not_swept_and_gets_its_mark_back(
    mine: Engine, set_up: SetUp, sandbox_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = snapshot()
    mine.save(set_up("head -c 1M /dev/zero >file"), kept)
    monkeypatch.setattr("jobs.sandbox.connection.YOUNG_S", -1)
    with stand_on(mine, sandbox_image, kept) as box:
        mine.snapshots._unmark(mine.snapshots.volume_of(kept))
        assert mine.snapshots.sweep() == []
        [stored] = mine.snapshots.stored()
        assert (stored.snapshot, stored.bytes > 1_000_000) == (kept, True)
        assert box.exec("wc -c <file", workdir="/workspace").output == "1048576"


def test_what_is_being_saved_is_neither_swept_nor_saved_twice(
    mine: Engine, set_up: SetUp, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, copied, go_on = snapshot(), threading.Event(), threading.Event()
    mark = mine.snapshots._mark

    def wait_and_mark(*about: Any) -> None:
        copied.set()
        assert go_on.wait(60)
        mark(*about)

    first, second = set_up(), set_up()
    monkeypatch.setattr(mine.snapshots, "_mark", wait_and_mark)
    monkeypatch.setattr("jobs.sandbox.connection.YOUNG_S", -1)
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(mine.save, first, kept)
        try:
            assert copied.wait(60)
            # As when the copier is gone too: only then could Docker remove the volume.
            [copier] = engine.containers(all=True, filters=mine._connection.mine("copier"))
            engine.remove_container(copier["Id"])
            assert mine.snapshots.sweep() == []
            with pytest.raises(SandboxError, match="by somebody else"):
                mine.save(second, kept)
        finally:
            go_on.set()
        assert saved.result() > 0
    assert [one.snapshot for one in mine.snapshots.stored()] == [kept]
    assert mine.snapshots.folder(mine.snapshots.stored()[0])


def test_of_a_set_up_that_is_gone_nothing_is_kept(
    mine: Engine, set_up: SetUp, sandbox_image: str, engine: docker.APIClient
) -> None:
    gone = Source("gone", secrets.token_hex(32), sandbox_image)
    with pytest.raises(SandboxError, match="was gone before"):
        mine.snapshots.save(gone, snapshot(), 100)
    with pytest.raises(docker.errors.NotFound):
        engine.inspect_volume(gone.volume)
    box = set_up()
    [mount] = engine.inspect_container(box.container)["Mounts"]
    with pytest.raises(SandboxError, match="was gone before"):
        mine.snapshots.save(Source("gone", mount["Name"], sandbox_image), snapshot(), 100)
    assert volumes_of(engine, mine) == {mount["Name"]}
    box.close()


def test_nothing_of_a_sandbox_stays_however_it_ends(
    mine: Engine, set_up: SetUp, sandbox_image: str, docker_host: str, engine: docker.APIClient
) -> None:
    kept = snapshot()
    mine.save(set_up(), kept)
    before = volumes_of(engine, mine)
    stand_on(mine, sandbox_image, kept).close()
    assert until(lambda: volumes_of(engine, mine) == before)
    killed = stand_on(mine, sandbox_image, kept)
    engine.kill(killed.container)
    assert until(lambda: volumes_of(engine, mine) == before)
    killed.close()
    source = (
        "import sys\nfrom jobs.sandbox.engine import Engine\nfrom jobs.sandbox import Snapshot\n"
        "made = Engine(sys.argv[1], owner=sys.argv[3])\nmade.prepare(sys.argv[2])\n"
        "box = made.start(sys.argv[2], task_id='orphan', epoch=1, deadline_s=600,"
        " snapshot=Snapshot(7, sys.argv[4]))\nmade.prepare(sys.argv[2])\n"
        "print(box.container, flush=True)\nbox.exec('sleep 500', workdir='/')\n"
    )
    command = [sys.executable, "-c", source, docker_host, sandbox_image, mine._owner, kept.key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as worker:
        assert worker.stdout
        assert worker.stdout.readline()
        assert len(volumes_of(engine, mine)) == len(before) + 2
        os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: volumes_of(engine, mine) == before)
    assert until(lambda: not engine.containers(all=True, filters=mine._connection.mine()))


def test_room_made_in_advance_is_used_once_and_given_back(
    mine: Engine, set_up: SetUp, sandbox_image: str, engine: docker.APIClient
) -> None:
    kept = snapshot()
    mine.save(set_up(), kept)
    holders = {"label": ["dev.patchbay.kind=holder", f"dev.patchbay.owner={mine._owner}"]}
    mine.prepare(sandbox_image, 2)
    mine.prepare(sandbox_image, 2)
    assert len(engine.containers(filters=holders)) == 2
    with stand_on(mine, sandbox_image, kept) as box:
        box.exec("echo only here >file", workdir="/workspace")
        assert until(lambda: len(engine.containers(filters=holders)) == 1)
        [last] = engine.containers(filters=holders)
        engine.kill(last["Id"])
        # One that is dead is not taken.
        with stand_on(mine, sandbox_image, kept) as other:
            assert other.exec("ls file", workdir="/workspace").exit_code
    mine.prepare(sandbox_image, 1)
    mine.close()
    assert until(lambda: not engine.containers(all=True, filters=holders))


def test_room_that_is_gone_though_its_holder_is_there_is_made_anew(
    mine: Engine, set_up: SetUp, sandbox_image: str
) -> None:
    kept = snapshot()
    mine.save(set_up(), kept)
    mine.prepare(sandbox_image, 1)
    upper = mine._uppers._ready.pop()
    mine._uppers._ready.append(replace(upper, folder="/nowhere/_data"))
    with stand_on(mine, sandbox_image, kept) as box:
        assert box.exec("touch file", workdir="/workspace").exit_code == 0


def test_a_container_that_was_never_started_is_swept(
    mine: Engine, sandbox_image: str, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {"dev.patchbay.owner": mine._owner, "dev.patchbay.kind": "holder"}
    left = engine.create_container(sandbox_image, ["true"], labels=labels)["Id"]
    foreign = engine.create_container(sandbox_image, ["true"], labels={"dev.example": "1"})["Id"]
    try:
        assert mine.sweep() == []
        monkeypatch.setattr(leftovers, "_STARTS_S", -1)
        assert [said.split()[1] for said in mine.sweep()] == [left[:12]]
        assert not engine.containers(all=True, filters={"id": left})
        assert engine.containers(all=True, filters={"id": foreign})
    finally:
        engine.remove_container(foreign)


@pytest.mark.parametrize(
    ("kind", "state", "age_s", "left"),
    [
        ("copier", "exited", 600, False),
        ("copier", "running", 1300, True),
        ("writer", "exited", 600, False),
        ("holder", "created", 120, False),
        ("holder", "created", 200, True),
        ("proxy", "exited", 40, True),
        ("proxy", "exited", 10, False),
        ("proxy", "running", 9999, False),
    ],
)
def test_when_a_container_counts_as_left(kind: str, state: str, age_s: int, left: bool) -> None:
    labels = {"dev.patchbay.kind": kind}
    one = {"Labels": labels, "State": state, "Created": time.time() - age_s}
    assert leftovers._is_left(one) is left
