"""Shows a task's action log when somebody asks for it: whole, or one step."""

from collections.abc import Sequence

from bot.comments.action_log import action_log
from bot.comments.answers import named_task
from bot.comments.neutral import block, words
from bot.comments.readable import clock
from bot.comments.views import log_lines
from records.actions import Action
from records.task import Task

_TEXT = 16_000


def log_comment(task: Task, actions: Sequence[Action], *, head: str, task_url: str) -> str:
    """Show the whole log of a task, its middle left out if need be."""
    table = action_log(
        log_lines(actions), started_at=_began(task, actions), head=head, task_url=task_url
    )
    named = f"Task {named_task(task, task_url)}"
    return f"{named}:\n\n{table}" if table else f"{named} has no step on record yet."


def step_comment(task: Task, step: Action, number: int, task_url: str) -> str:
    """Show one step: what was called, with what, and what came of it."""
    content = step.content
    at = clock(step.at - (task.started_at or task.created_at))
    title = words(str(content.get("title", "")), 300)
    result = words(str(content.get("result", "")), 300)
    parts = [
        f"Step {number} of task {named_task(task, task_url)}, at {at}: {title} → {result or '…'}",
    ]
    if text := str(content.get("text") or "").strip():
        parts.append(f"What the agent was shown:\n\n{block(text, _TEXT)}")
    return "\n\n".join(parts)


def no_log_comment(command: str) -> str:
    """Say that there is no task whose log could be shown."""
    return f"There is no task on this thread, so there is no log. `{command} fix` starts one."


def no_step_comment(command: str, task: Task, number: int, task_url: str) -> str:
    """Say that a task has no such step."""
    return (
        f"Task {named_task(task, task_url)} has no step {number}. `{command} log` shows all that "
        "there are."
    )


def _began(task: Task, actions: Sequence[Action]) -> float:
    return task.started_at or (actions[0].at if actions else task.created_at)
