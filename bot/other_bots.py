"""Hears no bot that nobody has listed, and keeps those that are from going round in circles.

Two bots that answer each other would do so for ever. So a listed one may ask a few times in a
thread with no person in between, and so often a day in the whole repository.
"""

from itertools import takewhile

from bot.comments.line import from_listed_bot_only_comment
from bot.comments.rounds import enough_of_bot_comment
from bot.events import IssueCommented, IssueOpened, type_of_thread_event
from bot.github_errors import PermissionsMissing
from bot.request import Request, UserError
from records.task import Task, TaskState
from records.tasks import Tasks

MOST_IN_A_ROW = 3
"""Tasks of bots in a thread, one after the other, until a person asks for one."""
MOST_A_DAY = 20
"""Tasks of one bot in a repository, in 24 hours."""
MOST_ROUNDS = 2
"""Rounds of review on one pull request in which one bot is heard."""
ROUND = "round"
"""The kind of a log's entry that holds a round as it was when it began."""
_DAY_S = 86_400


def could_be_heard(event: type_of_thread_event) -> bool:
    """Say whether a bot could have given a command this way: by words, not by labels and the like.

    The labels on an issue are mostly the bot's own.
    """
    return isinstance(event, IssueCommented | IssueOpened)


def is_listed(request: Request) -> bool:
    """Say whether the repository lists this bot, which is never ourselves."""
    sender = request.event.sender
    if sender.id == request.conversation.repository.bot_id:
        return False
    try:
        return sender.login in request.project().who.bots
    except (PermissionsMissing, UserError):
        return False


def rounds_of(
    login: str, tasks: Tasks, repository_id: int, number: int, *, beside: str = ""
) -> int:
    """Count the rounds on a pull request that have begun and in which a bot was heard.

    The task `beside` does not count.
    """
    rounds = map(tasks.get, tasks.rounds.on(repository_id, number))
    begun = (task for task in rounds if task.id != beside and task.state is not TaskState.QUEUED)
    return sum(login in _heard_in(task, tasks) for task in begun)


def _heard_in(task: Task, tasks: Tasks) -> set[str]:
    said = {task.requester, *(one["author"] for one in task.brief.get("words", ()))}
    for entry in tasks.actions.of_kind(task.id, ROUND):
        threads = entry.content["round"]["threads"]
        said |= {one["author"] for thread in threads for one in thread["said"]}
    return said


def check_rounds(request: Request) -> None:
    """Refuse a bot that was heard in enough rounds on a pull request; UserError."""
    event, tasks = request.event, request.context.tasks
    login = event.sender.login
    if rounds_of(login, tasks, event.repository.id, event.issue.number) >= MOST_ROUNDS:
        raise UserError(
            enough_of_bot_comment(request.context.command, login, MOST_ROUNDS),
            why=f"{login} was heard in {MOST_ROUNDS} rounds",
            once=f"rounds:{event.sender.id}",
        )


def check_hops(request: Request) -> None:
    """Refuse a bot that goes on and on without a person; UserError."""
    event, context = request.event, request.context
    newest = context.tasks.newest_on_issue(event.repository.id, event.issue.number, MOST_IN_A_ROW)
    in_a_row = sum(1 for _ in takewhile(lambda task: task.requester.endswith("[bot]"), newest))
    since = context.now() - _DAY_S
    today = context.tasks.usage.tasks(event.repository.id, since, requester_id=event.sender.id)
    if in_a_row >= MOST_IN_A_ROW or today >= MOST_A_DAY:
        raise UserError(
            from_listed_bot_only_comment(context.command, event.sender.login),
            why=f"{event.sender.login} asked {in_a_row} times in a row, {today} times today",
            once=f"bots:{request.today()}",
        )
