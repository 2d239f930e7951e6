"""Starts a task for `/agent fix`, for words after `/agent`, and for the label."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from bot.commands import Fix
from bot.comments import (
    Surroundings,
    already_working_comment,
    closed_comment,
    locked_comment,
    no_such_attempts_comment,
    no_such_model_comment,
    other_account_comment,
    pull_request_comment,
    refused_comment,
    status_comment,
    unchecked_comment,
)
from bot.events import IssueCommented, IssueLabeled
from bot.model_settings import UnknownModel, chosen, shown
from bot.permissions import Allowed, Refused, Why, allowed
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.tasks import IssueBusy, IssueSnapshot, NewTask, Task, TaskState

_DIGITS = 4
_SAME_WISH_S = 60.0
"""A label that the requester sets this soon after asking is the same wish, not a second one."""


def fix(command: Fix, request: Request) -> Outcome:
    """Start a task, or say why not."""
    _check_person(request)
    _check_thread(request)
    model, attempts = _model_name(command, request), _wanted_attempts(command, request)
    if outcome := _working_already(request):
        return outcome
    try:
        new = replace(_new_task(command.instruction, model, request), wanted_attempts=attempts)
        task, created = request.context.tasks.create(new)
    except IssueBusy as busy:
        return _busy(busy.task, request)
    if task.state.ended:
        return Outcome(DeliveryState.HANDLED, f"task {task.id} has ended already")
    request.context.wake(task.id)
    _acknowledge(task, request)
    _show(task, request)
    return Outcome(DeliveryState.HANDLED, f"task {task.id}{'' if created else ' again'}")


def _check_person(request: Request) -> None:
    sender, context = request.event.sender, request.context
    match allowed(request.conversation.repository, sender):
        case Allowed():
            return
        case Refused(why, role):
            pass
        case never:
            assert_never(never)
    match why:
        case Why.NO_WRITE:
            raise UserError(
                refused_comment(context.command, context.fix_label, sender.login, role),
                why=f"{sender.login} has {role} access",
                once=f"refused:{sender.id}:{request.today()}",
                reaction="-1",
            )
        case Why.OTHER_ACCOUNT:
            words = other_account_comment(sender.login)
            raise UserError(words, why="the login is another account's now", reaction="-1")
        case Why.UNCHECKED:
            words = unchecked_comment(context.command, sender.login)
            raise UserError(words, why="the permission could not be looked up")
        case _:
            assert_never(why)


def _check_thread(request: Request) -> None:
    issue, command = request.event.issue, request.context.command
    if issue.is_pull_request:
        raise UserError(pull_request_comment(command), why="it is a pull request")
    if not issue.is_open:
        raise UserError(closed_comment(command), why="the issue is closed")
    if issue.locked:
        raise UserError(locked_comment(command), why="the conversation is locked")


def _working_already(request: Request) -> Outcome | None:
    event, context = request.event, request.context
    live = context.tasks.live_on_issue(event.repository.id, event.issue.number)
    if live is None or live.semantic_key == event.key:
        return None
    return _busy(live, request)


def _busy(live: Task, request: Request) -> Outcome:
    """Say that there is a task already, unless this is the same wish once more."""
    event, context = request.event, request.context
    same_person = live.requester_id == event.sender.id
    just_now = context.now() - live.created_at < _SAME_WISH_S
    if isinstance(event, IssueLabeled) and same_person and just_now:
        return Outcome(DeliveryState.HANDLED, f"the same wish as task {live.id}")
    words = already_working_comment(context.command, live, context.task_url(live.id))
    raise UserError(words, why=f"task {live.id} is on its way")


def _model_name(command: Fix, request: Request) -> str:
    """Return the name of the model that was asked for, as the operator writes it."""
    models, word = request.context.models, request.context.command
    if not command.model:
        return ""
    try:
        return chosen(models, command.model).name
    except UnknownModel as unknown:
        words = no_such_model_comment(word, command.model, [model.name for model in models])
        raise UserError(words, why=str(unknown)) from unknown


def attempts_of(labels: Iterable[str], name: str) -> str:
    """Return the number behind the first label of this name, as it is written, or nothing."""
    numbers = (label.removeprefix(f"{name}-") for label in labels if label.startswith(f"{name}-"))
    return next((number for number in numbers if number.isascii() and number.isdigit()), "")


def _wanted_attempts(command: Fix, request: Request) -> int:
    """Return how many attempts were asked for, by the command or by a label of the issue."""
    context = request.context
    asked = command.attempts or attempts_of(request.event.issue.labels, context.attempts_label)
    if not asked:
        return 1
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else 0
    if not 1 <= number <= context.attempts_most:
        words = no_such_attempts_comment(context.command, asked, context.attempts_most)
        raise UserError(words, why=f"{asked!r} attempts")
    return number


def _new_task(instruction: str, model: str, request: Request) -> NewTask:
    event = request.event
    return NewTask(
        semantic_key=event.key,
        verb="fix",
        installation_id=event.installation_id,
        repository_id=event.repository.id,
        repository=request.conversation.repository.full_name,
        issue_number=event.issue.number,
        requester=event.sender.login,
        requester_id=event.sender.id,
        instruction=instruction,
        model=model,
        trigger_comment_id=event.comment_id if isinstance(event, IssueCommented) else None,
        # As the signed payload carried it: a later read could show what nobody approved.
        issue=IssueSnapshot(
            title=event.issue.title,
            body=event.issue.body,
            author=event.issue.author,
            url=event.issue.url,
            labels=event.issue.labels,
        ),
    )


def _acknowledge(task: Task, request: Request) -> None:
    """Show eyes, unless a worker shows more than that already."""
    tasks = request.context.tasks
    if tasks.get(task.id).state is TaskState.QUEUED:
        request.conversation.react("eyes")
        if tasks.get(task.id).state is TaskState.RUNNING:
            # A quick worker's reaction may have been taken for an old one.
            request.conversation.react("rocket")


def _show(task: Task, request: Request) -> None:
    """Write the status comment, unless a quick worker has done so already."""
    context = request.context
    if task.status_comment_id is not None:
        return
    around = Surroundings(
        now=context.now(),
        command=context.command,
        limits=context.limits,
        task_url=context.task_url(task.id),
        model=shown(context.models, task.model),
    )
    comment_id = request.conversation.show_status(task, status_comment(task, around))
    context.tasks.set_status_comment(task.id, comment_id)
