"""Keeps the table of a batch true, whoever changes one of its tasks."""

from collections.abc import Callable

from bot.comments.batches import batch_comment
from bot.conversation import Conversation
from bot.github_errors import NotFound
from records.task import Task
from records.tasks import Tasks

_MOST_ROUNDS = 3


def show_batch(
    batch_id: str,
    tasks: Tasks,
    conversation: Callable[[int], Conversation],
    *,
    ending: Task | None = None,
) -> None:
    """Write or edit the table of a batch; `ending` is a task as it will stand in a moment.

    `conversation` opens the thread of a number. Two processes may write at once, and the later
    words may be the older: so each looks again after it has written.
    """
    written = ""
    for _ in range(_MOST_ROUNDS):
        batch = tasks.batches.get(batch_id)
        if batch is None:
            return
        members = {part.task_id: tasks.get(part.task_id) for part in batch.parts if part.task_id}
        if ending is not None and ending.id in members:
            members[ending.id] = ending
        body = batch_comment(batch, members)
        if body == written:
            return
        thread, key = conversation(batch.issue_number), f"batch:{batch.id}"
        if batch.comment_id is None:
            comment_id = thread.say(key, body, since=batch.created_at - 300)
            tasks.batches.set_comment(batch.id, comment_id)
        else:
            try:
                thread.edit(batch.comment_id, key, body)
            except NotFound:
                return  # somebody has deleted it, and does not want it
        written = body
