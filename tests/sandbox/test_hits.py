"""Limits that were hit are found in what either version of control groups says."""

from pathlib import Path

import pytest

from jobs.sandbox.inside import hits
from jobs.sandbox.inside.bounds import DISK, FILE, MEMORY, PROCESSES

V1_MEMORY = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
V2_MEMORY = "low 0\nhigh 2\nmax 17\noom 4\noom_kill 3\noom_group_kill 0\n"


@pytest.mark.parametrize("events", [V1_MEMORY, V2_MEMORY])
def test_kills_for_want_of_memory_are_counted(tmp_path: Path, events: str) -> None:
    (tmp_path / "events").write_text(events)
    files = (str(tmp_path / "missing"), str(tmp_path / "events"))
    assert hits.count(files, "oom_kill") == 3
    (tmp_path / "events").write_text(events.replace("oom_kill 3", "oom_kill 12"))
    assert hits.count(files, "oom_kill") == 12
    assert hits.count(files, "no such event") == 0


def test_what_no_file_says_is_nothing(tmp_path: Path) -> None:
    assert hits.count((str(tmp_path / "missing"),), "oom_kill") == 0
    assert hits.number((str(tmp_path / "missing"),)) == 0


@pytest.mark.parametrize(("said", "number"), [("2147483648\n", 2 << 30), ("max\n", 0), ("", 0)])
def test_a_limit_is_a_number_or_none(tmp_path: Path, said: str, number: int) -> None:
    (tmp_path / "limit").write_text(said)
    assert hits.number((str(tmp_path / "limit"),)) == number


def test_each_is_told_to_the_model_in_a_line() -> None:
    told = hits.notes(
        [
            {"kind": MEMORY, "size": 2 << 30},
            {"kind": PROCESSES, "size": 256},
            {"kind": DISK, "size": 1 << 30, "folder": "/workspace"},
            {"kind": FILE, "size": 256 << 20},
        ]
    )
    assert told.splitlines() == [
        "[the sandbox ran out of memory (2048 MB) and a process was killed]",
        "[the limit of 256 processes was reached]",
        "[/workspace is full: it has 1024 MB]",
        "[a file reached the largest size allowed: 256 MB]",
    ]
