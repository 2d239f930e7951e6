"""What happens to sandboxes when their engine fails, by the ids of docs/security.md."""

import gc
import os
import shutil
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pytest

from jobs.sandbox import SandboxError, SandboxLost
from jobs.sandbox.engine import Engine
from tests.attacks.own_engine import OwnEngine, own_engine

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
SMALL = "patchbay/base"


@pytest.fixture(scope="module")
def mortal(docker_host: str, sandbox_image: str) -> Iterator[OwnEngine]:
    """An engine with a small image in it, which a test may kill."""
    assert sandbox_image  # which stands on the small one
    runtimes: dict[str, dict[str, object]] = {}
    if runsc := shutil.which("runsc"):
        runtimes = {"runsc-with-network": {"path": runsc}}
    with own_engine(runtimes) as engine:
        engine.load(SMALL, docker_host)
        yield engine


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True


def test_sb14_sb16_an_engine_killed_in_the_middle_of_a_call(
    mortal: OwnEngine,
) -> None:
    mine = Engine(mortal.host, owner="mortal")
    box = mine.start(SMALL, task_id="before", epoch=1, deadline_s=100)
    idle = mine.start(SMALL, task_id="idle", epoch=1, deadline_s=100)
    threading.Timer(0.5, mortal.kill).start()
    began = time.monotonic()
    with pytest.raises(SandboxLost):
        box.exec("sleep 60", workdir="/", timeout_s=60)
    assert time.monotonic() - began < 15
    with warnings.catch_warnings():
        # The library leaves the socket that could not connect to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(SandboxError, match="no Docker engine answers"):
            mine.start(SMALL, task_id="between", epoch=1, deadline_s=60)
        gc.collect()
    mortal.start()
    with mine.start(SMALL, task_id="after", epoch=2, deadline_s=60) as another:
        assert another.exec("echo alive", workdir="/").output == "alive"
    for one in (box, idle):
        one.close()
    assert eventually(lambda: not (mine.sweep() or mine.running()), 60)
    assert eventually(lambda: not [p for p in mortal.processes().values() if "-shim" in p], 60)
    assert mortal.run("volume", "ls", "-q").stdout.split() == ["patchbay-hosts"]


def test_sb17_a_start_of_gvisor_that_fails_leaves_nothing(
    mortal: OwnEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("runsc"):
        pytest.skip("there is no runsc here")
    monkeypatch.setattr("jobs.sandbox.shims._YOUNG_S", 0)
    mine = Engine(mortal.host, owner="mortal")
    wrong = Engine(mortal.host, "runsc-with-network", owner="mortal")
    with mine.start(SMALL, task_id="whole", epoch=1, deadline_s=90) as whole:
        with pytest.raises(SandboxError):
            wrong.start(SMALL, task_id="failed", epoch=1, deadline_s=60)
        mine.sweep()
        # What is left of it dies once it is told to; the sandbox beside it does not.
        assert eventually(lambda: not _of_gvisor(mortal), 20), _of_gvisor(mortal)
        assert whole.exec("echo alive", workdir="/").output == "alive"
    assert eventually(lambda: not mine.running(), 20)


def _of_gvisor(engine: OwnEngine) -> list[str]:
    return [line for line in engine.processes().values() if "runsc" in line]


def test_dk08_a_full_engine_refuses_in_words_that_mean_waiting() -> None:
    with own_engine(disk_mb=40) as full:
        empty = full.folder / "empty.tar"
        empty.write_bytes(bytes(10240))
        full.run("import", str(empty), "tiny")
        mine = Engine(full.host, owner="full")
        stuffed = full.folder / "data" / "stuffed"
        with stuffed.open("wb") as file:
            while True:
                try:
                    file.write(bytes(1 << 16))
                    file.flush()
                except OSError:
                    break
        with pytest.raises(SandboxError, match=r"(?i)no space left on device"):
            mine.start("tiny", task_id="full", epoch=1, deadline_s=60)
        os.truncate(stuffed, 0)
        # With room it gets as far as an image without anything in it goes.
        with pytest.raises(SandboxError, match="executable file not found"):
            mine.start("tiny", task_id="full", epoch=1, deadline_s=60)
        assert eventually(lambda: not mine.running(), 30)
