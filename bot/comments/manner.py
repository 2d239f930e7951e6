"""The words for options of a command that cannot hold here, or not together."""

from collections.abc import Mapping

from bot.comments.waits import amount_words
from bot.project import PROJECT_FILE


def contrary_options_comment(one: str, other: str) -> str:
    """Say that two options contradict each other."""
    return (
        f"I did not start: `{_option(one)}` and `{_option(other)}` cannot both be. Ask again with "
        "one of them."
    )


def always_draft_comment(command: str) -> str:
    """Say that the repository wants every pull request as a draft."""
    return (
        f"I did not start: `{PROJECT_FILE}` says `pr.draft: true`, so my pull requests are drafts "
        f"here. Without `--ready`, `{command} fix` goes on. Somebody with write access can change "
        "that file."
    )


def lowered_comment(lowered: Mapping[str, float], most: Mapping[str, float | None]) -> str:
    """Say with how much a task goes on that was to have more; both by the names of limits."""
    has = " and ".join(amount_words(name, value) for name, value in lowered.items())
    can_grow = any(value < (most[name] or value + 1) for name, value in lowered.items())
    who = (
        f"it is what `{PROJECT_FILE}` or whoever runs this bot allows; somebody with the "
        "`maintain` role can ask for more"
        if can_grow
        else "whoever runs this bot allows a task no more"
    )
    return f"This task goes on with at most {has}, less than was asked for: {who}."


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
