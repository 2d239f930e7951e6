"""Starts tasks: what every kind of work checks first, the task itself, and what is shown of it."""

from collections.abc import Iterable
from typing import Any

from bot.before_start import made_ready
from bot.comments import (
    Surroundings,
    closed_comment,
    locked_comment,
    no_such_attempts_comment,
    no_such_model_comment,
    status_comment,
)
from bot.comments.line import line_full_comment, many_tasks_comment
from bot.events import IssueCommented
from bot.limits import granted, within
from bot.manner import say_what_was_lowered
from bot.model_settings import UnknownModel, chosen, shown
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.pulls import Fate
from records.tasks import IssueSnapshot, NewTask, Task, TaskState

MOST_IN_LINE = 20
"""Tasks of one thread that have not ended: more than that nobody can look through."""
MOST_A_DAY = 60
"""Tasks of one thread in 24 hours: what asks so often is no person."""
_DAY_S = 86_400
_DIGITS = 4


def check_thread(request: Request, verb: str) -> None:
    """Refuse to work on what is closed or locked; UserError."""
    issue, command = request.event.issue, request.context.command
    what = "pull request" if issue.is_pull_request else "issue"
    if not issue.is_open:
        pulls = request.context.tasks.pulls
        fate = pulls.get(request.event.repository.id, issue.number).fate
        merged = issue.is_pull_request and fate in {Fate.MERGED, Fate.REVERTED}
        words = closed_comment(command, verb, what, merged=merged)
        raise UserError(words, why=f"the {what} is closed")
    if issue.locked:
        raise UserError(locked_comment(command, verb), why="the conversation is locked")


def model_of(name: str, request: Request) -> str:
    """Return the name of the model that was asked for, as the operator writes it; UserError."""
    models, word = request.context.models, request.context.command
    if not name:
        return ""
    try:
        return chosen(models, name).name
    except UnknownModel as unknown:
        words = no_such_model_comment(word, name, [model.name for model in models])
        raise UserError(words, why=str(unknown)) from unknown


def attempts_of(labels: Iterable[str], name: str) -> str:
    """Return the number behind the first label of this name, as it is written, or nothing."""
    numbers = (label.removeprefix(f"{name}-") for label in labels if label.startswith(f"{name}-"))
    return next((number for number in numbers if number.isascii() and number.isdigit()), "")


def wanted_attempts(asked: str, request: Request) -> int:
    """Return how many attempts were asked for, by the command or by a label; UserError."""
    context = request.context
    asked = asked or attempts_of(request.event.issue.labels, context.attempts_label)
    if not asked:
        return 1
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else 0
    if not 1 <= number <= context.attempts_most:
        words = no_such_attempts_comment(context.command, asked, context.attempts_most)
        raise UserError(words, why=f"{asked!r} attempts")
    return number


def new_task(verb: str, instruction: str, request: Request, **more: Any) -> NewTask:
    """Return what is to be done for this request; `more` are other fields of the task."""
    event = request.event
    fields: dict[str, Any] = {
        "semantic_key": event.key,
        "trigger_comment_id": event.comment_id if isinstance(event, IssueCommented) else None,
        "issue_number": event.issue.number,
        # As the signed payload carried it: a later read could show what nobody approved.
        "issue": IssueSnapshot(
            title=event.issue.title,
            body=event.issue.body,
            author=event.issue.author,
            author_id=event.issue.author_id,
            url=event.issue.url,
            labels=event.issue.labels,
        ),
        **more,
    }
    return NewTask(
        verb=verb,
        instruction=instruction,
        installation_id=event.installation_id,
        repository_id=event.repository.id,
        repository=request.conversation.repository.full_name,
        requester=event.sender.login,
        requester_id=event.sender.id,
        **fields,
    )


def start(new: NewTask, request: Request) -> Outcome:
    """Put a task into its thread's line, wake a worker for it, and show that it is there.

    UserError where the line is full. A request that is told twice makes one task.
    """
    return begin(checked(new, request), request)


def checked(new: NewTask, request: Request) -> NewTask:
    """Return the task as it can be made, or as it is if that was done before; UserError."""
    if request.context.tasks.of_request(new.semantic_key) is not None:
        return new
    check_line(request, new.issue_number)
    return made_ready(new, request)


def begin(new: NewTask, request: Request) -> Outcome:
    """Start a task that was checked."""
    task, created = request.context.tasks.create(new)
    return announced(task, request, created=created)


def announced(task: Task, request: Request, *, created: bool) -> Outcome:
    """Wake a worker for a task that was made, and show that it is there."""
    if task.state.ended:
        return Outcome(DeliveryState.HANDLED, f"task {task.id} has ended already")
    request.context.wake(task.id)
    _acknowledge(task, request)
    # A quick worker may have written it; and some are asked to say their last words only.
    if task.status_comment_id is None and not task.brief.get("quiet"):
        show(task, request)
    say_what_was_lowered(task, request)
    return Outcome(DeliveryState.HANDLED, f"task {task.id}{'' if created else ' again'}")


def check_line(request: Request, number: int, *, more: int = 1) -> None:
    """Refuse what would make a thread's line too long, or its day too busy; UserError."""
    context, repository_id = request.context, request.event.repository.id
    live = context.tasks.line(repository_id, number)
    if len(live) + more > MOST_IN_LINE:
        words = line_full_comment(context.command, len(live), MOST_IN_LINE)
        raise UserError(words, why=f"{len(live)} tasks in line")
    made = context.tasks.made_since(context.now() - _DAY_S, repository_id, number)
    if made + more > MOST_A_DAY:
        raise UserError(
            many_tasks_comment(context.command, made),
            why=f"{made} tasks in a day",
            once=f"busy day:{request.today()}",
        )


def show(task: Task, request: Request) -> None:
    """Write or edit the status comment of a task that no job has."""
    words = status_comment(task, surroundings_of(task, request))
    comment_id = request.conversation.show_status(task, words)
    if comment_id != task.status_comment_id:
        request.context.tasks.set_status_comment(task.id, comment_id)


def show_line(request: Request) -> None:
    """Say anew, of each task that waits in this thread, which place it has."""
    event, tasks = request.event, request.context.tasks
    for task in tasks.line(event.repository.id, event.issue.number):
        if task.status_comment_id is not None and task.state is TaskState.QUEUED:
            show(task, request)


def surroundings_of(task: Task, request: Request) -> Surroundings:
    """Return what a text about a task that no job has needs besides the task."""
    context = request.context
    line = context.tasks.line(task.repository_id, task.issue_number)
    waits = context.tasks.waits
    return Surroundings(
        now=context.now(),
        command=context.command,
        limits=granted(within(context.limits, task), waits.all(task.id)),
        wait=waits.open(task.id),
        task_url=context.task_url(task.id),
        model=shown(context.models, task.model),
        ahead=tuple(one.id for one in line[: [one.id for one in (*line, task)].index(task.id)]),
    )


def _acknowledge(task: Task, request: Request) -> None:
    """Show eyes, unless a worker shows more than that already."""
    tasks = request.context.tasks
    if tasks.get(task.id).state is TaskState.QUEUED:
        request.conversation.react("eyes")
        if tasks.get(task.id).state is TaskState.RUNNING:
            # A quick worker's reaction may have been taken for an old one.
            request.conversation.react("rocket")
