"""What a sandbox that wants everything gets: its share, and no more."""

import shutil
import time
from pathlib import Path

import pytest

from jobs.sandbox import Limit, LimitHit, Sandbox, SandboxLimits
from jobs.sandbox.engine import Engine

pytestmark = pytest.mark.docker


def test_a_fork_bomb_stays_inside_and_passes(box: Sandbox) -> None:
    before = len(list(Path("/proc").glob("[0-9]*")))
    box.exec("bomb() { bomb | bomb & }; bomb; sleep 2", timeout_s=4)
    assert len(list(Path("/proc").glob("[0-9]*"))) < before + 300
    began = time.monotonic()
    assert "alive" in box.exec("echo alive").output
    assert time.monotonic() - began < 10


def test_left_over_processes_give_way_when_there_is_no_room(box: Sandbox) -> None:
    filled = (
        "import os, time\n"
        "while True:\n"
        "    try:\n        os.fork()\n"
        "    except OSError:\n        os.getpid() == me and os._exit(0); time.sleep(0.1)\n"
    )
    box.exec(f'python3 -c \'import os; me = os.getpid(); exec("""{filled}""")\'')
    # Whoever is quicker gets the last place: the next command, or those who wait for one.
    said = [box.exec("echo alive").output for _ in range(30)]
    assert all(each.endswith("alive") for each in said)
    assert any("the limit of processes was reached" in each for each in said)
    assert said[-1] == "alive"


def test_a_memory_bomb_is_killed_alone(box: Sandbox) -> None:
    ended = box.exec("python3 -c 'x = bytearray(3 << 30); print(len(x))'")
    assert ended.exit_code == 137
    assert "ran out of memory (2048 MB)" in ended.output
    assert ended.limits == (LimitHit(Limit.MEMORY, 2 << 30),)
    assert box.exec("echo alive").output == "alive"


def test_files_count_as_memory_and_the_server_outlives_them(box: Sandbox) -> None:
    box.exec(
        "for d in /workspace /tmp /dev/shm; do for i in 1 2 3 4 5 6; do "
        "head -c 250M /dev/zero > $d/fill$i; done; done 2>/dev/null; "
        "python3 -c 'x = [bytearray(1 << 20) for _ in range(3000)]'"
    )
    assert box.exec("rm -f /workspace/fill* /tmp/fill*; echo alive").output == "alive"


@pytest.mark.parametrize("folder", ["/workspace", "/tmp", "/dev/shm"])  # noqa: S108
def test_a_full_folder_is_full_and_the_host_s_disk_is_not(box: Sandbox, folder: str) -> None:
    before = shutil.disk_usage("/").used
    ended = box.exec(
        f"for i in 1 2 3 4 5; do head -c 255M /dev/zero > {folder}/f$i; done; echo done"
    )
    assert "No space left on device" in ended.output
    assert "done" in ended.output
    assert f"[{folder} is full: it has {_size_of(folder)} MB]" in ended.output
    assert ended.limits == (LimitHit(Limit.DISK, _size_of(folder) << 20, folder),)
    again = box.exec(f"echo x > {folder}/one-more; true")
    assert again.limits == ended.limits
    assert box.exec("true").limits == ()
    assert shutil.disk_usage("/").used - before < 200 << 20
    assert box.exec(f"rm {folder}/f?; echo alive").output == "alive"


def test_a_folder_full_of_empty_files_is_full(box: Sandbox) -> None:
    ended = box.exec(
        "mkdir /tmp/many; cd /tmp/many; python3 -c '\nfor n in range(100000): open(str(n), \"w\")'"
    )
    assert "No space left on device" in ended.output
    assert ended.limits == (LimitHit(Limit.DISK, 256 << 20, "/tmp"),)  # noqa: S108
    assert box.exec("echo alive").output == "alive"


def test_who_clears_up_behind_itself_has_run_into_it_all_the_same(box: Sandbox) -> None:
    ended = box.exec(
        "head -c 255M /dev/zero > /tmp/a; head -c 255M /dev/zero > /tmp/b; sleep 0.2; rm /tmp/[ab]"
    )
    assert [hit.limit for hit in ended.limits] == [Limit.DISK]
    assert box.exec("echo 'No space left on device'").limits == ()


def test_a_refused_process_is_told(box: Sandbox) -> None:
    ended = box.exec("for n in $(seq 300); do sleep 5 & done", timeout_s=10)
    assert ended.limits[:1] == (LimitHit(Limit.PROCESSES, 256),)
    assert "[the limit of 256 processes was reached]" in ended.output


def test_the_time_and_the_output_are_told(box: Sandbox) -> None:
    assert box.exec("sleep 9", timeout_s=1).limits == (LimitHit(Limit.TIME, 1),)
    assert box.exec("yes | head -c 20000000; sleep 5").limits == (LimitHit(Limit.OUTPUT, 8 << 20),)


def test_the_output_has_the_operator_s_limit(docker_host: str, sandbox_image: str) -> None:
    engine = Engine(docker_host, limits=SandboxLimits(output_mb=1), owner="tests-output")
    with engine.start(sandbox_image, task_id="test", epoch=1, deadline_s=60) as box:
        ended = box.exec("yes | head -c 3000000; sleep 5", workdir="/")
        assert ended.killed_for_output
        assert ended.bytes == 1 << 20
        assert ended.limits == (LimitHit(Limit.OUTPUT, 1 << 20),)


def test_one_file_has_a_limit(box: Sandbox) -> None:
    ended = box.exec("truncate -s 5G sparse; head -c 300M /dev/zero > big; stat -c %s big")
    assert "File too large" in ended.output or "File size limit" in ended.output
    assert ended.output.endswith(str(256 << 20))
    assert ended.limits == (LimitHit(Limit.FILE, 256 << 20),)
    box.exec("rm big")
    assert box.exec("echo 'File too large'").limits == ()


def test_processor_time_is_shared_out(box: Sandbox) -> None:
    spent = box.exec(
        "for i in 1 2 3 4; do (timeout 2 sh -c 'while :; do :; done') & done; wait; times"
    )
    user = spent.output.splitlines()[1].split()[0]
    minutes, seconds = user.rstrip("s").split("m")
    assert float(minutes) * 60 + float(seconds) < 3


def _size_of(folder: str) -> int:
    """Return how many MB a folder holds, by the profile."""
    limits = SandboxLimits()
    return {
        "/workspace": limits.workspace_mb,
        "/tmp": limits.tmp_mb,  # noqa: S108
        "/dev/shm": limits.shared_memory_mb,  # noqa: S108
    }[folder]
