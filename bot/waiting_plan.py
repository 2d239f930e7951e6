"""Finds the plan of a thread that waits for a word, and takes what somebody decides about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.comments.plans import decided_comment, no_plan_comment
from bot.request import Request, UserError
from records.task import Task
from records.waits import Wait, WaitKind


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
    """Return the newest plan, if it is open or this very request has decided on it; UserError."""
    event, context = request.event, request.context
    task = context.tasks.latest_on_issue(event.repository.id, event.issue.number, verb="plan")
    plans = [one for one in context.tasks.waits.all(task.id) if _is_plan(one)] if task else []
    if task is None or not plans or (task.state.ended and not _decided_by(plans[-1], event.key)):
        raise UserError(no_plan_comment(context.command), why="no plan waits")
    newest = plans[-1]
    if not newest.is_open and not _decided_by(newest, event.key):
        raise _decided(newest)
    return WaitingPlan(task, newest)


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
