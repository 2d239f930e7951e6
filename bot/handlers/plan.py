"""Starts a task that makes a plan, for `/agent plan` and its label."""

from bot.commands import Plan
from bot.comments.plans import plan_of_pull_request_comment
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread, model_of, new_task, start


def required_by(request: Request) -> str:
    """Return the label for which the repository wants an approved plan first, or nothing."""
    wanted = request.project().plan.required_for
    labels = (label for label in request.event.issue.labels if f"label:{label}" in wanted)
    return next(labels, "")


def plan(command: Plan, request: Request, *, label: str = "") -> Outcome:
    """Start a plan, or say why not; with a label, instead of the fix that it does not allow yet."""
    check_thread(request)
    if request.event.issue.is_pull_request:
        words = plan_of_pull_request_comment(request.context.command)
        raise UserError(words, why="it is a pull request")
    model = model_of(command.model, request)
    options = {"base": command.base, "budget": command.budget, "required_by": label}
    brief = {name: value for name, value in options.items() if value}
    new = new_task("plan", command.instruction, request, model=model, brief=brief)
    return start(new, request)
