"""The words for a change that a maintainer has to approve before it is published."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.comments.answers import person
from bot.comments.neutral import block, code, words
from bot.comments.readable import moment, plural
from bot.plain_text import visible
from records.waits import Wait

_PATH, _REASON = 200, 600
_NAMED = 20
_DIFF = 16_000
SHOWN = 8
"""Digits of the digest by which people name the change."""


def short_change(asked: Mapping[str, Any]) -> str:
    """Return the digest as people see it."""
    return str(asked["digest"])[:SHOWN]


def approval_headline(asked: Mapping[str, Any]) -> str:
    """Say in few words that a change waits for approval."""
    return f"🛡 Change `{short_change(asked)}` needs approval"


def is_cut(asked: Mapping[str, Any]) -> bool:
    """Say whether the comment shows less than what is to be approved."""
    is_long = len(asked["paths"]) > _NAMED or len(visible(asked["diff"])) > _DIFF
    return bool(asked.get("cut")) or is_long


def approval_words(wait: Wait, command: str, task_url: str = "") -> list[str]:
    """Show what is changed where it needs approval, with a box for whoever may decide."""
    asked, digest = wait.asked, short_change(wait.asked)
    named = "\n".join(f"- {code(path, _PATH)}" for path in asked["paths"][:_NAMED])
    left = len(asked["paths"]) - _NAMED
    more = f"\n- … and {plural(left, 'more file')}" if left > 0 else ""
    until = (
        f" Without a word by {moment(wait.deadline)} it is not published." if wait.deadline else ""
    )
    boxes = (
        f"- [ ] Approve change `{digest}` <!-- do:approve {digest} -->\n"
        "- [ ] Reject <!-- do:reject -->"
    )
    shown = block(asked["diff"], _DIFF, "diff")
    page = f"[the task's page]({task_url})" if task_url else "the task's page"
    cut = f"**Not all of it is shown here**: read it first in the log on {page}.\n\n"
    return [
        f"The work is done. It changes what is only published with approval here:\n\n{named}{more}",
        f"<details><summary>What it changes there</summary>\n\n{shown}\n</details>",
        f"{cut if is_cut(asked) else ''}{boxes}",
        _how(command, digest) + until,
    ]


def _how(command: str, digest: str) -> str:
    return (
        f"Somebody with the `maintain` role can tick a box, or comment `{command} approve "
        f"{digest}`. `{command} reject`, from somebody with write access, ends it."
    )


def rejected_change_words(asked: Mapping[str, Any], by: str, reason: str) -> str:
    """Say how a task ended whose change was not approved."""
    why = f" {words(reason, _REASON)}" if reason.strip() else ""
    return f"{by or 'Somebody'} rejected change {short_change(asked)}, so it is not published.{why}"


def expired_change_words(asked: Mapping[str, Any]) -> str:
    """Say that nobody decided on a change in time."""
    return f"Nobody approved change {short_change(asked)} in time, so it is not published."


def unapproved_words(paths: Sequence[str]) -> str:
    """Say why a change is pushed nowhere."""
    return f"A maintainer has to approve a change of {', '.join(paths[:_NAMED])} first."


def other_change_comment(command: str, given: str, asked: Mapping[str, Any]) -> str:
    """Say that another change waits than the one that was named."""
    digest = short_change(asked)
    return (
        f"Nothing was published: {code(given, 80)} is not the change that waits here; that is "
        f"`{digest}`. Look at it in my comment above, and comment `{command} approve {digest}` if "
        "it is right."
    )


def unseen_change_comment(command: str, asked: Mapping[str, Any], task_url: str) -> str:
    """Say that a change which the comment does not show whole is approved by its digest alone."""
    return (
        "Nothing was published: my comment above does not show all of the change. Read it in the "
        f"log on [the task's page]({task_url}), and comment "
        f"`{command} approve {short_change(asked)}` if it is right."
    )


def decided_change_comment(asked: Mapping[str, Any], by: str) -> str:
    """Say that somebody decided before."""
    who = person(by) if by else "the deadline"
    return f"Change `{short_change(asked)}` was decided on by {who} already."
