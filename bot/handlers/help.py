"""Says which commands there are, and answers what is not one of them."""

from typing import assert_never

from bot.comments import (
    did_you_mean_comment,
    help_comment,
    late_option_comment,
    misused_comment,
    no_such_option_comment,
    no_value_comment,
)
from bot.request import Outcome, Request, UserError
from bot.slips import DidYouMean, LateOption, Misused, NoSuchOption, NoValue, type_of_slip
from records.deliveries import DeliveryState


def give_help(request: Request) -> Outcome:
    """Say which commands there are."""
    context = request.context
    models = [model.name for model in context.models]
    labels = [(context.fix_label, "fix")]
    labels += [(context.plan_label, "plan"), (context.ask_label, "ask")]
    words = help_comment(context.command, labels, models, context.attempts_most)
    request.answer("help", words)
    return Outcome(DeliveryState.HANDLED, "gave help")


def answer_slip(slip: type_of_slip, request: Request) -> Outcome:
    """Say why nothing was started."""
    word = request.context.command
    match slip:
        case DidYouMean(said, suggestion):
            words, why = did_you_mean_comment(word, said, suggestion), "a near miss"
        case NoSuchOption(verb, option):
            words, why = no_such_option_comment(word, verb, option), "an unknown option"
        case NoValue(verb, option):
            words, why = no_value_comment(word, verb, option), "an option without a value"
        case LateOption(verb, option):
            words, why = late_option_comment(word, verb, option), "an option behind the words"
        case Misused(verb):
            words, why = misused_comment(word, verb), f"no way to use {verb}"
        case _:
            assert_never(slip)
    raise UserError(words, why=why, once=request.strangers_key())
