"""The words for the line of a thread: who is before whom, and why something does not join it."""

from collections.abc import Sequence

from bot.comments.answers import person
from bot.comments.neutral import words
from bot.comments.readable import plural
from records.task import Task

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_MOST_NAMED = 10


def place_in_line(ahead: Sequence[str]) -> str:
    """Say in a headline which place a task has; `ahead` are the ids of those before it."""
    return f"⏳ Queued, {_ordinal(len(ahead) + 1)} in line" if ahead else "⏳ Queued"


def waits_for(ahead: Sequence[str]) -> str:
    """Say what a queued task waits for."""
    if not ahead:
        return "A worker takes it as soon as one is free."
    named = ", ".join(f"`{task_id}`" for task_id in ahead[:_MOST_NAMED])
    verb = "is" if len(ahead) == 1 else "are"
    return (
        f"{plural(len(ahead), 'task')} of this thread {verb} ahead: {named}. "
        "They are worked on one after the other."
    )


def also_asked(others: Sequence[dict[str, str]]) -> str:
    """Say who wished the same within the first minute, and how."""
    named = [person(one["login"]) + _by_what(one.get("how", "")) for one in others]
    return f"Also requested by {', '.join(named)}." if named else ""


def line_full_comment(command: str, waiting: int, most: int) -> str:
    """Say that no more tasks fit into a thread's line."""
    return (
        f"{plural(waiting, 'task')} of this thread {'has' if waiting == 1 else 'have'} not ended, "
        f"and {most} is the most. Nothing was started. `{command} stop` stops the one at work."
    )


def many_tasks_comment(command: str, made: int) -> str:
    """Say that a thread has had enough tasks for a day."""
    return (
        f"This thread had {plural(made, 'task')} in the last 24 hours, which is the most. Nothing "
        f"was started, and to more of `{command} …` today I answer only with a reaction."
    )


def already_addressed_comment(
    command: str, pulls: Sequence[tuple[int, str, str]], *, box: bool, verb: str = "fix"
) -> str:
    """Ask whether to start although open pull requests address the issue already.

    `pulls` are number, address and author of each; `box` is whether a tick can answer.
    """
    named = ", ".join(
        f"[pull request {number}]({url}) by {person(author)}" for number, url, author in pulls
    )
    tick = f"\n\n- [ ] Start a new one <!-- do:{verb} --new -->" if box else ""
    again = f"`{command} {verb} --new{'' if box else ' …'}`"
    one = len(pulls) == 1
    return (
        f"{'An open pull request addresses' if one else 'Open pull requests address'} this issue "
        f"already: {named}. I did not start, so that there are not two for one thing. To go on "
        f"there, write a review on {'it' if one else 'one of them'}. To have a new one all the "
        f"same, comment {again}{' or tick the box' if box else ''}.{tick}"
    )


def addressed_meanwhile(pulls: Sequence[tuple[int, str]]) -> str:
    """Say which pull requests there are since a task was asked for; each with its address."""
    named = ", ".join(f"[#{number}]({url})" for number, url in pulls[:_MOST_NAMED])
    return f"While it waited in line, there came to be {named}, so it was not begun."


def nothing_to_retry_comment(command: str) -> str:
    """Say that a thread had no task yet."""
    return (
        f"There was no task on this thread to try again. Nothing was started. `{command} fix` "
        "starts one."
    )


def not_yet_to_retry_comment(command: str, task: Task) -> str:
    """Say that the task has to end before it is tried again."""
    return (
        f"Task `{task.id}` has not ended, so there is nothing to try again yet. Nothing was "
        f"started. `{command} stop` stops it; `{command} fix …` puts another wish in line."
    )


def no_work_to_retry_comment(command: str, task: Task) -> str:
    """Say that there is no change to go on with."""
    return (
        f"Task `{task.id}` left no change to go on with. Nothing was started. "
        f"`{command} retry --from=scratch` begins anew."
    )


def no_plan_to_retry_comment(command: str, task: Task) -> str:
    """Say that there is no plan to begin with."""
    return (
        f"Task `{task.id}` had no approved plan. Nothing was started. "
        f"`{command} retry --from=scratch` begins without one."
    )


def changed_issue_to_retry_comment(command: str, task: Task) -> str:
    """Say that the plan of a task was for another text of the issue."""
    return (
        f"The issue's text has changed since the plan of task `{task.id}` was approved. Nothing "
        f"was started. `{command} plan` makes a plan for what it says now; "
        f"`{command} retry --from=scratch` begins without one."
    )


def theirs_to_retry_comment(command: str, task: Task) -> str:
    """Say that the project has its bot push to nobody's pull request any more."""
    return (
        f"Task `{task.id}` was to push to this pull request, and this repository's "
        "`.github/agent.yml` no longer has `pr: {others: push}`. Nothing was started. "
        f"`{command} fix …` makes a pull request onto this one's branch."
    )


def from_listed_bot_only_comment(command: str, login: str) -> str:
    """Say that a bot has gone on for long enough without a person."""
    return (
        f"{words(f'@{login}', 60)} has asked again and again, and no person in between. Nothing "
        f"more is started until somebody with write access comments `{command} fix`."
    )


def _by_what(how: str) -> str:
    return f" ({words(how, 80)})" if how else ""


def _ordinal(number: int) -> str:
    is_teen = 10 <= number % 100 <= 20  # noqa: PLR2004 - eleventh to nineteenth
    return f"{number}{'th' if is_teen else _ENDINGS.get(number % 10, 'th')}"
