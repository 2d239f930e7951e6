"""Starts a task for each open item of an issue's task list, for `/agent each`.

They stand in the thread's line, so they are worked on one after the other; a pull request comes of
each, and one table follows them instead of a comment for each that waits.
"""

from dataclasses import replace

from bot.before_start import made_ready
from bot.commands import Each
from bot.comments.batches import (
    item_instruction,
    items_of_pull_request_comment,
    no_items_comment,
)
from bot.handlers.batch import id_of, most_of, show
from bot.request import Outcome, Request, UserError
from bot.starting import check_line, check_thread, new_task
from bot.task_list import open_items
from records.batches import Part
from records.pulls import Fate
from records.task import Task

_LONGEST = 200
_LOOKED_THROUGH = 200
"""Earlier tasks of the issue."""
_LOOKED_AT = 200
"""Items of one list."""


def each(command: Each, request: Request) -> Outcome:
    """Start the tasks, or say why none."""
    check_thread(request, "each")
    word = request.context.command
    if request.event.issue.is_pull_request:
        raise UserError(items_of_pull_request_comment(word), why="it is a pull request")
    most = most_of(command.most, "each", request)
    items = open_items(request.event.issue.body)
    if not items:
        raise UserError(no_items_comment(word), why="no open item of a task list")
    batch_id = id_of(request)
    if request.context.tasks.batches.get(batch_id) is None:
        check_line(request, request.event.issue.number, more=min(most, len(items)))
    return show(batch_id, _parts(items, most, batch_id, request), request)


def _parts(items: list[str], most: int, batch_id: str, request: Request) -> list[Part]:
    """Start the tasks; what is refused for one item holds for all that follow it."""
    event = request.event
    newest = request.context.tasks.newest_on_issue(
        event.repository.id, event.issue.number, _LOOKED_THROUGH
    )
    parts: list[Part] = []
    refused = ""
    for at, item in enumerate(items[:_LOOKED_AT]):
        if sum(bool(part.task_id) for part in parts) >= most:
            first = f"first {most} are" if most > 1 else "first is"
            parts.append(Part(item[:_LONGEST], why_not=f"only the {first} started"))
            continue
        try:
            part = None if refused else _part(at, items, batch_id, newest, request)
        except UserError as refusal:
            part, refused = None, str(refusal)
        parts.append(part or Part(item[:_LONGEST], why_not=refused))
    if rest := len(items[_LOOKED_AT:]):
        why_not = f"only the first {_LOOKED_AT} items are looked at"
        parts.append(Part(f"{rest} more", why_not=why_not))
    return parts


def _part(at: int, items: list[str], batch_id: str, newest: list[Task], request: Request) -> Part:
    """Start a task for one item, or say what there is for it already; UserError."""
    tasks, item = request.context.tasks, items[at][:_LONGEST]
    key = f"{request.event.key}:item {at + 1}"
    known = tasks.of_request(key)
    if known is None and (why_not := _why_not(item, batch_id, newest, request)):
        return Part(item, why_not=why_not)
    new = new_task(
        "fix",
        item_instruction(at + 1, len(items)),
        request,
        semantic_key=key,
        brief={"batch": batch_id, "part": at + 1},
    )
    # The item's words are the issue's, not the requester's: so they go where those go.
    new = replace(new, issue=replace(new.issue, title=item))
    task = known or tasks.create(made_ready(new, request))[0]
    return Part(item, task_id=task.id)


def _why_not(item: str, batch_id: str, newest: list[Task], request: Request) -> str:
    """Say what there is for an item already, or nothing; what was closed unmerged counts for none.

    An item is known by its words.
    """
    event, tasks = request.event, request.context.tasks
    for task in newest:
        if task.brief.get("batch") == batch_id:
            continue  # two items of one list can have the same words
        if not task.brief.get("part") or task.issue.title != item:
            continue
        if not task.state.ended:
            return f"task {task.id} is on its way"
        number = task.pull_request_number
        fate = tasks.pulls.get(event.repository.id, number).fate if number else None
        if fate is Fate.OPEN:
            return f"pull request {number} addresses it"
        if fate is Fate.MERGED:
            return f"pull request {number} was for it, and is merged"
    return ""
