"""What the agent changed in one job's sandbox is there in the next one's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.agent.patch import parse
from jobs.agent.ports import TurnDone
from jobs.checkout import Base
from jobs.job import Job
from jobs.kept_sandbox import KeptSandbox
from jobs.sandbox import Sandbox, Sandboxes, SandboxLost, ToolRefused
from records.task import LeaseLost
from tests.jobs.conftest import MakeJob
from tests.sandbox.repositories import Repository, make_repository

pytestmark = pytest.mark.docker

Start = Callable[[], Sandbox]


@pytest.fixture
def code(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "code", {"README": "hello\n", "run.sh": "echo hi\n"})


@pytest.fixture
def start(sandboxes: Sandboxes, sandbox_image: str, code: Repository) -> Start:
    """Start a sandbox with the base commit in it; it goes with the engine's other strays."""

    def start_one() -> Sandbox:
        box = sandboxes.start(sandbox_image, task_id="kept", epoch=1, deadline_s=120)
        code.put_into(box)
        return box

    return start_one


def kept(job: Job, code: Repository, box: Sandbox) -> KeptSandbox:
    base = Base(job.services.mirrors.open(1), code.head, "main")
    return KeptSandbox(job, base, box)


def restored(job: Job, box: Sandbox) -> None:
    checkpoint = job.services.checkpoints.latest(job.task.id)
    assert checkpoint is not None
    box.restore(checkpoint.content)


def test_a_change_survives_into_a_second_job(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    first = make_job(lease_s=-1.0)
    first.log.event("start a sandbox")
    with start() as box:
        work = kept(first, code, box)
        work.exec("chmod +x run.sh && rm README && mkdir -p deep/er && echo new > deep/er/file")
        work.after_turn(TurnDone(1, touched=True))
        work.exec("echo lost > after-the-checkpoint")
        work.after_turn(TurnDone(2, touched=False))
    second = make_job()
    with start() as box:
        restored(second, box)
        seen = box.exec("ls -F . deep/er; cat deep/er/file").output
    assert "run.sh*" in seen
    assert "new" in seen
    assert "README" not in seen
    assert "after-the-checkpoint" not in seen


def test_an_edit_is_kept_at_once(make_job: MakeJob, start: Start, code: Repository) -> None:
    job = make_job()
    with start() as box:
        work = kept(job, code, box)
        work.write("notes.txt", "one\n")
        work.edit("notes.txt", "one", "two")
        assert work.read("notes.txt") == box.read("notes.txt")
    with start() as box:
        restored(job, box)
        assert "two" in box.read("notes.txt")


def test_a_patch_is_kept_at_once(make_job: MakeJob, start: Start, code: Repository) -> None:
    job = make_job()
    patch = "*** Begin Patch\n*** Update File: README\n-hello\n+bye\n*** End Patch"
    with start() as box:
        kept(job, code, box).patch([one.as_json() for one in parse(patch)])
    with start() as box:
        restored(job, box)
        assert "bye" in box.read("README")


def test_a_change_too_large_to_keep_does_not_spoil_the_edit(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    job = make_job()
    with start() as box:
        work = kept(job, code, box)
        work.write("notes.txt", "kept\n")
        work.exec("head -c 20000000 /dev/urandom > big")
        work.after_turn(TurnDone(1, touched=True))
        assert "notes" in work.write("more-notes.txt", "written\n")
        assert "written" in work.read("more-notes.txt")
        with pytest.raises(ToolRefused):
            work.collect()
    with start() as box:
        restored(job, box)
        assert "kept" in box.read("notes.txt")


def test_what_is_handed_in_is_what_another_job_begins_with(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    job = make_job()
    with start() as box:
        work = kept(job, code, box)
        work.exec("echo by a command > notes.txt")
        content = work.collect()
    checkpoint = job.services.checkpoints.latest(job.task.id)
    assert checkpoint is not None
    assert checkpoint.content == content
    assert checkpoint.base_sha == code.head


def test_what_commands_changed_is_kept_when_the_work_is_halted(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    job = make_job()
    with start() as box:
        work = kept(job, code, box)
        work.exec("echo by a command > notes.txt")
        assert job.services.checkpoints.latest(job.task.id) is None
        box.halt()
        with pytest.raises(SandboxLost, match="halted"):
            work.exec("echo too late > notes.txt")
        work.leave()
    with start() as box:
        restored(job, box)
        assert "by a command" in box.read("notes.txt")


def test_a_command_that_is_under_way_at_a_halt_goes_with_the_sandbox(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    job = make_job()
    with start() as box, ThreadPoolExecutor() as beside:
        work = kept(job, code, box)
        work.exec("echo before > notes.txt")
        # Longer than anybody waits; what was before it is kept as it begins.
        running = beside.submit(work.exec, "sleep 100; echo after > notes.txt", timeout_s=110)
        while job.services.checkpoints.latest(job.task.id) is None:
            assert not running.done()
        while box._doing != "exec":
            assert not running.done()
        box.halt()
        with pytest.raises(SandboxLost):
            running.result(30)
        work.leave()
    with start() as box:
        restored(job, box)
        assert "before" in box.read("notes.txt")


def test_a_job_that_was_followed_by_another_keeps_nothing(
    make_job: MakeJob, start: Start, code: Repository
) -> None:
    old = make_job(lease_s=-1.0)
    make_job()
    with start() as box, pytest.raises(LeaseLost):
        kept(old, code, box).write("notes.txt", "too late\n")
    assert old.services.checkpoints.latest(old.task.id) is None
