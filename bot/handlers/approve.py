"""Lets a plan be carried out, if it still fits the issue and the base, or a change go out."""

from typing import Any

from bot.commands import Approve
from bot.comments.plans import (
    changed_issue_comment,
    moved_base_comment,
    other_plan_comment,
    unread_base_comment,
)
from bot.github_errors import GitHubError, NotFound
from bot.handlers.plan import ATTEMPTS
from bot.permissions import Role
from bot.plan_digests import issue_digest
from bot.refusals import check_asked
from bot.request import READ_CONTENTS, Outcome, Request, UserError
from bot.starting import begin, check_thread, checked, new_task
from bot.waiting_change import decide_change, waiting_change
from bot.waiting_plan import Decision, WaitingPlan, decide, waiting_plan
from records.task import NewTask

_FEWEST_DIGITS = 4


def approve(command: Approve, request: Request) -> Outcome:
    """Start the fix that a plan describes; UserError where the plan is not, or no longer, right.

    Where a change waits for approval, that is what is approved.
    """
    check_thread(request, "approve")
    if change := waiting_change(request):
        return decide_change(change, Decision.APPROVE, request, digest=command.digest)
    plan = waiting_plan(request)
    # Where the project asks more for a fix than for an approval, a plan is no way around it.
    check_asked("fix", Role.NONE, request)
    if plan.wait.is_open:
        _check_digest(command.digest, plan.asked, request)
        _check_issue(plan.asked, request)
        _check_base(plan.asked, request)
    # A plan whose fix is refused, by a day's limit or the like, waits on for another approval.
    new = checked(_fix_of(plan, request), request)
    decide(plan, Decision.APPROVE, request)
    return begin(new, request)


def _fix_of(plan: WaitingPlan, request: Request) -> NewTask:
    task, by = plan.task, request.event.sender.login
    brief = {**task.brief, "plan": {**plan.asked, "by": by, "task": task.id}}
    attempts = int(brief.pop(ATTEMPTS, 1))
    return new_task(
        "fix", task.instruction, request, model=task.model, wanted_attempts=attempts, brief=brief
    )


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
