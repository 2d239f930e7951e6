"""Starts a round of review on the bot's own pull request, for the command and for a review."""

from dataclasses import replace

from bot.before_start import made_ready
from bot.commands import Address
from bot.own_pull_requests import own_and_open, task_on
from bot.request import Outcome, Request
from bot.starting import check_line, check_thread, show, start
from records.deliveries import DeliveryState
from records.task import Task, TaskState


def address(command: Address, request: Request) -> Outcome:
    """Begin a round at once."""
    origin = own_and_open(request, "address")
    check_thread(request, "address")
    return begin_round(origin, command.instruction, request, quiet_s=0.0)


def begin_round(origin: Task, words: str, request: Request, *, quiet_s: float) -> Outcome:
    """Start a round, or let the one that waits for quiet hear these words too.

    With `quiet_s`, it begins when that many seconds have passed without another word.
    """
    event, tasks = request.event, request.context.tasks
    heard = {"author": event.sender.login, "author_id": event.sender.id, "text": words}
    said = (heard,) if words.strip() else ()
    rounds = tasks.rounds.on(event.repository.id, event.issue.number)
    if tasks.of_request(event.key) is None:
        for known in map(tasks.get, reversed(rounds)):
            if known.state is TaskState.QUEUED and tasks.rounds.hold(known.id, quiet_s, said):
                request.conversation.react("eyes")
                return Outcome(DeliveryState.HANDLED, f"task {known.id} hears it too")
    made = tasks.rounds.made(event.repository.id, event.issue.number)
    new = task_on(origin, "address", request, round=len(made) + 1, words=list(said))
    if not quiet_s:
        return start(new, request)
    if tasks.of_request(event.key) is None:
        check_line(request, event.issue.number)
        new = made_ready(new, request)
    task, created = tasks.create(replace(new, trigger_comment_id=None))
    if created or task.state is TaskState.QUEUED:
        # Nobody is woken: the clock rings when the time has come.
        tasks.rounds.hold(task.id, quiet_s)
        request.conversation.react("eyes")
    if task.status_comment_id is None and not task.state.ended:
        show(tasks.get(task.id), request)
    return Outcome(DeliveryState.HANDLED, f"task {task.id}{'' if created else ' again'}")
