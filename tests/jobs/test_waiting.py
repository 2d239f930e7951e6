"""A task that waits for people says what for, gives everything back, and goes on at the answer."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from jobs import run_task as running
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.run_task import run_task
from jobs.status_comment import StatusComment
from jobs.waiting.rest import rest
from records.task import NewTask, Task, TaskState
from records.waits import NewWait, WaitKind
from tests.jobs.desk import REPOSITORY, Desk
from tests.jobs.test_marking import labels

QUESTION = NewWait(
    "call:1",
    WaitKind.QUESTION,
    {
        "questions": [
            {"question": "Round @half up?", "choices": ["yes", "no, to even"], "default": 1},
            {"question": "In which place?", "choices": ["the model", "the view"], "default": 0},
        ],
        "at_deadline": "defaults",
    },
    3600.0,
)
Decide = Callable[[Job], TaskEnd | NewWait]


def said(desk: Desk) -> str:
    comments = desk.github.comments(REPOSITORY, desk.job.task.issue_number)
    return str(comments[-1]["body"])


def now(desk: Desk) -> Task:
    return desk.job.services.tasks.get(desk.job.task.id)


def test_the_question_stands_on_the_issue_and_nobody_holds_the_task(desk: Desk) -> None:
    rest(desk.job, StatusComment(desk.job), QUESTION)
    task = now(desk)
    assert task.state is TaskState.WAITING
    assert desk.job.services.tasks.take(task.id, "another", 30.0) is None
    body = said(desk)
    assert "### ❓ I need 2 decisions — `fix`" in body
    assert "**1.** Round @<!-- -->half up?" in body
    assert "- [ ] a. yes <!-- do:answer 1a -->" in body
    assert "- [ ] **b.** no, to even **(my default)** <!-- do:answer 1b -->" in body
    assert "`/agent 1b 2a`" in body
    assert "I go on with my defaults" in body
    assert "agent:needs-input" in labels(desk.github, task.issue_number)


def test_a_question_that_was_answered_meanwhile_is_not_asked_again(desk: Desk) -> None:
    waits = desk.job.services.tasks.waits
    wait = waits.ask(desk.job.lease, QUESTION)
    waits.answer(wait, {"answers": {}}, "maria")
    rest(desk.job, StatusComment(desk.job), QUESTION)
    assert now(desk).state is TaskState.QUEUED
    assert desk.github.comments(REPOSITORY, desk.job.task.issue_number) == []


def test_what_is_asked_carries_no_secret(desk: Desk) -> None:
    questions = [{"question": "Is sesame right?", "choices": ["yes"], "default": 0}]
    desk.job.services.redactor.learn("sesame-street-4711")
    questions[0]["question"] = "Is sesame-street-4711 right?"
    rest(desk.job, StatusComment(desk.job), replace(QUESTION, asked={"questions": questions}))
    wait = desk.job.services.tasks.waits.open(desk.job.task.id)
    assert wait
    assert "4711" not in str(wait.asked)
    assert "4711" not in said(desk)


def test_a_job_whose_task_waits_gives_it_back_and_the_next_one_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = desk.job.services.tasks
    tasks.release(desk.job.lease)
    came: list[TaskEnd | NewWait] = [QUESTION, TaskEnd(TaskState.NO_CHANGE_NEEDED, "", "Fine.")]
    monkeypatch.setattr(running, "_carry_out", lambda _job: came.pop(0))
    run_task(desk.job.task.id, desk.job.services, threading.Event())
    assert now(desk).state is TaskState.WAITING
    run_task(desk.job.task.id, desk.job.services, threading.Event())
    assert len(came) == 1, "a waiting task is nobody's to take"
    wait = tasks.waits.open(desk.job.task.id)
    assert wait
    tasks.waits.answer(wait, {"answers": {}}, "maria")
    run_task(desk.job.task.id, desk.job.services, threading.Event())
    assert now(desk).state is TaskState.NO_CHANGE_NEEDED
    assert "☑️" in said(desk)


def test_the_end_of_a_task_wakes_the_next_of_its_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks, services = desk.job.services.tasks, desk.job.services
    tasks.release(desk.job.lease)
    fields = {name: getattr(desk.job.task, name) for name in NewTask.__dataclass_fields__}
    behind, _ = tasks.create(NewTask(**{**fields, "semantic_key": "comment:2"}))
    came: list[TaskEnd | NewWait] = [QUESTION, TaskEnd(TaskState.NO_CHANGE_NEEDED, "", "Fine.")]
    monkeypatch.setattr(running, "_carry_out", lambda _job: came.pop(0))
    woken: list[str] = []
    run_task(desk.job.task.id, services, threading.Event(), wake=woken.append)
    assert woken == [], "while one waits for people, nobody else has a turn"
    wait = tasks.waits.open(desk.job.task.id)
    assert wait
    tasks.waits.answer(wait, {"answers": {}}, "maria")
    run_task(desk.job.task.id, services, threading.Event(), wake=woken.append)
    assert woken == [behind.id]


def test_a_task_that_is_stopped_while_it_waits_ends_in_words_without_any_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = desk.job.services.tasks
    rest(desk.job, StatusComment(desk.job), QUESTION)
    tasks.request_stop(desk.job.task.id, "maria", discard=True)

    def carry_out(_: Job) -> TaskEnd:
        raise AssertionError("it shall stop")

    monkeypatch.setattr(running, "_carry_out", carry_out)
    run_task(desk.job.task.id, desk.job.services, threading.Event())
    assert now(desk).state is TaskState.STOPPED
    assert "maria stopped it, and nothing of its work is kept." in said(desk)
