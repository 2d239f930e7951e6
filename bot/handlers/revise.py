"""Sends the plan of a thread back, with words about what should be different."""

from bot.commands import Revise
from bot.request import Outcome, Request
from bot.starting import check_thread
from bot.waiting_plan import Decision, decide, waiting_plan
from records.deliveries import DeliveryState


def revise(command: Revise, request: Request) -> Outcome:
    """Let the task that made the plan make another, for the issue as it reads now."""
    check_thread(request, "revise")
    plan, issue = waiting_plan(request), request.event.issue
    text = {"title": issue.title, "body": issue.body}
    decide(plan, Decision.REVISE, request, words=command.instruction, issue=text)
    request.conversation.react("hooray")
    return Outcome(DeliveryState.HANDLED, f"plan of task {plan.task.id} is made anew")
