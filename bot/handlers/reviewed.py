"""Begins a round when somebody has reviewed the bot's pull request, and asks for something."""

from bot.commands import Address, Fix, Help, Words, type_of_command
from bot.comments.rounds import enough_rounds_comment
from bot.events import ReviewSubmitted
from bot.handlers.address import begin_round
from bot.other_bots import check_hops, check_rounds
from bot.own_pull_requests import opened_by
from bot.refusals import check_role
from bot.request import Outcome, Request
from records.deliveries import DeliveryState


def reviewed(command: type_of_command | None, request: Request) -> Outcome | None:
    """Begin a round for a review, or for a comment in one of its threads.

    `command` is what was found in its text. None if it is nothing for a round: the command is
    another one, or the pull request is not the bot's.
    """
    event = request.event
    origin = opened_by(request)
    is_call = isinstance(command, Address | Fix | Words)
    # In a review the bot's bare name is no question after help.
    is_call |= isinstance(command, Help) and isinstance(event, ReviewSubmitted)
    if origin is None or not origin.branch or (command is not None and not is_call):
        return None
    if not event.issue.is_open:
        return Outcome(DeliveryState.IGNORED, "the pull request is closed")
    review = request.project().review
    if not is_call and not _demands(request, review.auto == "changes_requested"):
        return Outcome(DeliveryState.IGNORED, "a review that asks for no change")
    check_role(Address(), request)
    if event.sender.is_bot:
        check_hops(request)
        check_rounds(request)
    if not is_call and _rounds(request) >= review.rounds:
        return _enough(review.rounds, request)
    return begin_round(origin, _words(command, request), request, quiet_s=_quiet_s(request))


def _demands(request: Request, by_itself: bool) -> bool:
    event = request.event
    return by_itself and isinstance(event, ReviewSubmitted) and event.state == "changes_requested"


def _rounds(request: Request) -> int:
    event = request.event
    return len(request.context.tasks.rounds.made(event.repository.id, event.issue.number))


def _enough(rounds: int, request: Request) -> Outcome:
    context, login = request.context, request.event.sender.login
    request.conversation.react("confused")
    request.say("rounds", enough_rounds_comment(context.command, rounds, login))
    return Outcome(DeliveryState.REFUSED, f"{rounds} rounds were made")


def _words(command: type_of_command | None, request: Request) -> str:
    """Return what was said over all of the review; what stands in a thread is read there."""
    if isinstance(request.event, ReviewSubmitted):
        return request.event.body
    return command.instruction if isinstance(command, Address) else ""


def _quiet_s(request: Request) -> float:
    return request.context.review_quiet_s
