"""Stops the task of an issue, for whoever asked for it or may write to the repository."""

from contextlib import suppress
from dataclasses import replace
from typing import Literal

from bot.commands import Stop
from bot.comments import (
    Surroundings,
    nothing_to_stop_comment,
    status_comment,
    stopping_comment,
)
from bot.comments.outcomes import thread_closed
from bot.events import IssueClosed, PullRequestClosed
from bot.handlers.batch import follow
from bot.model_settings import shown
from bot.own_word import word_for
from bot.refusals import check_writer_or_requester
from bot.request import Outcome, Request, UserError
from bot.starting import show_line
from records.deliveries import DeliveryState
from records.tasks import Task, TaskState


def stop(command: Stop, request: Request) -> Outcome:
    """Stop the live task, or say why not."""
    event, context = request.event, request.context
    (chosen, *behind), by = _chosen(request), event.sender.login
    task = context.tasks.request_stop(chosen, by, discard=command.discard)
    if task.state.ended and task.state is not TaskState.STOPPED:
        raise _nothing_to_stop(request)
    if not isinstance(event, IssueClosed):
        request.conversation.react("hooray")
    never_began = task.state.ended and not task.explanation
    if not (never_began and isinstance(event, IssueClosed)):
        words = stopping_comment(task, event.sender.login, context.task_url(task.id))
        request.say("stop", words)
    if task.state is TaskState.QUEUED:
        # It waited for people, and a job has to keep what it has changed.
        context.wake(task.id)
    if never_began:
        # It was stopped without a job, and none will come that could say it.
        show_end(task, request)
    if isinstance(event, IssueClosed):
        _stop_those_behind(behind, request)
    elif task.state.ended:
        _go_on_with_the_line(request)
    return Outcome(DeliveryState.HANDLED, f"stop of task {task.id}")


def _stop_those_behind(behind: list[str], request: Request) -> None:
    """Stop what waits in the line of a closed issue, as far as whoever closed it may."""
    tasks, by = request.context.tasks, request.event.sender.login
    for task_id in behind:
        with suppress(UserError):
            check_writer_or_requester(tasks.get(task_id), "stop", request)
            task = tasks.request_stop(task_id, by)
            if task.state is TaskState.QUEUED:
                request.context.wake(task_id)
            elif task.state is TaskState.STOPPED and not task.explanation:
                show_end(task, request)


def _go_on_with_the_line(request: Request) -> None:
    """Say who moved up, and wake a worker for the next."""
    event, context = request.event, request.context
    show_line(request)
    for task in context.tasks.line(event.repository.id, event.issue.number)[:1]:
        context.wake(task.id)


def _chosen(request: Request) -> list[str]:
    """Return the id of the task to stop, and of those behind it.

    They are in the ledger before any is stopped: when the words fail after that, the next try has
    to find the tasks that are no longer live.
    """
    event, context = request.event, request.context

    def choose() -> dict[str, list[str]]:
        line = context.tasks.line(event.repository.id, event.issue.number)
        if not line:
            raise _nothing_to_stop(request)
        check_writer_or_requester(line[0], "stop", request)
        return {"tasks": [task.id for task in line]}

    key = f"to stop:{event.key}"
    chosen = context.effects.once(request.conversation.scope, key, do=choose, look=lambda: None)
    return list(chosen["tasks"])


def _nothing_to_stop(request: Request) -> UserError:
    words = nothing_to_stop_comment(request.context.command)
    return UserError(words, why="nothing to stop", once=request.strangers_key())


def show_end(task: Task, request: Request) -> None:
    """Say on the task's own comment and command that it was stopped before it began."""
    context, event = request.context, request.event
    thread: Literal["open", "closed", "merged"] = "open"
    if isinstance(event, IssueClosed | PullRequestClosed):
        is_pull = isinstance(event, PullRequestClosed)
        merged = isinstance(event, PullRequestClosed) and event.pull.merged
        thread = "merged" if merged else "closed"
        why = thread_closed(event.sender.login, is_pull_request=is_pull, merged=merged)
        task = replace(task, explanation=why)
    around = Surroundings(
        now=context.now(),
        command=word_for(task, context.command),
        limits=context.limits,
        task_url=context.task_url(task.id),
        model=shown(context.models, task.model),
        thread=thread,
    )
    comment_id = request.conversation.show_status(task, status_comment(task, around))
    context.tasks.set_status_comment(task.id, comment_id)
    if task.trigger_comment_id is not None or not event.issue.is_pull_request:
        asked = replace(request.conversation, comment_id=task.trigger_comment_id)
        replace(asked, review_comment_id=None, review="", is_button=False).react("confused")
    follow(task, request)
