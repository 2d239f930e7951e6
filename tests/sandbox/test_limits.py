"""What a sandbox that wants everything gets: its share, and no more."""

import shutil
import time
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox

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
    assert "ran out of memory" in ended.output
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
    assert shutil.disk_usage("/").used - before < 200 << 20
    assert box.exec(f"rm {folder}/f?; echo alive").output == "alive"


def test_a_folder_full_of_empty_files_is_full(box: Sandbox) -> None:
    ended = box.exec(
        "mkdir /tmp/many; cd /tmp/many; python3 -c '\nfor n in range(100000): open(str(n), \"w\")'"
    )
    assert "No space left on device" in ended.output
    assert box.exec("echo alive").output == "alive"


def test_one_file_has_a_limit(box: Sandbox) -> None:
    ended = box.exec("truncate -s 5G sparse; head -c 300M /dev/zero > big; stat -c %s big")
    assert "File too large" in ended.output or "File size limit" in ended.output
    assert ended.output.endswith(str(256 << 20))


def test_processor_time_is_shared_out(box: Sandbox) -> None:
    spent = box.exec(
        "for i in 1 2 3 4; do (timeout 2 sh -c 'while :; do :; done') & done; wait; times"
    )
    user = spent.output.splitlines()[1].split()[0]
    minutes, seconds = user.rstrip("s").split("m")
    assert float(minutes) * 60 + float(seconds) < 3
