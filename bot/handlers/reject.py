"""Drops the plan of a thread."""

from bot.commands import Reject
from bot.request import Outcome, Request
from bot.waiting_plan import Decision, decide, waiting_plan
from records.deliveries import DeliveryState


def reject(command: Reject, request: Request) -> Outcome:
    """End the task that made the plan."""
    plan = waiting_plan(request)
    decide(plan, Decision.REJECT, request, words=command.reason)
    request.conversation.react("eyes")
    return Outcome(DeliveryState.HANDLED, f"plan of task {plan.task.id} is dropped")
