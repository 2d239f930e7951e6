"""Answers `/agent status` from the records; no model is asked."""

from bot.comments import status_answer_comment
from bot.request import Outcome, Request
from records.deliveries import DeliveryState


def status(request: Request) -> Outcome:
    """Say where the newest task of the issue stands."""
    event, context = request.event, request.context
    task = context.tasks.latest_on_issue(event.repository.id, event.issue.number)
    words = status_answer_comment(
        task,
        command=context.command,
        task_url=context.task_url(task.id) if task else "",
        now=context.now(),
    )
    request.answer("status", words)
    return Outcome(DeliveryState.HANDLED, f"said where task {task.id if task else 'none'} stands")
