"""Does what follows from an event in its thread, and sees to it that whoever waits is answered."""

from collections.abc import Callable
from contextlib import suppress

import structlog

from bot.check_events import ButtonPressed, ChecksEnded
from bot.comments import general_failure_comment
from bot.comments.not_started import app_permission_comment
from bot.conversation import Conversation
from bot.events import (
    CommentEdited,
    IssueCommented,
    ReviewCommented,
    ReviewSubmitted,
    ReviewTextEdited,
    type_of_thread_event,
)
from bot.github_errors import (
    AWAY,
    Forbidden,
    GitHubError,
    Invalid,
    NotFound,
    PermissionsMissing,
    Unauthorized,
)
from bot.request import Context, Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.effects import Ambiguous
from records.refusals import Refusal

PERMISSIONS = {"issues": "write", "metadata": "read"}
"""What answering needs; a token with no more than this is used for it."""
ON_PULL_REQUESTS = {**PERMISSIONS, "pull_requests": "write"}
"""What a reaction to a review or to a comment on a line needs."""
_DAY_S = 86_400
_STAYS_S = 7 * _DAY_S
"""How long a refusal stands open; then the clock folds it away."""

type_of_act = Callable[[Request], Outcome]

_log = structlog.get_logger()


def in_thread(
    event: type_of_thread_event,
    context: Context,
    act: type_of_act,
    *,
    is_awaited: bool,
    last_try: bool,
) -> Outcome:
    """Do what follows from an event in its thread, and say what came of it where it is awaited."""
    try:
        return _once_in_thread(event, context, act, is_awaited=is_awaited, last_try=last_try)
    except Unauthorized:
        # The kept token was revoked or ran out early; whatever was done stands in the ledger.
        context.github.forget(event.installation_id, event.repository.id)
        return _once_in_thread(event, context, act, is_awaited=is_awaited, last_try=last_try)


def _once_in_thread(
    event: type_of_thread_event,
    context: Context,
    act: type_of_act,
    *,
    is_awaited: bool,
    last_try: bool,
) -> Outcome:
    request = _open(event, context)
    if isinstance(request, Outcome):
        return request
    try:
        return _done(act, request)
    except UserError as refusal:
        if not is_awaited:
            return Outcome(DeliveryState.IGNORED, str(refusal))
        return _say_refusal(refusal, request)
    except (*AWAY, Ambiguous):
        raise  # it is left for later, and no try is used up: there is nothing to be sorry for yet
    except Exception:
        if last_try and is_awaited:
            _apologise(request)
        raise


def _done(act: type_of_act, request: Request) -> Outcome:
    """Do it; what the App may not do, in a repository that it may answer in, is a refusal."""
    try:
        return act(request)
    except PermissionsMissing as missing:
        words = app_permission_comment(str(missing))
        raise UserError(words, why=str(missing), reaction="-1") from missing


def _open(event: type_of_thread_event, context: Context) -> Request | Outcome:
    """Open the repository of an event, or say why there is no way to it."""
    on_pull_request = isinstance(event, ReviewSubmitted | ReviewCommented)
    try:
        repository = context.github.kept_repository(
            event.installation_id,
            event.repository.id,
            ON_PULL_REQUESTS if on_pull_request else PERMISSIONS,
        )
    except PermissionsMissing as missing:
        # There is no way to say it on the issue: that is what the permission is for.
        _log.warning("app.permissions_missing", event_key=event.key, mend=str(missing))
        return Outcome(DeliveryState.REFUSED, f"not answered: {missing}")
    except (NotFound, Forbidden, Invalid) as error:
        # A signed payload may still name a repository that the installation does not hold.
        return Outcome(DeliveryState.IGNORED, f"no access to the repository: {error}")
    conversation = Conversation(
        repository=repository,
        effects=context.effects,
        secret=context.secret,
        repository_id=event.repository.id,
        number=event.issue.number,
        comment_id=event.comment_id if isinstance(event, IssueCommented) else None,
        review_comment_id=event.comment_id if isinstance(event, ReviewCommented) else None,
        review=event.node_id if isinstance(event, ReviewSubmitted) else "",
        is_button=isinstance(event, CommentEdited | ReviewTextEdited | ButtonPressed | ChecksEnded),
        clean=context.clean,
    )
    return Request(event, conversation, context)


def _say_refusal(refusal: UserError, request: Request) -> Outcome:
    if refusal.once:  # the words are there already, as a rule, and strangers get these most
        request.conversation.react_if_spare(refusal.reaction)
    else:
        request.conversation.react(refusal.reaction)
    key = refusal.once or _usual_key(request)
    since = request.context.now() - 2 * _DAY_S
    try:
        comment_id = request.conversation.say(key, refusal.words, since=since)
    except (NotFound, Forbidden) as error:
        # The issue is gone, or the bot may not write there; there is nowhere left to say it.
        return Outcome(DeliveryState.REFUSED, f"{refusal}; and it could not be said: {error}")
    event = request.event
    said = Refusal(comment_id, event.installation_id, event.repository.id, event.issue.number)
    request.context.tasks.refusals.add(said, _STAYS_S)
    return Outcome(DeliveryState.REFUSED, str(refusal))


def _usual_key(request: Request) -> str:
    """Return what names a refusal: the event, and of a bot's events a day's first.

    A bot that answers a refusal would otherwise be refused for ever.
    """
    sender = request.event.sender
    if sender.is_bot:
        return f"refused:{sender.id}:{request.today()}"
    return f"refused:{request.event.key}"


def say_it_failed(event: type_of_thread_event, context: Context) -> None:
    """Say in its thread that a command was given up, as far as GitHub takes it."""
    with suppress(GitHubError, Ambiguous):
        request = _open(event, context)
        if isinstance(request, Request):
            request.say("failed", general_failure_comment(context.command))


def _apologise(request: Request) -> None:
    _log.exception("delivery.failed", event_key=request.event.key)
    request.conversation.react("confused")
    with suppress(GitHubError, Ambiguous):
        request.say("failed", general_failure_comment(request.context.command))
