"""The line of a thread: who was there first gets the first turn, and nobody a turn beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor

from records.database import Database
from records.heard import Remark
from records.tasks import Lease, Task, Tasks, TaskState
from tests.records.given import new_task


def three_in_line(database: Database) -> tuple[Tasks, list[str]]:
    tasks = Tasks(database)
    return tasks, [tasks.create(new_task(f"comment:{number}"))[0].id for number in range(3)]


def ids(line: list[Task]) -> list[str]:
    return [task.id for task in line]


def take(tasks: Tasks, task_id: str) -> Lease:
    taken = tasks.take(task_id, "job", 30.0)
    assert taken
    return taken


def end(tasks: Tasks, held: Lease) -> None:
    tasks.end(held, TaskState.FAILED, reason="budget", explanation="")


def test_the_tasks_of_a_thread_get_their_turn_in_the_order_of_their_coming(
    database: Database,
) -> None:
    tasks, (first, second, third) = three_in_line(database)
    assert ids(tasks.line(2**40, 3)) == [first, second, third]
    assert tasks.take(second, "job", 30.0) is None
    held = take(tasks, first)
    assert tasks.take(second, "job", 30.0) is None
    end(tasks, held)
    assert ids(tasks.line(2**40, 3)) == [second, third]
    assert tasks.take(third, "job", 30.0) is None
    take(tasks, second)


def test_only_the_first_of_a_line_is_rung_for_and_the_next_at_once_when_it_ends(
    database: Database,
) -> None:
    tasks, (first, second, third) = three_in_line(database)
    assert tasks.unattended(queued_s=-1.0) == [first]
    held = take(tasks, first)
    assert tasks.unattended(queued_s=-1.0) == []
    end(tasks, held)
    assert tasks.unattended() == [second]
    tasks.request_stop(second, "ann")
    assert tasks.unattended() == [third]


def test_a_task_that_is_given_back_keeps_its_place(database: Database) -> None:
    tasks, (first, second, third) = three_in_line(database)
    tasks.release(take(tasks, first))
    assert ids(tasks.line(2**40, 3)) == [first, second, third]
    assert tasks.take(second, "job", 30.0) is None
    take(tasks, first)


def test_a_lease_that_ran_out_is_taken_again_though_others_wait(database: Database) -> None:
    tasks, (first, second, _) = three_in_line(database)
    assert tasks.take(first, "dead", -1.0)
    assert tasks.take(second, "job", 30.0) is None
    take(tasks, first)


def test_threads_do_not_wait_for_each_other(database: Database) -> None:
    tasks, (first, *_) = three_in_line(database)
    take(tasks, first)
    elsewhere, _ = tasks.create(new_task("comment:9", issue_number=4))
    take(tasks, elsewhere.id)


def test_of_a_thread_one_is_at_work_however_many_are_taken_at_once(database: Database) -> None:
    tasks, together = Tasks(database), threading.Barrier(6)
    made = [tasks.create(new_task(f"comment:{number}"))[0].id for number in range(6)]

    def take_one(task_id: str) -> Lease | None:
        together.wait()
        return tasks.take(task_id, "job", 30.0)

    with ThreadPoolExecutor(6) as pool:
        taken = [lease for lease in pool.map(take_one, made) if lease]
    assert [lease.task_id for lease in taken] == made[:1]


def test_a_round_that_is_held_is_nobodys_work(database: Database) -> None:
    tasks = Tasks(database)
    task = tasks.create(new_task("review:1"))[0]
    assert tasks.rounds.hold(task.id, 45.0)
    assert not tasks.anybody_works()
    take(tasks, tasks.create(new_task("comment:2", issue_number=4))[0].id)
    assert tasks.anybody_works()


def test_what_was_heard_is_told_in_the_order_in_which_it_came(database: Database) -> None:
    tasks = Tasks(database)
    task = tasks.create(new_task("comment:1"))[0]
    for number, text in ((9, "first"), (-7, "second"), (-8, "third"), (12, "fourth")):
        tasks.heard.add(task.id, Remark(number, "ann", text, steers=True))
    told = [one.text for one in tasks.heard.of(task.id)]
    assert told == ["first", "second", "third", "fourth"]
