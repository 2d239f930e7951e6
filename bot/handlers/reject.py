"""Drops the plan of a thread, or the change that waits in it."""

from bot.commands import Reject
from bot.request import Outcome, Request
from bot.waiting_change import decide_change, waiting_change
from bot.waiting_plan import Decision, decide, waiting_plan
from records.deliveries import DeliveryState


def reject(command: Reject, request: Request) -> Outcome:
    """End the task that made it."""
    if change := waiting_change(request):
        return decide_change(change, Decision.REJECT, request, words=command.reason)
    plan = waiting_plan(request)
    decide(plan, Decision.REJECT, request, words=command.reason)
    request.conversation.react("hooray")
    return Outcome(DeliveryState.HANDLED, f"plan of task {plan.task.id} is dropped")
