"""Answers `/agent status` and `/agent log` from the records; no model is asked."""

from bot.commands import Log
from bot.comments import status_answer_comment
from bot.comments.logs import log_comment, no_log_comment, no_step_comment, step_comment
from bot.own_pull_requests import opened_by
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.task import Task, TaskState


def status(request: Request) -> Outcome:
    """Say where the task of the thread stands, and what waits behind it."""
    event, context = request.event, request.context
    task = task_of(request)
    line = context.tasks.line(event.repository.id, event.issue.number)
    is_waiting = task is not None and task.state is TaskState.WAITING
    words = status_answer_comment(
        task,
        command=context.command,
        task_url=context.task_url(task.id) if task else "",
        now=context.now(),
        wait=context.tasks.waits.open(task.id) if task and is_waiting else None,
        behind=[each.id for each in line[1:]],
    )
    request.answer("status", words)
    return Outcome(DeliveryState.HANDLED, f"said where task {task.id if task else 'none'} stands")


def log(command: Log, request: Request) -> Outcome:
    """Show the action log of the thread's task, or one step of it."""
    context, task = request.context, task_of(request)
    if task is None:
        raise UserError(no_log_comment(context.command), why="no task here")
    actions = context.tasks.actions.all(task.id)
    url = context.task_url(task.id)
    if command.number is None:
        head = context.tasks.actions.head(task.id)
        words = log_comment(task, actions, head=head, task_url=url)
    else:
        step = next((each for each in actions if each.content.get("step") == command.number), None)
        if step is None:
            words = no_step_comment(context.command, task, command.number, url)
            raise UserError(words, why=f"task {task.id} has no step {command.number}")
        words = step_comment(task, step, command.number, url)
    request.conversation.react("hooray")
    request.say("log", words)
    return Outcome(DeliveryState.HANDLED, f"showed the log of task {task.id}")


def task_of(request: Request) -> Task | None:
    """Return the task that a thread is about: at work, next in line, newest, or its opener."""
    event, tasks = request.event, request.context.tasks
    place = (event.repository.id, event.issue.number)
    return tasks.live_on_issue(*place) or tasks.latest_on_issue(*place) or opened_by(request)
