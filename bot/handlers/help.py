"""Says which commands there are, and answers what is not one of them."""

from typing import assert_never

from bot.command_options import NoSuchOption, NoValue
from bot.commands import DidYouMean, NotYet
from bot.comments import (
    did_you_mean_comment,
    help_comment,
    no_such_option_comment,
    no_value_comment,
    not_yet_comment,
)
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState


def give_help(request: Request) -> Outcome:
    """Say which commands there are."""
    context = request.context
    models = [model.name for model in context.models]
    words = help_comment(context.command, context.fix_label, models, context.attempts_most)
    request.answer("help", words)
    return Outcome(DeliveryState.HANDLED, "gave help")


def answer_unknown(
    command: DidYouMean | NotYet | NoSuchOption | NoValue, request: Request
) -> Outcome:
    """Say why nothing was started."""
    word = request.context.command
    match command:
        case DidYouMean(said, suggestion):
            words, why = did_you_mean_comment(word, said, suggestion), "a near miss"
        case NotYet(verb):
            words, why = not_yet_comment(word, verb), f"{verb} is not available yet"
        case NoSuchOption(option):
            words, why = no_such_option_comment(word, option), "an unknown option"
        case NoValue(option):
            words, why = no_value_comment(word, option), "an option without a value"
        case _:
            assert_never(command)
    raise UserError(words, why=why, once=request.strangers_key())
