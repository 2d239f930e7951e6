"""Tells those who wait in a thread's line that they have moved up, when a task has ended."""

import time
from collections.abc import Callable

from bot.comments import Surroundings, status_comment
from bot.conversation import Conversation
from bot.limits import limits_of
from bot.model_settings import shown
from bot.own_word import word_for
from jobs.services import Services
from records.task import Task, TaskState


def move_up(services: Services, ending: Task, conversation: Callable[[Task], Conversation]) -> None:
    """Say of each task that waits behind this one which place it will have.

    Called before the task ends: until then no other job has any of them, to write at once with this
    one.
    """
    line = services.tasks.line(ending.repository_id, ending.issue_number)
    behind = [task for task in line if task.id != ending.id]
    ids = tuple(task.id for task in behind)
    for place, task in enumerate(behind):
        if task.state is TaskState.QUEUED and task.status_comment_id is not None:
            words = status_comment(task, _surroundings(services, task, ids[:place]))
            conversation(task).show_status(task, words)


def _surroundings(services: Services, task: Task, ahead: tuple[str, ...]) -> Surroundings:
    settings = services.settings
    return Surroundings(
        now=time.time(),
        command=word_for(task, settings.command),
        limits=limits_of(settings),
        task_url=services.task_url(task.id),
        model=shown(settings.choices(), task.model),
        ahead=ahead,
    )
