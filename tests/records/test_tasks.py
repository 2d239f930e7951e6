"""Tasks: one per request, one job at a time, and no writing for whoever lost the lease."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from records.actions import Actions
from records.checkpoints import Checkpoints
from records.database import Database, open_database
from records.effects import Effects
from records.tasks import (
    Lease,
    LeaseLost,
    PlanStep,
    Progress,
    TaskNotFound,
    Tasks,
    TaskState,
)
from tests.records.given import lease, new_task, outdated_lease, task


def test_a_task_is_read_back_as_it_was_asked_for(database: Database) -> None:
    asked = new_task()
    made, created = Tasks(database).create(asked)
    assert created
    assert {name: getattr(made, name) for name in vars(asked)} == vars(asked)
    assert made.state is TaskState.QUEUED
    assert made.progress == Progress()
    assert (made.epoch, made.attempts, made.reason, made.evidence) == (0, 0, "", None)


def test_an_id_is_short_and_has_no_letters_that_look_alike(database: Database) -> None:
    tasks = Tasks(database)
    ids = [tasks.create(new_task(f"comment:{n}", issue_number=n))[0].id for n in range(30)]
    assert len(set(ids)) == 30
    assert all(4 <= len(task_id) <= 6 for task_id in ids)
    assert not set("".join(ids)) & set("01ilo")


def test_the_same_request_makes_one_task_however_many_ask_at_once(database: Database) -> None:
    tasks, together = Tasks(database), threading.Barrier(6)

    def ask(_: int) -> tuple[str, bool]:
        together.wait()
        made, created = tasks.create(new_task())
        return made.id, created

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert len({task_id for task_id, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1


def test_text_that_a_database_would_refuse_is_stored_all_the_same(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.write(held, summary="a\0b\ud800c", evidence={"output": "a\0b\ud800c"})
    stored = tasks.get(held.task_id)
    assert stored.summary == "a\ufffdb?c"
    assert stored.evidence == {"output": "a\0b\ud800c"}


def test_an_unknown_task_is_not_found(database: Database) -> None:
    with pytest.raises(TaskNotFound):
        Tasks(database).get("none")


def test_of_many_jobs_one_gets_the_lease(database: Database) -> None:
    made, tasks, together = task(database), Tasks(database), threading.Barrier(8)

    def take(number: int) -> Lease | None:
        together.wait()
        return tasks.take(made.id, f"job-{number}", 30.0)

    with ThreadPoolExecutor(8) as pool:
        leases = [taken for taken in pool.map(take, range(8)) if taken]
    assert len(leases) == 1
    stored = tasks.get(made.id)
    assert (stored.epoch, stored.attempts, stored.state) == (1, 1, TaskState.RUNNING)


def test_a_lease_that_ran_out_goes_to_the_next_job_with_a_higher_epoch(database: Database) -> None:
    old, new = outdated_lease(database)
    assert new.epoch == old.epoch + 1
    stored = Tasks(database).get(new.task_id)
    assert stored.attempts == 2
    assert stored.started_at is not None


def test_a_renewed_lease_is_not_given_to_another(database: Database) -> None:
    tasks, held = Tasks(database), lease(database, lease_s=-1.0)
    tasks.renew(held, 30.0)
    assert tasks.take(held.task_id, "job-2", 30.0) is None


Write = Callable[[Database, Lease], object]

WRITES: dict[str, Write] = {
    "write": lambda database, old: Tasks(database).write(old, summary="mine"),
    "renew": lambda database, old: Tasks(database).renew(old, 30.0),
    "release": lambda database, old: Tasks(database).release(old),
    "end": lambda database, old: Tasks(database).end(
        old, TaskState.FAILED, reason="x", explanation="x"
    ),
    "append": lambda database, old: Actions(database).append(old, "event", {}),
    "checkpoint": lambda database, old: Checkpoints(database).save(old, 1, "abc", b"x"),
    "effect": lambda database, old: Effects(database).once(
        old.task_id, "x", do=dict, look=lambda: None, lease=old
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_job_of_an_older_epoch_writes_nothing(database: Database, write: Write) -> None:
    old, new = outdated_lease(database)
    before = Tasks(database).get(new.task_id)
    with pytest.raises(LeaseLost):
        write(database, old)
    assert Tasks(database).get(new.task_id) == before
    assert Actions(database).all(new.task_id) == []
    assert Checkpoints(database).latest(new.task_id) is None
    write(database, new)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_job_that_gave_its_task_back_writes_nothing_more(
    database: Database, write: Write
) -> None:
    held = lease(database)
    Tasks(database).release(held)
    with pytest.raises(LeaseLost):
        write(database, held)


def test_a_released_task_is_queued_and_can_be_taken_at_once(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.release(held)
    assert tasks.get(held.task_id).state is TaskState.QUEUED
    assert tasks.unattended() == [held.task_id]
    assert tasks.take(held.task_id, "job-2", 30.0)


def test_a_task_that_is_put_off_is_taken_then_and_has_lost_no_try(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.release(held, until=time.time() + 3600.0)
    assert tasks.get(held.task_id).attempts == 0
    assert tasks.unattended() == []
    assert tasks.take(held.task_id, "job-2", 30.0) is None
    tasks.request_stop(held.task_id, "maria")
    assert tasks.unattended() == [held.task_id]
    assert tasks.take(held.task_id, "job-2", 30.0)


def test_an_ended_task_is_never_taken_again_and_keeps_its_end(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.end(held, TaskState.SUCCEEDED, reason="", explanation="Fixed.")
    tasks.write(held, pull_request_number=9, pull_request_url="https://x/9")
    with pytest.raises(LeaseLost):
        tasks.end(held, TaskState.FAILED, reason="late", explanation="late")
    tasks.release(held)
    stored = tasks.get(held.task_id)
    assert (stored.state, stored.explanation) == (TaskState.SUCCEEDED, "Fixed.")
    assert (stored.pull_request_number, stored.ended_at is not None) == (9, True)
    assert tasks.take(held.task_id, "job-2", 30.0) is None
    assert tasks.unattended(queued_s=-1.0) == []


def test_a_task_cannot_end_in_a_state_that_is_no_end(database: Database) -> None:
    with pytest.raises(ValueError, match="running"):
        Tasks(database).end(lease(database), TaskState.RUNNING, reason="", explanation="")


def test_what_a_job_writes_is_read_back(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    progress = Progress("reading", (PlanStep("read", "doing"),), 2, 3, 100, 20, 0.5, 1.5, 2.5)
    tasks.write(held, progress=progress, base_sha="abc", branch="agent/3", evidence={"rows": [1]})
    stored = tasks.get(held.task_id)
    assert (stored.progress, stored.base_sha, stored.branch) == (progress, "abc", "agent/3")
    assert stored.evidence == {"rows": [1]}


def test_a_stop_ends_a_waiting_task_at_once_and_asks_a_running_one(database: Database) -> None:
    tasks = Tasks(database)
    queued = task(database, "comment:2")
    stopped = tasks.request_stop(queued.id, "ann")
    assert (stopped.state, stopped.stop_requested_by) == (TaskState.STOPPED, "ann")
    held = lease(database)
    asked = tasks.request_stop(held.task_id, "ann")
    assert (asked.state, asked.stop_requested_by) == (TaskState.RUNNING, "ann")
    tasks.end(held, TaskState.STOPPED, reason="stopped", explanation="")
    assert tasks.request_stop(held.task_id, "eve").stop_requested_by == "ann"


def test_the_tasks_of_an_issue_are_found_newest_first(database: Database) -> None:
    tasks = Tasks(database)
    first = tasks.create(new_task("comment:1"))[0]
    assert tasks.live_on_issue(2**40, 3) == first
    tasks.request_stop(first.id, "ann")
    second = tasks.create(new_task("comment:2"))[0]
    tasks.create(new_task("comment:3", issue_number=4))
    assert tasks.live_on_issue(2**40, 3) == second
    latest = tasks.latest_on_issue(2**40, 3)
    assert latest
    assert latest.id == second.id
    assert tasks.live_on_issue(2**40, 5) is None
    assert [found.issue_number for found in tasks.recent(2)] == [4, 3]


def test_unattended_are_tasks_long_queued_and_tasks_whose_job_died(database: Database) -> None:
    tasks = Tasks(database)
    dead = lease(database, lease_s=-1.0)
    tasks.create(new_task("comment:2", issue_number=4))
    third, _ = tasks.create(new_task("comment:3", issue_number=5))
    working = tasks.take(third.id, "job-3", 30.0)
    assert working
    assert tasks.unattended() == [dead.task_id]
    assert len(tasks.unattended(queued_s=-1.0)) == 2


def test_a_lease_is_known_to_stand_for_its_own_epoch_only(database: Database) -> None:
    tasks, (old, new) = Tasks(database), outdated_lease(database)
    assert tasks.is_leased(new.task_id, new.epoch)
    assert not tasks.is_leased(old.task_id, old.epoch)
    tasks.release(new)
    assert not tasks.is_leased(new.task_id, new.epoch)


def test_two_processes_see_each_others_leases(database: Database, database_url: str) -> None:
    held, other = lease(database), open_database(database_url)
    assert Tasks(other).take(held.task_id, "job-2", 30.0) is None
    other.close()
