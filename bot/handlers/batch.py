"""Starts a task on each of several issues, with one table that follows them, for `/agent batch`."""

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
from bot.github_repository import GitHubRepository, WholeIssue
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
    """Start what can be started, and show it all in one table."""
    check_this_thread(request)
    most = most_of(command.most, "batch", request)
    issues = list(_issues(command, request))
    if not issues:
        word = request.context.command
        raise UserError(no_issues_comment(word, command.labels), why="no issue was found")
    batch_id = id_of(request)
    parts = [_part(issue, batch_id, request) for issue in issues[:most]]
    return show(batch_id, [*parts, *_left(issues[most:], most)], request)


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
    started = [part.task_id for part in parts if part.task_id]
    request.conversation.react("eyes" if started else "confused")
    show_batch(batch_id, context.tasks, lambda number: thread_of(number, request))
    for task_id in started:
        context.wake(task_id)
    return Outcome(DeliveryState.HANDLED, f"{len(started)} tasks of {len(parts)}")


def follow(task: Task, request: Request) -> None:
    """Let the table that a task stands in, if it does, say how it stands now."""
    if batch_id := task.brief.get("batch"):
        show_batch(batch_id, request.context.tasks, lambda number: thread_of(number, request))


def thread_of(number: int, request: Request) -> Conversation:
    """Return another thread of the repository, without a comment that gave a command."""
    if number == request.conversation.number:
        return request.conversation
    return replace(request.conversation, number=number, comment_id=None)


def _issues(command: Batch, request: Request) -> Iterator[WholeIssue | int]:
    """Give the issues that are meant, each once; a number where there is none, or nobody looked."""
    repository, seen = request.conversation.repository, set[int]()
    for number in command.issues:
        if number not in seen:
            seen.add(number)
            yield _read(repository, number) if len(seen) <= MOST else number
    for label in command.labels:
        for issue in repository.open_issues(label, _LOOKED_AT):
            if issue.number not in seen:
                seen.add(issue.number)
                yield issue


def _left(issues: list[WholeIssue | int], most: int) -> list[Part]:
    """Say of those that are too many that they are not started: some by name, the rest by count."""
    why_not = f"{most} {'is' if most == 1 else 'are'} started at once"
    named = [
        Part("", issue, why_not=why_not)
        if isinstance(issue, int)
        else Part(issue.title[:_TITLE], issue.number, why_not=why_not)
        for issue in issues[:MOST]
    ]
    rest = len(issues) - len(named)
    return [*named, *([Part(f"{rest} more", why_not=why_not)] if rest else ())]


def _read(repository: GitHubRepository, number: int) -> WholeIssue | int:
    try:
        return repository.whole_issue(number)
    except NotFound:
        return number


def _part(issue: WholeIssue | int, batch_id: str, request: Request) -> Part:
    """Start a task on an issue, or say why there is none."""
    if isinstance(issue, int):
        return Part("", issue, why_not="there is no such issue")
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
