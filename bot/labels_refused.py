"""Takes a label off whose wish was refused, so that it can be set again."""

from collections.abc import Callable
from contextlib import suppress

from bot.github_errors import Forbidden, Invalid
from bot.request import Outcome, Request, UserError


def or_taken_off(label: str, act: Callable[[], Outcome], request: Request) -> Outcome:
    """Do what a label stands for; UserError where it is refused, and the label is off then.

    Only a label that is there to ask the bot: what the repository's file gives a meaning to may
    have others for its people, and a number of attempts counts for the commands that follow too.
    """
    try:
        return act()
    except UserError:
        context = request.context
        if label in {context.fix_label, context.plan_label, context.ask_label}:
            take_off(label, request)
        raise


def take_off(label: str, request: Request) -> None:
    """Take a label off, as far as the bot may."""
    with suppress(Forbidden, Invalid):
        request.conversation.repository.remove_label(request.event.issue.number, label)
