"""Takes what a maintainer decides about a change that may not be published without that."""

from dataclasses import dataclass

from bot.comments.approvals import (
    decided_change_comment,
    is_cut,
    other_change_comment,
    unseen_change_comment,
)
from bot.permissions import Role
from bot.refusals import check_has
from bot.request import Outcome, Request, UserError
from bot.starting import show
from bot.waiting_plan import Decision
from records.deliveries import DeliveryState
from records.task import Task, TaskState
from records.waits import Wait, WaitKind

_FEWEST_DIGITS = 4


@dataclass(frozen=True)
class WaitingChange:
    """A change that is done, its task, and its wait for a word."""

    task: Task
    wait: Wait


def waiting_change(request: Request) -> WaitingChange | None:
    """Return the change that this thread waits with, or that this request has decided on."""
    event, tasks = request.event, request.context.tasks
    task = tasks.live_on_issue(event.repository.id, event.issue.number)
    waits = tasks.waits.all(task.id) if task else []
    changes = [one for one in waits if one.kind is WaitKind.CHANGE]
    if task is None or not changes:
        return None
    newest = changes[-1]
    is_this = newest.is_open or newest.answer.get("event") == event.key
    return WaitingChange(task, newest) if is_this else None


def decide_change(
    change: WaitingChange,
    decision: Decision,
    request: Request,
    *,
    digest: str = "",
    words: str = "",
) -> Outcome:
    """Write the decision down, and let the task go on with it; UserError.

    To approve is for the `maintain` role, whatever the project says of plans.
    """
    event, context, wait = request.event, request.context, change.wait
    if decision is Decision.APPROVE:
        check_has(Role.MAINTAIN, "approve", request)
    is_named = len(digest) >= _FEWEST_DIGITS and str(wait.asked["digest"]).startswith(digest)
    if digest and not is_named:
        said = other_change_comment(context.command, digest, wait.asked)
        raise UserError(said, why="another change was named")
    if decision is Decision.APPROVE and not digest and is_cut(wait.asked):
        url = context.task_url(wait.task_id)
        said = unseen_change_comment(context.command, wait.asked, url)
        raise UserError(said, why="the change is not shown whole, and was not named")
    answer = {"decision": decision.value, "event": event.key, "words": words}
    if context.tasks.waits.answer(wait, answer, event.sender.login) is None:
        now = context.tasks.waits.of_key(wait.task_id, wait.key)
        if now is None or now.answer.get("event") != event.key:
            by = now.answered_by if now else ""
            raise UserError(decided_change_comment(wait.asked, by), why="decided before")
    request.conversation.react("hooray")
    context.wake(wait.task_id)
    task = context.tasks.get(wait.task_id)
    if task.state is TaskState.QUEUED:
        show(task, request)
    return Outcome(DeliveryState.HANDLED, f"{decision.value} the change of task {task.id}")
