"""Finds the bot's own pull request that a command is about, and starts tasks on its branch."""

from typing import Any

from bot.comments.rounds import not_ours_comment
from bot.request import Request, UserError
from bot.starting import check_thread, new_task
from records.task import NewTask, Task


def opened_by(request: Request) -> Task | None:
    """Return the task that opened the pull request of this thread; None if it is not the bot's."""
    event, tasks = request.event, request.context.tasks
    if not event.issue.is_pull_request:
        return None
    found = tasks.rounds.opened_by(event.repository.id, event.issue.number)
    return tasks.get(found) if found else None


def own_and_open(request: Request, verb: str) -> Task:
    """Return the task that opened this open pull request, or say whose verb it is; UserError."""
    origin, command = opened_by(request), request.context.command
    if origin is None or not origin.branch:
        raise UserError(not_ours_comment(command, verb), why="not the bot's pull request")
    if not request.event.issue.is_open:
        check_thread(request, verb)
    return origin


def task_on(origin: Task, verb: str, request: Request, **brief: Any) -> NewTask:
    """Return a task on the branch of a pull request that another task opened."""
    return new_task(
        verb,
        "",
        request,
        issue=origin.issue,
        branch=origin.branch,
        pull_request_number=request.event.issue.number,
        model=origin.model,
        brief={"issue": origin.issue_number, **brief},
    )
