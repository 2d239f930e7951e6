"""Says which commands there are, and answers what is not one of them."""

from typing import assert_never

from bot.commands import AVAILABLE, PLANNED
from bot.comments import (
    did_you_mean_comment,
    help_comment,
    late_option_comment,
    misused_comment,
    no_such_option_comment,
    no_value_comment,
    not_yet_comment,
)
from bot.request import Outcome, Request, UserError
from bot.slips import DidYouMean, LateOption, Misused, NoSuchOption, NoValue, type_of_slip
from records.deliveries import DeliveryState


def give_help(request: Request) -> Outcome:
    """Say which commands there are."""
    context = request.context
    models = [model.name for model in context.models]
    labels = [(context.fix_label, "fix")]
    labels += [
        (label, verb)
        for label, verb in ((context.plan_label, "plan"), (context.ask_label, "ask"))
        if verb in AVAILABLE
    ]
    words = help_comment(context.command, labels, models, context.attempts_most)
    request.answer("help", words)
    return Outcome(DeliveryState.HANDLED, "gave help")


def not_yet(verb: str, request: Request) -> Outcome:
    """Say that this version knows the verb by name only."""
    words = not_yet_comment(request.context.command, verb)
    why = f"{verb} is not available yet"
    raise UserError(words, why=why, once=request.strangers_key())


def answer_slip(slip: type_of_slip, request: Request) -> Outcome:
    """Say why nothing was started."""
    word = request.context.command
    match slip:
        case Misused(verb) if verb in PLANNED:
            return not_yet(verb, request)
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
