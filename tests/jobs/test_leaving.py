"""A job that is halted ends in seconds, and keeps nothing where nothing is to be kept."""

import socket
import threading
from typing import cast

import pytest

from jobs.checkout import Base
from jobs.kept_sandbox import KeptSandbox
from jobs.sandbox import Execution, Sandbox, SandboxLost
from jobs.sandbox.stream import FrameStream
from jobs.watch import Halt
from jobs.workplace import Workplace
from tests.jobs.conftest import MakeJob

BASE = cast(Base, type("Commit", (), {"sha": "a" * 40}))


class Box:
    """A sandbox of which is noted what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def exec(self, _script: str, **_: object) -> Execution | None:
        self.asked.append("exec")
        return None

    def collect(self, **_: object) -> bytes:
        self.asked.append("collect")
        return b"a change"

    def kill(self) -> None:
        self.asked.append("kill")

    def halt(self) -> None:
        self.asked.append("halt")


@pytest.mark.parametrize(("discard", "kept"), [(True, None), (False, b"a change")])
def test_nothing_is_kept_of_a_task_that_was_stopped_for_good(
    make_job: MakeJob, discard: bool, kept: bytes | None
) -> None:
    job, box = make_job(), Box()
    work = KeptSandbox(job, BASE, cast(Sandbox, box))
    work._changed = True
    job.services.tasks.request_stop(job.task.id, "maria", discard=discard)
    work.leave()
    saved = job.services.checkpoints.latest(job.task.id)
    assert (saved and saved.content) == kept
    assert box.asked == ([] if discard else ["collect"])


@pytest.mark.parametrize(
    ("why", "discard", "asked"),
    [
        (Halt.LEASE_LOST, False, "kill"),
        (Halt.STOPPED, True, "kill"),
        (Halt.STOPPED, False, "halt"),
        (Halt.SHUTTING_DOWN, False, "halt"),
    ],
)
def test_a_change_that_nobody_wants_is_not_waited_for(
    make_job: MakeJob, why: Halt, discard: bool, asked: str
) -> None:
    job, box = make_job(), Box()
    if why is Halt.STOPPED:
        job.services.tasks.request_stop(job.task.id, "maria", discard=discard)
    job.watch.why = why
    Workplace(job, BASE)._halting(cast(Sandbox, box))()
    assert box.asked == [asked]


def test_a_collect_that_is_under_way_at_a_halt_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.sandbox.sandbox._HALTED_COLLECT_S", 0.05)
    ours, theirs = socket.socketpair()
    removed = threading.Event()
    with theirs, Sandbox("c", FrameStream(ours), removed.set) as box:
        lost: list[str] = []

        def collect() -> None:
            try:
                box.collect(within_s=20.0)
            except SandboxLost as error:
                lost.append(str(error))

        beside = threading.Thread(target=collect)
        beside.start()
        assert theirs.recv(1)  # it has been asked for, and is never answered
        box.halt()
        beside.join(10.0)
        assert (lost, removed.is_set()) == (["the sandbox was ended"], True)
