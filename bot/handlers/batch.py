"""Starts a task on each of several issues, with one table that follows them, for `/agent batch`.

Each issue takes a second and more at GitHub, so the delivery is handled one issue at a time, and
comes back for the next behind what else waits.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from bot.batches import show_batch
from bot.before_start import READ_PULLS, made_ready
from bot.commands import Batch
from bot.comments import status_comment
from bot.comments.batches import no_issues_comment, no_such_most_comment
from bot.conversation import Conversation
from bot.github_errors import NotFound
from bot.github_repository import WholeIssue
from bot.handlers.fix import addressing
from bot.request import Outcome, Request, UserError
from bot.snapshot import asked_at
from bot.starting import check_line, new_task, surroundings_of
from bot.starting import check_thread as check_this_thread
from records import batches
from records.batches import Part
from records.deliveries import DeliveryState
from records.task import IssueSnapshot, NewTask, Task

MOST = 20
"""Tasks of one command."""
_USUALLY = 10
_TITLE = 200
_LOOKED_AT = 100
"""Issues of one label."""


def batch(command: Batch, request: Request) -> Outcome:
    """Start what can be started on the next issue, and show it all in one table.

    The delivery is only received while there are issues left to look at.
    """
    batch_id, kept = id_of(request), request.context.tasks.batches
    known = kept.get(batch_id)
    parts = list(known.parts) if known else _begin(command, batch_id, request)
    left = [at for at, part in enumerate(parts) if part.is_open]
    if left:
        at = left[0]
        parts[at] = _part(parts[at], batch_id, request)
        kept.set_part(batch_id, at, parts[at])
        if task_id := parts[at].task_id:
            request.context.wake(task_id)
    if len(left) > 1:
        return Outcome(DeliveryState.RECEIVED, f"{len(left) - 1} issues are left to look at")
    return _shown(batch_id, parts, request)


def _begin(command: Batch, batch_id: str, request: Request) -> list[Part]:
    """Find the issues, and write the table in which nothing is started yet; UserError."""
    check_this_thread(request, "batch")
    most = most_of(command.most, "batch", request)
    parts = list(_parts(command, request))
    if not parts:
        word = request.context.command
        raise UserError(no_issues_comment(word, command.labels), why="no issue was found")
    parts = [*parts[:most], *_left(parts[most:], most)]
    _keep(batch_id, parts, request)
    show_batch(batch_id, request.context.tasks, lambda number: thread_of(number, request))
    return parts


def most_of(asked: str, verb: str, request: Request) -> int:
    """Return how many tasks may be started at once; UserError."""
    if not asked:
        return _USUALLY
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len("20") else 0
    if not 1 <= number <= MOST:
        words = no_such_most_comment(request.context.command, verb, asked, MOST)
        raise UserError(words, why=f"{asked!r} tasks at once")
    return number


def id_of(request: Request) -> str:
    """Return the id of the batch that this request makes, however often it is told."""
    name = f"{request.event.repository.id}:{request.event.key}"
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def show(batch_id: str, parts: list[Part], request: Request) -> Outcome:
    """Keep the parts and write the table; wake a worker for each that was started."""
    _keep(batch_id, parts, request)
    outcome = _shown(batch_id, parts, request)
    for part in parts:
        if part.task_id:
            request.context.wake(part.task_id)
    return outcome


def _keep(batch_id: str, parts: list[Part], request: Request) -> None:
    event, context = request.event, request.context
    context.tasks.batches.save(
        batches.Batch(
            id=batch_id,
            repository_id=event.repository.id,
            issue_number=event.issue.number,
            requester=event.sender.login,
            created_at=context.now(),
            parts=tuple(parts),
        )
    )


def _shown(batch_id: str, parts: list[Part], request: Request) -> Outcome:
    """Write the table, of which all parts are looked at."""
    started = sum(bool(part.task_id) for part in parts)
    request.conversation.react("hooray" if started else "confused")
    show_batch(batch_id, request.context.tasks, lambda number: thread_of(number, request))
    return Outcome(DeliveryState.HANDLED, f"{started} tasks of {len(parts)}")


def follow(task: Task, request: Request) -> None:
    """Let the table that a task stands in, if it does, say how it stands now."""
    if batch_id := task.brief.get("batch"):
        show_batch(batch_id, request.context.tasks, lambda number: thread_of(number, request))


def thread_of(number: int, request: Request) -> Conversation:
    """Return another thread of the repository, without a comment that gave a command."""
    if number == request.conversation.number:
        return request.conversation
    return replace(request.conversation, number=number, comment_id=None)


def _parts(command: Batch, request: Request) -> Iterator[Part]:
    """Give the issues that are meant, each once; those with a number are read in their turn."""
    seen = set[int]()
    for number in command.issues:
        if number not in seen:
            seen.add(number)
            yield Part("", number)
    for label in command.labels:
        for issue in request.conversation.repository.open_issues(label, _LOOKED_AT):
            if issue.number not in seen:
                seen.add(issue.number)
                yield Part(issue.title[:_TITLE], issue.number)


def _left(parts: list[Part], most: int) -> list[Part]:
    """Say of those that are too many that they are not started: some by name, the rest by count."""
    why_not = f"only the first {most} are started" if most > 1 else "only the first is started"
    named = [replace(part, why_not=why_not) for part in parts[:MOST]]
    rest = len(parts) - len(named)
    return [*named, *([Part(f"{rest} more", why_not=why_not)] if rest else ())]


def _part(found: Part, batch_id: str, request: Request) -> Part:
    """Start a task on an issue, or say why there is none."""
    try:
        issue = request.conversation.repository.whole_issue(found.issue_number or 0)
    except NotFound:
        return replace(found, why_not="there is no such issue")
    title = issue.title[:_TITLE]
    new = _new_task(issue, batch_id, request)
    tasks = request.context.tasks
    known = tasks.of_request(new.semantic_key)
    if known is None and (why_not := _why_not(issue, request)):
        return Part(title, issue.number, why_not=why_not)
    try:
        task = known or tasks.create(made_ready(new, request))[0]
    except UserError as refusal:
        return Part(title, issue.number, why_not=str(refusal))
    _show_queued(task, request)
    return Part(title, issue.number, task.id)


def _why_not(issue: WholeIssue, request: Request) -> str:
    """Say why nothing is started on an issue, or nothing if it can be."""
    tasks, repository_id = request.context.tasks, request.event.repository.id
    if fault := _unfit(issue):
        return fault
    # GitHub counts whole seconds: a change in the very second of the command may have come after.
    if request.conversation.repository.words_changed_at(issue.number) >= asked_at(request):
        return "its words were changed after the command, so nobody has asked for what it says now"
    if live := tasks.live_on_issue(repository_id, issue.number):
        return f"task {live.id} is on its way there"
    if pull := _addressed_by(issue.number, request):
        return f"pull request {pull} addresses it"
    try:
        check_line(request, issue.number)
    except UserError as refusal:
        return str(refusal)
    return ""


def _unfit(issue: WholeIssue) -> str:
    if issue.is_pull_request:
        return "it is a pull request"
    if not issue.is_open:
        return "it is closed"
    return "its conversation is locked" if issue.locked else ""


def _addressed_by(number: int, request: Request) -> int | None:
    event, github = request.event, request.context.github
    repository = github.kept_repository(event.installation_id, event.repository.id, READ_PULLS)
    found = addressing(number, repository, request)
    return next((pull.number for pull in found), None)


def _new_task(issue: WholeIssue, batch_id: str, request: Request) -> NewTask:
    return new_task(
        "fix",
        "",
        request,
        semantic_key=f"{request.event.key}:{issue.number}",
        trigger_comment_id=None,
        issue_number=issue.number,
        issue=IssueSnapshot(
            issue.title,
            issue.body,
            issue.author,
            issue.url,
            issue.labels,
            author_id=issue.author_id,
        ),
        brief={"batch": batch_id},
    )


def _show_queued(task: Task, request: Request) -> None:
    """Write the status comment on the task's own issue."""
    if task.status_comment_id is None:
        words = status_comment(task, surroundings_of(task, request))
        comment_id = thread_of(task.issue_number, request).show_status(task, words)
        request.context.tasks.set_status_comment(task.id, comment_id)
