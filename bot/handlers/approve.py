"""Lets the plan of a thread be carried out, if it still fits the issue and the base."""

from typing import Any

from bot.commands import Approve
from bot.comments.plans import (
    changed_issue_comment,
    moved_base_comment,
    other_plan_comment,
    unread_base_comment,
)
from bot.github_errors import GitHubError, NotFound
from bot.plan_digests import issue_digest
from bot.request import READ_CONTENTS, Outcome, Request, UserError
from bot.starting import check_thread, new_task, start
from bot.waiting_plan import Decision, decide, waiting_plan

_FEWEST_DIGITS = 4


def approve(command: Approve, request: Request) -> Outcome:
    """Start the fix that a plan describes; UserError where the plan is not, or no longer, right."""
    check_thread(request)
    plan = waiting_plan(request)
    if plan.wait.is_open:
        _check_digest(command.digest, plan.asked, request)
        _check_issue(plan.asked, request)
        _check_base(plan.asked, request)
    decide(plan, Decision.APPROVE, request)
    task = plan.task
    brief = {**task.brief, "plan": {**plan.asked, "by": request.event.sender.login}}
    new = new_task("fix", task.instruction, request, model=task.model, brief=brief)
    return start(new, request)


def _check_digest(given: str, asked: dict[str, Any], request: Request) -> None:
    """Refuse a digest of another plan; without one, the plan that stands there is meant."""
    is_named = len(given) >= _FEWEST_DIGITS and str(asked["digest"]).startswith(given)
    if given and not is_named:
        words = other_plan_comment(request.context.command, given, asked)
        raise UserError(words, why="another plan was named")


def _check_issue(asked: dict[str, Any], request: Request) -> None:
    issue = request.event.issue
    if issue_digest(issue.title, issue.body) != asked["issue"]:
        words = changed_issue_comment(request.context.command, asked)
        raise UserError(words, why="the issue has changed since")


def _check_base(asked: dict[str, Any], request: Request) -> None:
    event, context = request.event, request.context
    try:
        repository = context.github.kept_repository(
            event.installation_id, event.repository.id, READ_CONTENTS
        )
        now = repository.branch_head(asked["base_branch"])
    except NotFound:
        now = "gone"
    except GitHubError as error:
        words = unread_base_comment(context.command, asked)
        raise UserError(words, why=f"the base could not be read: {error}") from error
    if now != asked["base_sha"]:
        words = moved_base_comment(context.command, asked, now)
        raise UserError(words, why="the base has moved since")
