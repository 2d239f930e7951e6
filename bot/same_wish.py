"""Takes two wishes that are one, such as a label and a comment, for one task that names both."""

from collections.abc import Callable
from functools import partial

from bot.events import IssueAssigned, IssueCommented, IssueLabeled
from bot.manner import KEPT
from bot.request import Outcome, Request
from bot.starting import announced, checked, show
from records.deliveries import DeliveryState
from records.heard import Remark
from records.task import NewTask, Task, TaskState

_SAME_WISH_S = 60.0
"""What comes so soon by another way, such as a label beside a comment, is the same wish."""
_OPTIONS = (*KEPT, "attempts")
"""What a brief says of how something is to be done, by whoever asked."""


def start_wish(new: NewTask, request: Request) -> Outcome:
    """Start a task, unless the thread has one for the same wish; UserError."""
    tasks = request.context.tasks
    if (known := tasks.of_request(new.semantic_key)) is not None:
        return announced(known, request, created=False)
    same = partial(_is_same, new, request)
    if live := _found(same, new, request):
        return _joined(tasks.get(live), new.instruction, request)
    # Another process may start the same in this moment, so the records look once more.
    task, created = tasks.create(checked(new, request), same=same)
    if not created and task.semantic_key != new.semantic_key:
        return _joined(task, new.instruction, request)
    return announced(task, request, created=created)


def _found(same: Callable[[Task], bool], new: NewTask, request: Request) -> str:
    """Return the id of the task of the same wish, or nothing.

    It is in the ledger: a wish that is told again, since the words failed, is not another by then.
    """

    def look_up() -> dict[str, str]:
        line = request.context.tasks.line(new.repository_id, new.issue_number)
        return {"task": next((live.id for live in line if same(live)), "")}

    scope, key = request.conversation.scope, f"same wish:{new.semantic_key}"
    found = request.context.effects.once(scope, key, do=look_up, look=lambda: None)
    return str(found["task"])


def _is_same(new: NewTask, request: Request, live: Task) -> bool:
    """Say whether a wish that came by another way is for what a task is at, and in no other way."""
    young = request.context.now() - live.created_at < _SAME_WISH_S
    return live.verb == new.verb and young and _another_way(live, request) and _adds_none(new, live)


def _another_way(live: Task, request: Request) -> bool:
    """Say whether of the two wishes one is a label or an assignment, and the other is not that."""
    here, there = request.event.key.partition(":")[0], live.semantic_key.partition(":")[0]
    return here != there and bool({here, there} & {"label", "assigned"})


def _adds_none(new: NewTask, live: Task) -> bool:
    """Say whether a wish has no option that the task was not given: none may get lost."""
    return (
        new.model in {"", live.model}
        and new.wanted_attempts in {1, live.wanted_attempts}
        and all(new.brief.get(name) in {None, live.brief.get(name)} for name in _OPTIONS)
    )


def _joined(live: Task, words: str, request: Request) -> Outcome:
    """Let the task of the same wish name who else asked, and give it the words."""
    event, tasks = request.event, request.context.tasks
    if event.sender.id != live.requester_id:
        tasks.also_asked(live.id, event.sender.login, _how(request))
    if words and isinstance(event, IssueCommented):
        tasks.heard.add(live.id, Remark(event.comment_id, event.sender.login, words))
    request.conversation.react("hooray")
    task = tasks.get(live.id)
    # A job shows it by itself, and a quiet task has no comment before its end.
    if task.state is TaskState.QUEUED and task.status_comment_id is not None:
        show(task, request)
    return Outcome(DeliveryState.HANDLED, f"the same wish as task {live.id}")


def _how(request: Request) -> str:
    match request.event:
        case IssueLabeled() as event:
            return f"label {event.label}"
        case IssueAssigned():
            return "assignment"
        case _:
            return ""
