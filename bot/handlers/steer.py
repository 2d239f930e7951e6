"""Passes a word to the task that is on its way, from whoever may steer it."""

from hashlib import blake2b

from bot.commands import Steer
from bot.comments.waits import enough_steers_comment, nothing_to_steer_comment
from bot.events import IssueCommented
from bot.refusals import check_writer_or_requester
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.heard import MOST_STEERS, Remark


def steer(command: Steer, request: Request) -> Outcome:
    """Keep the words for the agent, which is told before its next call of the model."""
    event, context = request.event, request.context
    task = context.tasks.live_on_issue(event.repository.id, event.issue.number)
    if task is None:
        words = nothing_to_steer_comment(context.command)
        raise UserError(words, why="nothing to steer", once=request.strangers_key())
    check_writer_or_requester(task, "steer", request)
    remark = Remark(_number(request), event.sender.login, command.text, steers=True)
    if not context.tasks.heard.add(task.id, remark):
        words = enough_steers_comment(context.command, MOST_STEERS)
        raise UserError(words, why=f"task {task.id} was steered {MOST_STEERS} times")
    request.conversation.react("eyes")
    return Outcome(DeliveryState.HANDLED, f"steers task {task.id}")


def _number(request: Request) -> int:
    """Return the comment's id; for what is no comment of its own, a number below zero."""
    event = request.event
    if isinstance(event, IssueCommented):
        return event.comment_id
    return -int.from_bytes(blake2b(event.key.encode(), digest_size=6).digest(), "big")
