"""What a job does for those behind it in the line, for the table it stands in, and for its pace."""

from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.dispatch import PERMISSIONS
from bot.github_app import GitHubApp
from bot.starting import MOST_IN_LINE
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.status_comment import StatusComment
from records.batches import Batch, Part
from records.pacing import Pace, Pacing
from records.task import Progress, Task, TaskState
from tests.jobs.desk import Desk
from tests.records.given import new_task

END = TaskEnd(TaskState.NO_CHANGE_NEEDED, "", "It is as it should be.")


def conversation(job: Job, task: Task) -> Conversation:
    services = job.services
    place = (task.installation_id, task.repository_id)
    repository = services.github.kept_repository(*place, PERMISSIONS)
    secret = services.settings.webhook_secret.get_secret_value().encode()
    return Conversation.of(task, repository, services.effects, secret)


def behind(job: Job, key: str, **more: Any) -> Task:
    """Put another task into the line of the job's thread, with a status comment."""
    own = job.task
    fields = ("installation_id", "repository_id", "repository", "issue_number", "requester")
    new = replace(new_task(key), **{name: getattr(own, name) for name in fields}, **more)
    task, _ = job.services.tasks.create(replace(new, trigger_comment_id=None))
    comment = conversation(job, task).show_status(task, f"{key}: as it was")
    job.services.tasks.set_status_comment(task.id, comment)
    return job.services.tasks.get(task.id)


def text(desk: Desk, task: Task) -> str:
    comments = desk.github.comments("acme/shop", task.issue_number)
    return next(str(one["body"]) for one in comments if one["id"] == task.status_comment_id)


@pytest.fixture
def job(desk: Desk) -> Job:
    return replace(desk.job, task=replace(desk.job.task, trigger_comment_id=None))


def test_whoever_waits_is_told_of_the_new_place_before_the_task_ends(desk: Desk, job: Job) -> None:
    second, third = behind(job, "comment:2"), behind(job, "comment:3")
    StatusComment(job).conclude(END)
    assert "### ⏳ Queued — " in text(desk, second)
    assert "### ⏳ Queued, 2nd in line — " in text(desk, third)
    assert f"1 task of this thread is ahead: `{second.id}`." in text(desk, third)
    assert job.services.tasks.take(second.id, "too early", 30.0) is None


def test_the_last_words_are_there_before_the_line_is_told(
    desk: Desk, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks, own, seen = job.services.tasks, job.task, []

    def look(*_: object) -> None:
        seen.append(text(desk, tasks.get(own.id)))

    monkeypatch.setattr("jobs.status_comment.move_up", look)
    StatusComment(job).conclude(END)
    assert [END.explanation in words for words in seen] == [True]


def test_the_table_says_how_the_task_ended(desk: Desk, job: Job) -> None:
    tasks, own = job.services.tasks, job.task
    parts = (Part("One", None, own.id), Part("Two", None, "", "it is closed"))
    batch = Batch("b1", own.repository_id, own.issue_number, "ann", own.created_at, parts)
    tasks.batches.save(batch)
    here = replace(job, task=replace(own, brief={"batch": "b1"}))
    status = StatusComment(here)
    status._show_batch(here.task)
    [table] = list(desk.github.comments("acme/shop", own.issue_number))
    assert f"| One | `{own.id}` | 🛠 at work | |" in table["body"]
    assert "| Two | | 🚫 it is closed | |" in table["body"]
    status._show_batch(replace(here.task, state=TaskState.STOPPED))
    [table] = list(desk.github.comments("acme/shop", own.issue_number))
    assert f"| One | `{own.id}` | ⏹ stopped | |" in table["body"]


def test_words_about_progress_are_left_out_where_there_is_no_room_and_the_end_is_not(
    desk: Desk, job: Job
) -> None:
    services, own = job.services, job.task
    pacing = Pacing(services.effects._database, Pace(apart_s=0.0, a_minute=MOST_IN_LINE))
    app = GitHubApp(
        services.github._app_id, services.github._private_key, desk.github.api_url, pacing=pacing
    )
    paced = replace(job, services=replace(services, github=app))
    comment = conversation(paced, own).show_status(own, "as it was")
    services.tasks.set_status_comment(own.id, comment)
    for _ in range(MOST_IN_LINE * 3 // 4):
        pacing.turn(own.installation_id, own.repository_id, longest_s=0.0)
    task = replace(services.tasks.get(own.id), progress=Progress(doing="Reading"))
    status = StatusComment(paced)
    status._show(task)
    assert "as it was" in text(desk, task)
    status.conclude(END)
    assert "☑️" in text(desk, task)


def test_a_task_that_goes_on_begins_with_what_the_last_one_changed(job: Job) -> None:
    assert job.inherited() is None
    job.save_checkpoint("abc", b"a change")
    later = replace(job, task=replace(job.task, id="next", brief={"wip": job.task.id}))
    inherited = later.inherited()
    assert inherited
    assert (inherited.content, inherited.base_sha) == (b"a change", "abc")
    assert later.checkpoint() is None
