"""The words about a label by which somebody vouches for an outsider's text."""

from bot.comments.answers import person
from bot.comments.neutral import code


def may_not_vouch_comment(label: str, login: str, role: str) -> str:
    """Say that a label does not count, since of whoever set it."""
    return (
        f"The label {code(label, 60)} does not count: it says that this text may be worked on as "
        f"if somebody with write access had written it, and {person(login)} has {code(role, 20)} "
        "access here. I take it off; somebody with write access can set it again."
    )


def changed_just_now_comment(label: str) -> str:
    """Say that a label does not count, since the text may be another one than was read."""
    return (
        f"The label {code(label, 60)} does not count: the text was changed in the minute before. "
        "I take it off; whoever has read the text as it is now can set it again."
    )


def only_issues_comment(label: str) -> str:
    """Say that a label means nothing to the bot on a pull request."""
    return (
        f"The label {code(label, 60)} does not count for me here: somebody vouches by it for the "
        "text of an issue, and this is a pull request. Nothing was changed."
    )
