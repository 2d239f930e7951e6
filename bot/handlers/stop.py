"""Stops the task of an issue, for whoever asked for it or may write to the repository."""

from bot.comments import (
    Surroundings,
    nothing_to_stop_comment,
    status_comment,
    stopping_comment,
)
from bot.model_settings import shown
from bot.refusals import check_writer_or_requester
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.tasks import Task, TaskState


def stop(request: Request) -> Outcome:
    """Stop the live task, or say why not."""
    event, context = request.event, request.context
    task = context.tasks.request_stop(_chosen(request), event.sender.login)
    if task.state.ended and task.state is not TaskState.STOPPED:
        raise _nothing_to_stop(request)
    request.conversation.react("eyes")
    words = stopping_comment(task, event.sender.login, context.task_url(task.id))
    request.say("stop", words)
    if task.state.ended and not task.explanation:
        # It was stopped without a job, and none will come that could say it.
        _show_end(task, request)
    return Outcome(DeliveryState.HANDLED, f"stop of task {task.id}")


def _chosen(request: Request) -> str:
    """Return the id of the task to stop.

    It is in the ledger before the task is stopped: when the words fail after that, the next try has
    to find the task that is no longer live.
    """
    event, context = request.event, request.context

    def choose() -> dict[str, str]:
        live = context.tasks.live_on_issue(event.repository.id, event.issue.number)
        if live is None:
            raise _nothing_to_stop(request)
        check_writer_or_requester(live, "stop", request)
        return {"task": live.id}

    key = f"to stop:{event.key}"
    chosen = context.effects.once(request.conversation.scope, key, do=choose, look=lambda: None)
    return str(chosen["task"])


def _nothing_to_stop(request: Request) -> UserError:
    words = nothing_to_stop_comment(request.context.command)
    return UserError(words, why="nothing to stop", once=request.strangers_key())


def _show_end(task: Task, request: Request) -> None:
    context = request.context
    around = Surroundings(
        now=context.now(),
        command=context.command,
        limits=context.limits,
        task_url=context.task_url(task.id),
        model=shown(context.models, task.model),
    )
    comment_id = request.conversation.show_status(task, status_comment(task, around))
    context.tasks.set_status_comment(task.id, comment_id)
