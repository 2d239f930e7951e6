"""Starts a task that makes a plan, for `/agent plan` and its label."""

from collections.abc import Mapping
from typing import Any

from bot.commands import Plan
from bot.comments.plans import plan_of_pull_request_comment
from bot.manner import manner_of
from bot.request import Outcome, Request, UserError
from bot.same_wish import start_wish
from bot.starting import check_thread, model_of, new_task

ATTEMPTS = "attempts"
"""The key in a plan's brief that says in how many attempts it is to be carried out."""


def required_by(request: Request) -> str:
    """Return the label for which the repository wants an approved plan first, or nothing."""
    wanted = request.project().plan.required_for
    labels = (label for label in request.event.issue.labels if f"label:{label}" in wanted)
    return next(labels, "")


def plan(
    command: Plan, request: Request, *, instead_of: Mapping[str, Any] | None = None
) -> Outcome:
    """Start a plan, or say why not.

    It may come instead of a fix that has to wait for one: then its brief also holds what that fix
    was asked for with, and whose label wants it so.
    """
    check_thread(request, "plan")
    if request.event.issue.is_pull_request:
        words = plan_of_pull_request_comment(request.context.command)
        raise UserError(words, why="it is a pull request")
    model = model_of(command.model, request)
    options = {**manner_of(command), **(instead_of or {})}
    brief = {name: value for name, value in options.items() if value}
    new = new_task("plan", command.instruction, request, model=model, brief=brief)
    return start_wish(new, request)
