"""Takes a label off whose wish was refused, so that it can be set again."""

from collections.abc import Callable
from contextlib import suppress

from bot.github_errors import Forbidden, Invalid
from bot.request import Outcome, Request, UserError
from bot.starting import attempts_of


def or_taken_off(label: str, act: Callable[[], Outcome], request: Request) -> Outcome:
    """Do what a label stands for; UserError where it is refused, and the label is off then.

    A number of attempts stays on: it also counts for the commands that follow.
    """
    try:
        return act()
    except UserError:
        if not attempts_of((label,), request.context.attempts_label):
            with suppress(Forbidden, Invalid):
                request.conversation.repository.remove_label(request.event.issue.number, label)
        raise
