"""Starts a task for `/agent fix`, for words after `/agent`, for the label and the assignment."""

import re
from collections.abc import Iterable

from bot.before_start import check_app, refuse_from_fork
from bot.commands import Fix, Plan
from bot.comments import pull_request_comment
from bot.comments.line import already_addressed_comment
from bot.events import IssueAssigned, IssueCommented, IssueLabeled
from bot.github_pulls import OpenPullRequest
from bot.handlers.plan import plan, required_by
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread, model_of, new_task, show, start, wanted_attempts
from records.deliveries import DeliveryState
from records.heard import Remark
from records.tasks import Task, TaskState

READ_PULLS = {"pull_requests": "read", "metadata": "read"}
_SAME_WISH_S = 60.0
"""What comes so soon by another way, such as a label beside a comment, is the same wish."""
_CLOSES = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:{repository})?#{number}\b"
_MOST_NAMED = 3


def fix(command: Fix, request: Request) -> Outcome:
    """Start a task, or say why not."""
    check_thread(request)
    check_app("fix", request)
    if request.event.issue.is_pull_request:
        refuse_from_fork(request, "fix")
        words = pull_request_comment(request.context.command)
        raise UserError(words, why="it is a pull request")
    model = model_of(command.model, request)
    attempts = wanted_attempts(command.attempts, request)
    if request.context.tasks.of_request(request.event.key) is None:
        if outcome := _same_wish(command.instruction, request):
            return outcome
        if not command.new:
            ask_about_open_pull_requests(request, box=command == Fix(""))
    if label := required_by(request):
        instead = Plan(command.instruction, command.model, command.base, command.budget)
        return plan(instead, request, label=label)
    options = {"base": command.base, "paths": command.paths, "budget": command.budget}
    brief = {name: value for name, value in options.items() if value}
    new = new_task(
        "fix", command.instruction, request, model=model, wanted_attempts=attempts, brief=brief
    )
    return start(new, request)


def ask_about_open_pull_requests(request: Request, *, box: bool, verb: str = "fix") -> None:
    """Ask first, where an open pull request addresses the issue already; UserError."""
    event, context = request.event, request.context
    if context.tasks.line(event.repository.id, event.issue.number):
        return  # there will be another pull request anyway, and its task was asked for
    repository = context.github.kept_repository(
        event.installation_id, event.repository.id, READ_PULLS
    )
    number = event.issue.number
    found = list(addressing(number, repository.full_name, repository.open_pull_requests()))
    if found:
        pulls = [(pull.number, pull.url, pull.author) for pull in found[:_MOST_NAMED]]
        raise UserError(
            already_addressed_comment(context.command, pulls, box=box, verb=verb),
            why=f"pull request {found[0].number} addresses it",
        )


def addressing(
    number: int, repository: str, pulls: Iterable[OpenPullRequest]
) -> Iterable[OpenPullRequest]:
    """Pick the pull requests that are for an issue, by their branch or by a closing keyword."""
    closes = re.compile(
        _CLOSES.format(repository=re.escape(repository), number=number), re.IGNORECASE
    )
    for pull in pulls:
        ours = pull.by_bot and pull.branch.startswith(f"agent/{number}-")
        if ours or closes.search(pull.title) or closes.search(pull.body):
            yield pull


def _same_wish(words: str, request: Request) -> Outcome | None:
    """Take a wish that came a moment ago by another way for one; its words reach the task."""
    event, tasks = request.event, request.context.tasks
    for live in tasks.line(event.repository.id, event.issue.number):
        young = request.context.now() - live.created_at < _SAME_WISH_S
        if live.verb == "fix" and young and _another_way(live, request):
            tasks.also_asked(live.id, event.sender.login, _how(request))
            _pass_on(words, live, request)
            request.conversation.react("eyes")
            task = tasks.get(live.id)
            if task.state is TaskState.QUEUED:  # a job shows it by itself
                show(task, request)
            return Outcome(DeliveryState.HANDLED, f"the same wish as task {live.id}")
    return None


def _another_way(live: Task, request: Request) -> bool:
    """Say whether of the two wishes one is a label or an assignment, and the other is not that."""
    here, there = request.event.key.partition(":")[0], live.semantic_key.partition(":")[0]
    return here != there and bool({here, there} & {"label", "assigned"})


def _how(request: Request) -> str:
    match request.event:
        case IssueLabeled() as event:
            return f"label {event.label}"
        case IssueAssigned():
            return "assignment"
        case _:
            return ""


def _pass_on(words: str, live: Task, request: Request) -> None:
    event = request.event
    if words and isinstance(event, IssueCommented):
        remark = Remark(event.comment_id, event.sender.login, words)
        request.context.tasks.heard.add(live.id, remark)
