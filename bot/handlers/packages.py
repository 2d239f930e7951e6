"""Lets a task have the packages that it asked for, or not."""

from bot.commands import Packages
from bot.comments.packages import (
    no_packages_asked_comment,
    other_packages_comment,
    packages_decided_comment,
)
from bot.request import Outcome, Request, UserError
from bot.starting import show
from records.deliveries import DeliveryState
from records.task import Task, TaskState
from records.waits import Wait, WaitKind


def packages(command: Packages, request: Request) -> Outcome:
    """Write the decision down; the task goes on with it, or without."""
    task, wait = _asked(request)
    context, by = request.context, request.event.sender.login
    if command.number and command.number != wait.number:
        words = other_packages_comment(context.command, command.number)
        raise UserError(words, why=f"request {command.number} is not the newest")
    said = {"allowed": command.allow}
    now = context.tasks.waits.answer(wait, said, by)
    if now is None:
        _check_same(wait, said, by, request)
    request.conversation.react("hooray")
    context.wake(task.id)
    task = context.tasks.get(task.id)
    if task.state is TaskState.QUEUED:
        show(task, request)
    allowed = "allowed" if command.allow else "refused"
    return Outcome(DeliveryState.HANDLED, f"packages {allowed} for task {task.id}")


def _asked(request: Request) -> tuple[Task, Wait]:
    """Find the newest request of the thread's task; UserError where there is none."""
    event, tasks = request.event, request.context.tasks
    task = tasks.live_on_issue(event.repository.id, event.issue.number)
    waits = tasks.waits.all(task.id) if task else []
    asked = [wait for wait in waits if wait.kind is WaitKind.PACKAGES]
    if task is None or not asked:
        words = no_packages_asked_comment(request.context.command)
        raise UserError(words, why="no packages are asked for", once=request.strangers_key())
    return task, asked[-1]


def _check_same(wait: Wait, said: dict[str, bool], by: str, request: Request) -> None:
    """Let the same word pass that is told twice; UserError for any other that comes too late."""
    now = request.context.tasks.waits.of_key(wait.task_id, wait.key)
    if now is None or now.answered_by != by or now.answer != said:
        by = now.answered_by if now else ""
        words = packages_decided_comment(request.context.command, by)
        raise UserError(words, why="it was decided already")
