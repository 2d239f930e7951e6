"""Answers to people who change the text of a command afterwards."""

from collections.abc import Sequence

from bot.comments.answers import named_task
from bot.comments.neutral import code
from records.task import Task

_MOST_NAMED = 5


def as_it_was_comment(command: str, task: Task, task_url: str) -> str:
    """Say that a task goes by the text as it was posted."""
    return (
        f"I use the text as it was when it was posted: {named_task(task, task_url)} goes by that, "
        f"and the edit changes nothing. To add something, post a new comment: `{command} steer …`; "
        f"`{command} stop` stops it."
    )


def edit_starts_nothing_comment(command: str) -> str:
    """Say that only what is posted anew is read as a command."""
    return (
        "An edit starts nothing, so that nobody's words change under what was asked for. Nothing "
        f"was started. Post the command in a new comment: `{command} …`."
    )


def several_ticks_comment(command: str, ticked: Sequence[str]) -> str:
    """Say that boxes which do not go together were ticked by one edit."""
    named = ", ".join(code(f"{command} {one}", 60) for one in ticked[:_MOST_NAMED])
    return (
        f"Several boxes were ticked by one edit: {named}. I cannot tell which is meant, so nothing "
        "was done, and the boxes are as before. Please tick one."
    )


def no_longer_valid_comment(command: str) -> str:
    """Say that a box counts for nothing; what it hides is not repeated: nobody vouches for it."""
    return (
        "This box is no longer valid, so nothing was done. Please give the command in a new "
        f"comment: `{command} …`; `{command} help` lists what there is."
    )
