"""Finds the plan of a thread that waits for a word, and takes what somebody decides about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.comments.plans import decided_comment, no_plan_comment
from bot.request import Request, UserError
from records.task import Task
from records.waits import Wait, WaitKind

_LOOKED_THROUGH = 60
"""The newest tasks of a thread: as many as it can have in a day."""


class Decision(StrEnum):
    """What people say of a plan."""

    APPROVE = "approve"
    REVISE = "revise"
    REJECT = "reject"


@dataclass(frozen=True)
class WaitingPlan:
    """A plan, the task that made it, and its wait for a word."""

    task: Task
    wait: Wait

    @property
    def asked(self) -> dict[str, Any]:
        """The plan with what it is for, as the job wrote it down."""
        return self.wait.asked


def waiting_plan(request: Request) -> WaitingPlan:
    """Return the plan that this request has decided on, or else the newest open one; UserError.

    A later `/agent plan` waits in the line behind the plan that is open, and is not in its way.
    """
    plans = list(_newest_plans(request))
    decided = [one for one in plans if _decided_by(one.wait, request.event.key)]
    waiting = [one for one in plans if one.wait.is_open and not one.task.state.ended]
    if found := (*decided, *waiting):
        return found[0]
    if not plans or plans[0].task.state.ended:
        raise UserError(no_plan_comment(request.context.command), why="no plan waits")
    raise _decided(plans[0].wait)


def _newest_plans(request: Request) -> Iterator[WaitingPlan]:
    """Give the plans of the thread with their tasks, newest first."""
    event, tasks = request.event, request.context.tasks
    for task in tasks.newest_on_issue(event.repository.id, event.issue.number, _LOOKED_THROUGH):
        if task.verb == "plan":
            plans = (one for one in reversed(tasks.waits.all(task.id)) if _is_plan(one))
            yield from (WaitingPlan(task, one) for one in plans)


def decide(plan: WaitingPlan, decision: Decision, request: Request, **more: Any) -> None:
    """Take a decision, once, and wake the task; UserError where somebody was quicker."""
    event, context = request.event, request.context
    said = {"decision": decision.value, "event": event.key, **more}
    answered = context.tasks.waits.answer(plan.wait, said, event.sender.login)
    if answered is None:
        now = context.tasks.waits.of_key(plan.task.id, plan.wait.key)
        if now is not None and not _decided_by(now, event.key):
            raise _decided(now)
    context.wake(plan.task.id)


def _is_plan(wait: Wait) -> bool:
    return wait.kind is WaitKind.PLAN


def _decided_by(wait: Wait, key: str) -> bool:
    return wait.answer.get("event") == key


def _decided(wait: Wait) -> UserError:
    words = decided_comment(wait.asked, str(wait.answer.get("decision", "")), wait.answered_by)
    return UserError(words, why="decided before")
