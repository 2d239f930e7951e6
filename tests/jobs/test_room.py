"""A machine whose disk is full delays a task, in words, and fails none."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import room
from jobs.ending import TaskFailed
from jobs.room import in_room, wait_for_room
from jobs.sandbox import SandboxError, SandboxLost, ToolRefused
from tests.jobs.conftest import MakeJob

_MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LOOK_AGAIN_S", 0.01)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the disk has left, in MB: a figure for each time it is asked, the last for ever."""
    figures: list[int] = []

    def usage(_folder: Path) -> Any:
        now = figures.pop(0) if len(figures) > 1 else figures[0]
        return shutil._ntuple_diskusage(1 << 40, 0, now * _MB)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return figures


def events(job: Any) -> list[str]:
    return [entry["result"] for kind, entry in job.log.entries() if kind == "event"]


def test_dk06_a_new_task_waits_for_room_and_says_so_once(
    make_job: MakeJob, free: list[int]
) -> None:
    free += [10, 20, 30, 5000]
    job = make_job()
    wait_for_room(job)
    assert events(job) == ["10 MB are free, 1024 MB are needed"]
    assert len(free) == 1


def test_with_room_nothing_is_said(make_job: MakeJob, free: list[int]) -> None:
    free += [5000]
    job = make_job()
    wait_for_room(job)
    assert events(job) == []


def test_a_task_that_waits_can_be_stopped(make_job: MakeJob, free: list[int]) -> None:
    free += [10]
    job = make_job()
    threading.Timer(0.1, job.watch.halted.set).start()
    with pytest.raises(TaskFailed, match="disk is full: 10 MB are free"):
        wait_for_room(job)


def test_dk08_a_full_engine_is_asked_again_until_it_has_room(make_job: MakeJob) -> None:
    job = make_job()
    answers: Iterator[str] = iter(["mkdir overlay2/x: no space left on device"] * 3 + ["done"])

    def act() -> str:
        if (answer := next(answers)) != "done":
            raise SandboxError(f"the engine refused a sandbox: {answer}")
        return answer

    assert in_room(job, act) == "done"
    assert events(job) == ["there is none for a sandbox"]


def test_any_other_trouble_of_the_engine_is_raised(make_job: MakeJob) -> None:
    def act() -> None:
        raise SandboxError("no Docker engine answers")

    with pytest.raises(SandboxError, match="no Docker engine"):
        in_room(make_job(), act)


@pytest.mark.parametrize("kind", [SandboxLost, ToolRefused])
def test_a_sandbox_that_is_full_by_itself_is_not_waited_for(
    make_job: MakeJob, kind: type[SandboxError]
) -> None:
    asked: list[int] = []

    def act() -> None:
        assert not asked
        asked.append(1)
        words = "the sandbox is gone: no command can be started: No space left on device"
        raise kind(words)

    job = make_job()
    with pytest.raises(kind):
        in_room(job, act)
    assert events(job) == []
