"""Starts a task for `/agent fix`, for words after `/agent`, for the label and the assignment."""

import re

from bot.before_start import READ_PULLS, check_app
from bot.commands import Fix, Plan
from bot.comments.line import already_addressed_comment
from bot.github_pulls import OpenPullRequest
from bot.github_repository import GitHubRepository
from bot.handlers.plan import ATTEMPTS, plan, required_by
from bot.manner import manner_of
from bot.others_pull_requests import Onto, onto
from bot.request import Outcome, Request, UserError
from bot.same_wish import start_wish
from bot.starting import check_thread, model_of, new_task, wanted_attempts

_CLOSES = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:{repository})?#{number}\b"
_MOST_NAMED = 3


def fix(command: Fix, request: Request) -> Outcome:
    """Start a task, or say why not."""
    check_thread(request, "fix")
    check_app("fix", request)
    manner = manner_of(command)
    is_pull = request.event.issue.is_pull_request
    where = onto(command, manner, request) if is_pull else Onto(manner)
    model = model_of(command.model, request)
    attempts = wanted_attempts(command.attempts, request)
    if not command.new and request.context.tasks.of_request(request.event.key) is None:
        ask_about_open_pull_requests(request, box=command == Fix(""))
    if (label := required_by(request)) or command.plan:
        more: dict[str, str | int] = {**manner, "required_by": label}
        if attempts > 1:
            more[ATTEMPTS] = attempts
        return plan(Plan(command.instruction, command.model), request, instead_of=more)
    brief = {**where.brief, **({"new": "yes"} if command.new else {})}
    fields = {"model": model, "wanted_attempts": attempts, "brief": brief, **where.fields}
    return start_wish(new_task("fix", command.instruction, request, **fields), request)


def ask_about_open_pull_requests(request: Request, *, box: bool, verb: str = "fix") -> None:
    """Ask first, where an open pull request addresses the issue already; UserError."""
    event, context = request.event, request.context
    line = context.tasks.line(event.repository.id, event.issue.number)
    if any(task.verb == "fix" for task in line):
        return  # what comes of that one is known when this one begins: jobs/addressed.py
    repository = context.github.kept_repository(
        event.installation_id, event.repository.id, READ_PULLS
    )
    found = addressing(event.issue.number, repository, request)
    if found:
        pulls = [(pull.number, pull.url, pull.author) for pull in found[:_MOST_NAMED]]
        raise UserError(
            already_addressed_comment(context.command, pulls, box=box, verb=verb),
            why=f"pull request {found[0].number} addresses it",
        )


def addressing(
    number: int, repository: GitHubRepository, request: Request
) -> list[OpenPullRequest]:
    """Find the open pull requests for an issue: the bot's own, and those that are to close it."""
    name = re.escape(repository.full_name)
    closes = re.compile(_CLOSES.format(repository=name, number=number), re.IGNORECASE)
    return [
        pull
        for pull in repository.open_pull_requests()
        if (pull.by_bot and _is_of(number, pull, request))
        or closes.search(pull.title)
        or closes.search(pull.body)
    ]


def _is_of(number: int, pull: OpenPullRequest, request: Request) -> bool:
    """Say whether the bot opened a pull request for an issue; its branch can have any name."""
    tasks = request.context.tasks
    opener = tasks.rounds.opened_by(request.event.repository.id, pull.number)
    if opener is None:  # its records may be of another time
        return pull.branch.startswith(f"agent/{number}-")
    return tasks.get(opener).issue_number == number
