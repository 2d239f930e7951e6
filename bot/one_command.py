"""Names the commands of a text that nothing is done about, since a text gives one, its first."""

from bot.comments import one_command_comment
from bot.events import IssueCommented, IssueOpened, ReviewCommented, ReviewSubmitted
from bot.grammar import further
from bot.request import Outcome, Request
from records.deliveries import DeliveryState


def with_others_named(outcome: Outcome, request: Request) -> Outcome:
    """Say of which commands in the same text nothing is done, to those whose first one counted."""
    event, word = request.event, request.context.command
    match event:
        case IssueCommented() | ReviewSubmitted() | ReviewCommented():
            text = event.body
        case IssueOpened():
            text = event.issue.body
        case _:
            return outcome
    others = further(text, word)
    if others and outcome.state is DeliveryState.HANDLED and not request.strangers_key():
        request.say("others", one_command_comment(word, others))
    return outcome
