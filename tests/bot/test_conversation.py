"""The status comment: found, edited, written anew once, and written by one job only."""

from dataclasses import replace

import pytest

from bot.conversation import Conversation
from bot.redaction import Redactor
from records.task import LeaseLost, Task
from tests.bot.conftest import REPOSITORY, FrontDoor


def started(front_door: FrontDoor) -> tuple[Conversation, Task]:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    return conversation(front_door), front_door.context.tasks.get(front_door.woken[0])


def conversation(front_door: FrontDoor) -> Conversation:
    task = front_door.context.tasks.get(front_door.woken[0])
    permissions = {"issues": "write", "metadata": "read"}
    token = front_door.app.token(task.installation_id, task.repository_id, permissions)
    repository = front_door.app.repository(token)
    return Conversation.of(task, repository, front_door.context.effects, b"markers")


def test_the_status_comment_is_edited_in_place(front_door: FrontDoor) -> None:
    thread, task = started(front_door)
    assert thread.show_status(task, "now running") == task.status_comment_id
    (comment,) = front_door.bot_comments(task.issue_number)
    assert comment.endswith("now running")
    assert comment.startswith("<!-- patchbay ")


def test_a_job_that_does_not_know_the_comment_finds_it(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    known = front_door.context.tasks.get(front_door.woken[0])
    lease = front_door.context.tasks.take(known.id, "worker", 30)
    unknown = Task(**{**vars(known), "status_comment_id": None})
    comment_id = conversation(front_door).show_status(unknown, "again", lease=lease)
    assert comment_id == known.status_comment_id
    assert len(front_door.bot_comments(number)) == 1


def test_a_deleted_status_comment_is_written_anew_once(front_door: FrontDoor) -> None:
    thread, task = started(front_door)
    assert task.status_comment_id is not None
    front_door.github.delete_comment(REPOSITORY, task.status_comment_id, "admin")
    again = thread.show_status(task, "anew")
    assert again != task.status_comment_id
    front_door.context.tasks.set_status_comment(task.id, again)
    task = front_door.context.tasks.get(task.id)
    assert thread.show_status(task, "edited") == again
    assert len(front_door.bot_comments(task.issue_number)) == 1
    front_door.github.delete_comment(REPOSITORY, again, "admin")
    assert thread.show_status(task, "once more") == again
    assert front_door.bot_comments(task.issue_number) == []


def test_a_job_that_lost_its_lease_writes_nothing_new(front_door: FrontDoor) -> None:
    thread, task = started(front_door)
    tasks = front_door.context.tasks
    lease = tasks.take(task.id, "old worker", 0.0)
    tasks.take(task.id, "new worker", 30)
    with pytest.raises(LeaseLost):
        thread.say("a new thing", "words", since=task.created_at, lease=lease)
    assert len(front_door.bot_comments(task.issue_number)) == 1


def test_no_secret_is_said(front_door: FrontDoor) -> None:
    thread, task = started(front_door)
    token = f"ghs_{'a' * 36}"
    thread.show_status(task, f"it ran `curl -H {token}`")
    thread.say("a new thing", f"and {token}", since=task.created_at)
    knowing = replace(thread, clean=Redactor(["the word of the house"]).clean)
    knowing.say("another thing", "psst: the word of the house", since=task.created_at)
    said = front_door.bot_comments(task.issue_number)
    assert [text.partition("\n")[2] for text in said] == [
        "it ran `curl -H [removed]`", "and [removed]", "psst: [removed]",
    ]  # fmt: skip
