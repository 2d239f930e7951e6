"""When the machine has no memory to spare, there is no pool; when it has, there is one again."""

from pathlib import Path

import pytest

from jobs.keeper.pressure import Pressure


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "pressure").mkdir()
    free(tmp_path, 8000)
    stalled(tmp_path, 0.0)
    return tmp_path


def free(proc: Path, megabytes: int) -> None:
    (proc / "meminfo").write_text(
        f"MemTotal:       24683932 kB\nMemAvailable:   {megabytes * 1024} kB\nBuffers: 1 kB\n"
    )


def stalled(proc: Path, percent: float) -> None:
    (proc / "pressure" / "memory").write_text(
        f"some avg10={percent:.2f} avg60=0.00 avg300=0.00 total=1\n"
        "full avg10=99.00 avg60=0.00 avg300=0.00 total=1\n"
    )


def test_there_is_room_while_enough_is_free_and_nobody_waits(proc: Path) -> None:
    assert Pressure(2000, 10.0, proc=proc).room()


def test_room_that_was_lost_comes_back_later_than_it_went(proc: Path) -> None:
    pressure = Pressure(2000, 10.0, proc=proc)
    room = []
    for megabytes in (2000, 1999, 2000, 2400, 2500, 2001):
        free(proc, megabytes)
        room.append(pressure.room())
    assert room == [True, False, False, False, True, True]


def test_work_that_waits_for_memory_takes_the_room_too(proc: Path) -> None:
    pressure = Pressure(2000, 10.0, proc=proc)
    room = []
    for percent in (10.0, 10.5, 9.0, 8.0, 9.0):
        stalled(proc, percent)
        room.append(pressure.room())
    assert room == [True, False, False, True, True]


def test_a_kernel_that_counts_no_stalls_is_judged_by_what_is_free(proc: Path) -> None:
    (proc / "pressure" / "memory").unlink()
    pressure = Pressure(2000, 10.0, proc=proc)
    assert pressure.room()
    free(proc, 1000)
    assert not pressure.room()


def test_this_machine_can_be_judged() -> None:
    assert Pressure(0, 100.0).room()
    assert not Pressure(10**9, 100.0).room()
