"""Says which commands there are, and answers what is not one of them."""

from typing import assert_never

from bot.commands import DidYouMean, NoSuchOption, NotYet
from bot.comments import (
    did_you_mean_comment,
    help_comment,
    no_such_option_comment,
    not_yet_comment,
)
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState


def give_help(request: Request) -> Outcome:
    """Say which commands there are."""
    request.say("help", help_comment(request.context.command, request.context.fix_label))
    return Outcome(DeliveryState.HANDLED, "gave help")


def answer_unknown(command: DidYouMean | NotYet | NoSuchOption, request: Request) -> Outcome:
    """Say why nothing was started."""
    word = request.context.command
    match command:
        case DidYouMean(said, suggestion):
            raise UserError(did_you_mean_comment(word, said, suggestion), why="a near miss")
        case NotYet(verb):
            raise UserError(not_yet_comment(word, verb), why=f"{verb} is not available yet")
        case NoSuchOption(option):
            raise UserError(no_such_option_comment(word, option), why="an unknown option")
        case _:
            assert_never(command)
