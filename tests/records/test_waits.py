"""Waits: a task that needs somebody's word gives everything back, and goes on at the answer."""

import pytest

from records.database import Database
from records.task import LeaseLost, TaskState
from records.tasks import Tasks
from records.waits import NewWait, WaitKind
from tests.records.given import lease, outdated_lease, task

QUESTION = NewWait("call:1", WaitKind.QUESTION, {"questions": ["a or b?", "now?"]}, 3600.0)


def test_a_task_that_waits_is_nobody_s_and_is_queued_by_the_answer(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    wait = tasks.waits.ask(held, QUESTION)
    assert (wait.number, wait.asked, wait.is_open) == (1, QUESTION.asked, True)
    assert tasks.waits.rest(held) is TaskState.WAITING
    assert tasks.take(held.task_id, "job-2", 30.0) is None
    assert tasks.unattended(-1.0) == []
    answered = tasks.waits.answer(wait, {"answers": {"1": "a"}}, "ann")
    assert answered
    assert answered.answer == {"answers": {"1": "a"}}
    assert answered.answered_by == "ann"
    assert tasks.get(held.task_id).state is TaskState.QUEUED
    assert tasks.waits.open(held.task_id) is None
    assert tasks.waits.latest(held.task_id) == answered
    assert tasks.take(held.task_id, "job-2", 30.0)
    assert tasks.get(held.task_id).attempts == 1, "waiting is no attempt that failed"


def test_the_same_question_of_a_second_job_is_the_first_one(database: Database) -> None:
    waits, held = Tasks(database).waits, lease(database)
    assert waits.ask(held, QUESTION) == waits.ask(held, QUESTION)
    assert len(waits.all(held.task_id)) == 1


def test_of_two_questions_one_answer_is_kept_and_the_task_waits_on(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    wait = tasks.waits.ask(held, QUESTION)
    tasks.waits.rest(held)

    def is_all(answer: dict[str, dict[str, str]]) -> bool:
        return len(answer["answers"]) == 2

    first = tasks.waits.answer(wait, {"answers": {"2": "x"}}, "ann", is_all=is_all)
    assert first
    assert first.is_open
    assert tasks.get(held.task_id).state is TaskState.WAITING
    second = tasks.waits.answer(wait, {"answers": {"1": "b"}}, "bob", is_all=is_all)
    assert second
    assert not second.is_open
    assert second.answer == {"answers": {"1": "b", "2": "x"}}
    assert tasks.get(held.task_id).state is TaskState.QUEUED
    assert tasks.waits.answer(wait, {"answers": {"1": "a"}}, "eve") is None
    assert tasks.waits.latest(held.task_id) == second


def test_an_answer_that_comes_before_the_job_rests_is_not_slept_through(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.waits.answer(tasks.waits.ask(held, QUESTION), {}, "ann")
    assert tasks.get(held.task_id).state is TaskState.RUNNING
    assert tasks.waits.rest(held) is TaskState.QUEUED
    assert tasks.unattended() == [held.task_id]


def test_a_job_that_lost_its_lease_neither_asks_nor_rests(database: Database) -> None:
    waits = Tasks(database).waits
    old, _ = outdated_lease(database)
    for act in (lambda: waits.ask(old, QUESTION), lambda: waits.rest(old)):
        with pytest.raises(LeaseLost):
            act()
    assert waits.all(old.task_id) == []


def test_a_deadline_that_has_passed_answers_once(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.waits.ask(held, NewWait("call:1", WaitKind.QUESTION, {}, -1.0))
    tasks.waits.rest(held)
    assert tasks.waits.expire() == [held.task_id]
    assert tasks.waits.expire() == []
    wait = tasks.waits.latest(held.task_id)
    assert wait
    assert wait.expired
    assert wait.answered_by == ""
    assert tasks.get(held.task_id).state is TaskState.QUEUED


def test_a_deadline_to_come_and_one_of_a_task_that_has_ended_are_left_alone(
    database: Database,
) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.waits.ask(held, QUESTION)
    tasks.waits.ask(held, NewWait("call:2", WaitKind.QUESTION, {}, -1.0))
    tasks.end(held, TaskState.FAILED, reason="internal", explanation="")
    assert tasks.waits.expire() == []


def test_a_task_that_waits_for_nothing_is_queued_again(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    wait = tasks.waits.ask(held, QUESTION)
    tasks.waits.rest(held)
    assert tasks.waits.requeue_orphans() == []
    tasks.waits.answer(wait, {}, "ann")
    again = tasks.take(held.task_id, "job-2", 30.0)
    assert again
    tasks.waits.rest(again)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE tasks SET state = 'waiting'")
    assert tasks.waits.requeue_orphans() == [held.task_id]
    assert tasks.get(held.task_id).state is TaskState.QUEUED


def test_what_was_granted_before_it_was_asked_for_is_there_once(database: Database) -> None:
    waits, made = Tasks(database).waits, task(database)
    more = NewWait("grant:comment:9", WaitKind.BUDGET, {})
    assert waits.grant(made.id, more, {"usd": 1.0}, "ann") == waits.grant(
        made.id, more, {"usd": 5.0}, "ann"
    )
    only = waits.latest(made.id)
    assert only
    assert not only.is_open
    assert only.answer == {"usd": 1.0}


def test_a_stop_of_a_task_that_waits_is_left_to_a_job_that_keeps_its_work(
    database: Database,
) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.waits.ask(held, QUESTION)
    tasks.waits.rest(held)
    told = tasks.request_stop(held.task_id, "ann", discard=True)
    assert (told.state, told.stop_requested_by, told.discards) == (TaskState.QUEUED, "ann", True)
    assert tasks.take(held.task_id, "job-2", 30.0)


def test_a_task_that_shall_stop_does_not_begin_to_wait(database: Database) -> None:
    tasks, held = Tasks(database), lease(database)
    tasks.waits.ask(held, QUESTION)
    tasks.request_stop(held.task_id, "ann")
    assert tasks.waits.rest(held) is TaskState.QUEUED
