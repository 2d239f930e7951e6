"""Tries again what the newest task of a thread was to do, from where that one was or anew."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from bot.commands import Retry
from bot.comments.line import (
    changed_issue_to_retry_comment,
    no_plan_to_retry_comment,
    no_work_to_retry_comment,
    not_yet_to_retry_comment,
    nothing_to_retry_comment,
    theirs_to_retry_comment,
)
from bot.handlers.batch import follow
from bot.handlers.fix import ask_about_open_pull_requests
from bot.manner import manner_of
from bot.others_pull_requests import PUSH_TO, may_push
from bot.own_pull_requests import opened_by
from bot.permissions import Role
from bot.plan_digests import issue_digest
from bot.refusals import check_asked
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread, model_of, new_task, start, wanted_attempts
from records.tasks import NewTask, Task

_OF_THAT_TASK = {"also", "limits", "new", "wip"}
"""What a brief says of one task alone."""
_BY_ITSELF = {"by_itself", "lineage", "repair", "head", "checks"}
"""What a brief says of a repair that nobody asked for, and of the commit that it was for."""


class Start(StrEnum):
    """Where a new try begins."""

    WIP = "wip"
    """With the change that the last one left."""
    PLAN = "plan"
    """With the approved plan that the last one had, and nothing of its work."""
    SCRATCH = "scratch"


def retry(command: Retry, request: Request) -> Outcome:
    """Start a task for the same wish, or say why not."""
    check_thread(request, "retry")
    tasks, event = request.context.tasks, request.event
    known = tasks.of_request(event.key)
    last = tasks.last_ended(event.repository.id, event.issue.number)
    if known is None and (live := tasks.live_on_issue(event.repository.id, event.issue.number)):
        words = not_yet_to_retry_comment(request.context.command, live)
        raise UserError(words, why=f"task {live.id} is on its way")
    if last is None:
        raise UserError(nothing_to_retry_comment(request.context.command), why="nothing to retry")
    check_asked(last.verb, Role.WRITE, request)
    if known is None:
        _check_place(last, request)
    begin = _start(command.start, last, request)
    if known is None and begin is not Start.SCRATCH:
        _check_plan(last, request)
    if known is None and last.verb == "fix" and not command.new:
        ask_about_open_pull_requests(request, box=command == Retry(), verb="retry")
    outcome = start(_again(command, last, begin, request), request)
    if again := tasks.of_request(event.key):
        _take_its_row(again, request)
    return outcome


def _take_its_row(again: Task, request: Request) -> None:
    """Put a task where the one that it tries again stands in the table of a batch, if it does."""
    if batch_id := again.brief.get("batch"):
        before = str(again.brief["retry_of"])
        request.context.tasks.batches.take_row(batch_id, again.id, instead_of=before)
        follow(again, request)


def _start(asked: str, last: Task, request: Request) -> Start:
    """Return where to begin: as asked, in words that the grammar knows, or with what there is."""
    word, has_plan = request.context.command, bool(last.brief.get("plan"))
    has_work = last.verb == "fix" and request.context.tasks.has_work(last.id)
    if not asked:
        return Start.WIP if has_work else Start.PLAN if has_plan else Start.SCRATCH
    begin = Start(asked.lower())
    if begin is Start.WIP and not has_work:
        raise UserError(no_work_to_retry_comment(word, last), why="no work was kept")
    if begin is Start.PLAN and not has_plan:
        raise UserError(no_plan_to_retry_comment(word, last), why="it had no plan")
    return begin


def _check_plan(last: Task, request: Request) -> None:
    """Refuse to go on with a plan that was approved for another text of the issue; UserError."""
    plan, issue = last.brief.get("plan"), request.event.issue
    if plan and plan["issue"] != issue_digest(issue.title, issue.body):
        words = changed_issue_to_retry_comment(request.context.command, last)
        raise UserError(words, why="the issue has changed since its plan")


def _check_place(last: Task, request: Request) -> None:
    """Refuse to push to somebody's branch where the project wants that no longer; UserError."""
    if last.brief.get(PUSH_TO) and not may_push(opened_by(request), request):
        words = theirs_to_retry_comment(request.context.command, last)
        raise UserError(words, why="the project no longer lets commits be pushed there")


def _again(command: Retry, last: Task, begin: Start, request: Request) -> NewTask:
    # What was to be mended without a word, at a commit that may be gone, is now somebody's wish.
    dropped = _OF_THAT_TASK | (_BY_ITSELF if last.verb == "ci" else set())
    brief = {key: value for key, value in last.brief.items() if key not in dropped}
    brief["retry_of"] = last.id
    more: dict[str, Any] = {}
    if begin is Start.SCRATCH:
        brief.pop("plan", None)
    else:
        # What was changed or planned is about that commit.
        more |= {"base_sha": last.base_sha, "base_branch": last.base_branch}
    if begin is Start.WIP:
        brief["wip"] = last.id
    brief |= manner_of(command)
    if command.new:
        brief["new"] = "yes"
    if last.issue_number == last.pull_request_number:
        # Not the branch that the last one may have kept its work on, beside the pull request's.
        origin = opened_by(request)
        branch = origin.branch if origin else last.branch
        more |= {"branch": branch, "pull_request_number": last.pull_request_number}
        more["issue"] = last.issue  # what the pull request is for, and not its own text
    asked = command.attempts or (str(last.wanted_attempts) if last.wanted_attempts > 1 else "")
    new = new_task(
        last.verb,
        "\n\n".join(words for words in (last.instruction, command.instruction) if words),
        request,
        model=model_of(command.model or last.model, request),
        wanted_attempts=wanted_attempts(asked, request) if last.verb == "fix" else 1,
        brief=brief,
        **more,
    )
    if brief.get("part"):
        # An item of a task list goes by its own words.
        new = replace(new, issue=replace(new.issue, title=last.issue.title))
    return new
