"""The words about checks that are held back: in commits and in the text of a pull request."""

import re

from bot.comments.answers import person

_SKIP = "skip-checks: true"
_BEGIN = "⏸ **The repository's checks do not run on this yet.**"
_NOTE = re.compile(rf"^{re.escape(_BEGIN)}[^\n]*\n*", re.MULTILINE)
_WAITS = "The repository's checks wait until somebody lets them run."


def held(body: str) -> str:
    """Return a commit's body with the word that keeps checks from running.

    GitHub wants two empty lines before the trailers, and this one last:
    https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
    """
    text, _, trailers = body.rstrip("\n").rpartition("\n\n")
    return f"{text or _WAITS}\n\n\n{trailers}\n{_SKIP}"


def is_held(message: str) -> bool:
    """Say whether a commit keeps checks from running."""
    return message.rstrip().endswith(_SKIP)


def held_note(command: str, why: str) -> str:
    """Say, in the text of a pull request, that its checks do not run yet, and who can let them."""
    return (
        f"{_BEGIN} {why} That text may have steered "
        "what the checks would execute, next to the repository's secrets. Somebody with write "
        f"access looks at the change first, and comments `{command} ci run`."
    )


def with_held_note(table: str, body: str, command: str) -> str:
    """Return what stands for the evidence in a pull request's text, with such words if none do."""
    if _NOTE.search(body):
        return table
    who = f"Somebody with write access looks at the change first, and comments `{command} ci run`."
    return f"{_BEGIN} {who}\n\n{table}"


def without_held_note(body: str) -> str:
    """Return a pull request's text without the words that its checks do not run."""
    return _NOTE.sub("", body)


def outsider(login: str) -> str:
    """Say whose text it was that the agent was given."""
    return f"What I was given comes in part from {person(login)}, who has no write access here."


def base_held() -> str:
    """Say that the commit which a change is laid upon is held itself."""
    return (
        "It stands on a commit that is held for what somebody without write access may have said."
    )


def read_elsewhere() -> str:
    """Say that the agent has looked at what people without write access may have written."""
    return "The agent has also read other issues or pull requests, which anybody may have written."
