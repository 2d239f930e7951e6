"""Passes on what is written on an issue to the task that works on it, from those who may steer it.

They are whoever asked for the task, and whoever may write to the repository. Everybody else could
only lead it astray, so nothing of theirs is kept, and nothing is said.
"""

from bot.events import IssueCommented
from bot.permissions import Allowed, allowed
from bot.request import Outcome, Request
from records.deliveries import DeliveryState
from records.heard import Remark


def hear(request: Request) -> Outcome:
    """Keep the comment for the live task's agent, and show that by a reaction."""
    event, context = request.event, request.context
    task = context.tasks.live_on_issue(event.repository.id, event.issue.number)
    if task is None or not isinstance(event, IssueCommented) or not event.body.strip():
        return Outcome(DeliveryState.IGNORED, "no command")
    is_known = event.sender.id == task.requester_id
    if not is_known and not isinstance(
        allowed(request.conversation.repository, event.sender), Allowed
    ):
        return Outcome(DeliveryState.IGNORED, "no command, and not from somebody who may steer")
    remark = Remark(event.comment_id, event.sender.login, event.body)
    if not context.tasks.heard.add(task.id, remark):
        return Outcome(DeliveryState.IGNORED, f"task {task.id} has heard enough")
    request.conversation.react("eyes")
    return Outcome(DeliveryState.HANDLED, f"told to task {task.id}")
