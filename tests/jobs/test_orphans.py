"""Whatever was at work and has nobody left ends in words; what somebody may still take does not."""

from dataclasses import dataclass

from jobs.orphans import Orphans
from jobs.repository.change import Change, serialise
from jobs.waiting.deadlines import end_waits
from records.task import TaskState
from records.waits import NewWait, WaitKind
from tests.jobs.desk import EDIT, REPOSITORY, Desk
from tests.records.given import new_task


@dataclass
class Time:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def left(desk: Desk) -> str:
    """The task of a job whose process is gone."""
    tasks = desk.job.services.tasks
    tasks.renew(desk.job.lease, -1.0)
    return desk.job.task.id


def said(desk: Desk) -> list[str]:
    return [one["body"] for one in desk.github.comments(REPOSITORY, desk.job.task.issue_number)]


def test_a_task_whose_worker_is_gone_for_good_ends_in_words_once(desk: Desk) -> None:
    task_id, time = left(desk), Time()
    orphans = Orphans(desk.job.services, after_s=60.0, now=time)
    orphans.sweep()
    assert said(desk) == []
    time.now = 61.0
    orphans.sweep()
    orphans.sweep()
    task = desk.job.services.tasks.get(task_id)
    assert (task.state, task.reason) == (TaskState.FAILED, "worker_lost")
    (body,) = said(desk)
    assert "### ❌ Stopped: nobody goes on with it" in body
    assert "look whether its workers run" in body


def test_what_was_saved_of_its_work_is_put_on_a_branch(desk: Desk) -> None:
    job = desk.job
    job.services.tasks.write(job.lease, base_sha=desk.base.sha, base_branch=desk.base.branch)
    job.save_checkpoint(desk.base.sha, serialise(Change((EDIT,))))
    task_id, time = left(desk), Time()
    orphans = Orphans(job.services, after_s=60.0, now=time)
    for time.now in (0.0, 61.0):
        orphans.sweep()
    task = job.services.tasks.get(task_id)
    assert (task.state, task.reason) == (TaskState.FAILED, "worker_lost")
    assert desk.git("show", f"{task.branch}:tax.py") == "RATE = 0.2"
    assert str(task.branch) in said(desk)[-1]
    assert desk.pull_requests() == []


def test_it_is_not_closed_before_its_issue_says_so(desk: Desk) -> None:
    tasks, task_id, time = desk.job.services.tasks, left(desk), Time()
    orphans = Orphans(desk.job.services, after_s=60.0, now=time)
    desk.github.fault("issues/create-comment", status=502, count=None)
    for time.now in (0.0, 61.0):
        orphans.sweep()
    assert tasks.get(task_id).state is TaskState.RUNNING
    desk.github.clear_faults()
    for time.now in (62.0, 122.0):
        orphans.sweep()
    assert tasks.get(task_id).state is TaskState.FAILED
    assert "nobody goes on with it" in said(desk)[-1]


def test_while_another_worker_is_at_work_it_waits_for_that_one(desk: Desk) -> None:
    task_id, time = left(desk), Time()
    tasks = desk.job.services.tasks
    other, _ = tasks.create(new_task("comment:9", issue_number=9))
    assert tasks.take(other.id, "a busy worker", 60.0)
    orphans = Orphans(desk.job.services, after_s=60.0, now=time)
    for time.now in (0.0, 61.0, 122.0):
        orphans.sweep()
    assert tasks.get(task_id).state is TaskState.RUNNING


def test_a_clock_that_comes_up_after_a_night_gives_the_workers_their_minute(desk: Desk) -> None:
    task_id, time = left(desk), Time(1_000_000.0)
    orphans = Orphans(desk.job.services, after_s=60.0, now=time)
    orphans.sweep()
    time.now += 59.0
    orphans.sweep()
    assert desk.job.services.tasks.get(task_id).state is TaskState.RUNNING


def test_what_waits_in_line_or_for_people_is_no_orphan(desk: Desk) -> None:
    tasks, time = desk.job.services.tasks, Time()
    queued, _ = tasks.create(new_task("comment:9", issue_number=9))
    tasks.waits.ask(desk.job.lease, NewWait("plan:1", WaitKind.PLAN, {}))
    tasks.waits.rest(desk.job.lease)
    orphans = Orphans(desk.job.services, after_s=60.0, now=time)
    for time.now in (0.0, 61.0):
        orphans.sweep()
    assert tasks.get(queued.id).state is TaskState.QUEUED
    assert tasks.get(desk.job.task.id).state is TaskState.WAITING


def test_the_clock_ends_a_deadline_and_wakes_the_task(desk: Desk) -> None:
    tasks, rung = desk.job.services.tasks, list[str]()
    tasks.waits.ask(desk.job.lease, NewWait("call:1", WaitKind.QUESTION, {}, -1.0))
    tasks.waits.rest(desk.job.lease)
    end_waits(tasks.waits, rung.append)
    end_waits(tasks.waits, rung.append)
    assert rung == [desk.job.task.id]
    assert tasks.get(desk.job.task.id).state is TaskState.QUEUED
