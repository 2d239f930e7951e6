"""Says where the task of a thread stands, and what waits behind it."""

from collections.abc import Sequence

from bot.comments.answers import named_task, person
from bot.comments.neutral import words
from bot.comments.outcomes import end_words, kept_branch
from bot.comments.readable import moment, plural, span
from bot.comments.waits import wait_headline
from records.task import Task, TaskState
from records.waits import Wait

_MOST_NAMED = 10


def status_answer_comment(
    task: Task | None,
    *,
    command: str,
    task_url: str,
    now: float,
    wait: Wait | None = None,
    behind: Sequence[str] = (),
) -> str:
    """Say in words where a task stands; `behind` are the ids of those that wait for their turn."""
    if task is None:
        return f"There is no task on this thread. `{command} fix` starts one."
    named = f"Task {named_task(task, task_url)} ({task.verb}), asked for by "
    standing = _standing(task, command, now, wait)
    return f"{named}{person(task.requester)}, {standing}{_behind(behind)}"


def _behind(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    named = ", ".join(f"`{task_id}`" for task_id in ids[:_MOST_NAMED])
    return f" {plural(len(ids), 'task')} behind it in the line of this thread: {named}."


def _standing(task: Task, command: str, now: float, wait: Wait | None) -> str:
    if task.state.ended:
        return _end(task, command)
    if task.state is TaskState.QUEUED:
        return f"waits for a free worker, for {span(now - task.created_at)} now."
    if task.stop_requested_by:
        return f"is being stopped for {person(task.stop_requested_by)}."
    if task.state is TaskState.WAITING:
        return _waiting(wait, now)
    return _running(task, now)


def _waiting(wait: Wait | None, now: float) -> str:
    if wait is None:
        return "waits."
    until = f", until {moment(wait.deadline)}" if wait.deadline else ""
    asked = f"{wait_headline(wait)}, asked {span(now - wait.asked_at)} ago"
    return f"waits for people{until}: {asked}. The task's comment says how to answer."


def _running(task: Task, now: float) -> str:
    since = span(now - (task.started_at or task.created_at))
    doing = f": {words(task.progress.doing, 200)}" if task.progress.doing else ""
    steps = plural(task.progress.steps, "step")
    return f"has been running for {since}, with {steps} so far{doing}."


def _end(task: Task, command: str) -> str:
    number = task.pull_request_number
    match task.state:
        case TaskState.SUCCEEDED if number:
            return f"is done since {_ended(task)}: #{number}."
        case TaskState.SUCCEEDED:
            said = f"{words(task.explanation, 600)} {kept_branch(task, '')}".strip()
            return f"is done since {_ended(task)}. {said}".rstrip()
        case TaskState.PARTIAL if number:
            return f"is {end_words(task).name}, {_ended(task)}: #{number}."
        case TaskState.STOPPED:
            by = f" by {person(task.stop_requested_by)}" if task.stop_requested_by else ""
            return f"was stopped{by}, {_ended(task)}. {kept_branch(task, '')}".rstrip()
        case TaskState.FAILED | TaskState.REFUSED:
            return f"ended {_ended(task)} without a result: {_what_and_next(task, command)}"
        case _:
            return f"came to an end {_ended(task)}: {_what_and_next(task, command)}"


def _what_and_next(task: Task, command: str) -> str:
    words_for_it = end_words(task)
    return f"{words_for_it.name}. {words_for_it.next.format(command=command)}"


def _ended(task: Task) -> str:
    return moment(task.ended_at) if task.ended_at else "just now"
