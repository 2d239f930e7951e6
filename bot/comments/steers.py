"""The words for what somebody said to a task that did not get to hear it."""

from collections.abc import Sequence

from bot.comments.answers import person
from bot.comments.readable import plural


def not_taken_comment(command: str, task_id: str, authors: Sequence[str], *, is_ours: bool) -> str:
    """Say whose words came too late; `is_ours` is whether the thread is the bot's pull request."""
    named = ", ".join(person(author) for author in dict.fromkeys(authors))
    verb = "address" if is_ours else "fix"
    return (
        f"Task `{task_id}` came to its end before it could take {plural(len(authors), 'word')} to "
        f"it, by {named}: nothing was done about that. `{command} {verb} …` with the same words "
        "has it done now."
    )
