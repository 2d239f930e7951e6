"""The words about a label by which somebody vouches for an outsider's text."""

from bot.comments.answers import person
from bot.comments.neutral import code


def may_not_vouch_comment(label: str, login: str, role: str) -> str:
    """Say that a label does not count, since of whoever set it."""
    return (
        f"The label {code(label, 60)} does not count: it says that this text may be worked on as "
        f"if somebody with write access had written it, and {person(login)} has {code(role, 20)} "
        "access here. Somebody with write access can take it off and set it again."
    )


def changed_just_now_comment(label: str) -> str:
    """Say that a label does not count, since the text may be another one than was read."""
    return (
        f"The label {code(label, 60)} does not count: the text was changed in the minute before. "
        "Whoever has read it as it is now can take the label off and set it again."
    )
