"""Takes an event to its handler, and sees to it that every command gets a visible answer."""

from contextlib import suppress
from typing import assert_never

import structlog

from bot.command_options import NoSuchOption, NoValue
from bot.commands import (
    DidYouMean,
    Fix,
    Help,
    NotYet,
    Remark,
    Status,
    Stop,
    parse,
    type_of_command,
)
from bot.comments import general_failure_comment
from bot.conversation import Conversation
from bot.events import (
    Ignored,
    IssueClosed,
    IssueCommented,
    IssueLabeled,
    IssueOpened,
    type_of_event,
)
from bot.github_errors import (
    Forbidden,
    GitHubError,
    Invalid,
    NotFound,
    PermissionsMissing,
    Unauthorized,
)
from bot.handlers.fix import attempts_of, fix
from bot.handlers.hear import hear
from bot.handlers.help import answer_unknown, give_help
from bot.handlers.status import status
from bot.handlers.stop import stop
from bot.request import Context, Outcome, Request, UserError
from records.deliveries import DeliveryState
from records.effects import Ambiguous

PERMISSIONS = {"issues": "write", "metadata": "read"}
"""What answering needs; a token with no more than this is used for it."""
_DAY_S = 86_400

_log = structlog.get_logger()


def handle(event: type_of_event, context: Context, *, last_try: bool = True) -> Outcome:
    """Answer an event; errors that nobody has words for are raised, after general words.

    With `last_try` false, the caller will come back with the same event, so nothing is said yet.
    """
    match event:
        case Ignored(reason):
            return Outcome(DeliveryState.IGNORED, reason)
        case IssueCommented() | IssueLabeled() | IssueOpened() | IssueClosed():
            if event.sender.is_bot:
                return Outcome(DeliveryState.IGNORED, "a bot's doing")
            command = _command(event, context)
            if command is None:
                return Outcome(DeliveryState.IGNORED, "no command")
            if event.repository.archived:
                return Outcome(DeliveryState.REFUSED, "the repository is archived")
            return _answer(event, command, context, last_try=last_try)
        case _:
            assert_never(event)


def _command(
    event: IssueCommented | IssueLabeled | IssueOpened | IssueClosed, context: Context
) -> type_of_command | None:
    match event:
        case IssueCommented():
            command = parse(event.body, context.command)
            return command or (Remark() if _is_live(event, context) else None)
        case IssueClosed():
            return Stop() if _is_live(event, context) else None
        case IssueOpened():
            return parse(event.issue.body, context.command)
        case IssueLabeled():
            attempts = attempts_of((event.label,), context.attempts_label)
            is_fix = event.label == context.fix_label or attempts
            return Fix("", attempts=attempts) if is_fix else None
        case _:
            assert_never(event)


def _is_live(event: IssueCommented | IssueClosed, context: Context) -> bool:
    return context.tasks.live_on_issue(event.repository.id, event.issue.number) is not None


def _is_asked(event: type_of_event, command: type_of_command) -> bool:
    """Say whether somebody gave a command, and waits for an answer."""
    return not isinstance(event, IssueClosed) and not isinstance(command, Remark)


def _answer(
    event: IssueCommented | IssueLabeled | IssueOpened | IssueClosed,
    command: type_of_command,
    context: Context,
    *,
    last_try: bool,
) -> Outcome:
    try:
        return _answer_once(event, command, context, last_try=last_try)
    except Unauthorized:
        # The kept token was revoked or ran out early; whatever was done stands in the ledger.
        context.github.forget(event.installation_id, event.repository.id)
        return _answer_once(event, command, context, last_try=last_try)


def _answer_once(
    event: IssueCommented | IssueLabeled | IssueOpened | IssueClosed,
    command: type_of_command,
    context: Context,
    *,
    last_try: bool,
) -> Outcome:
    try:
        repository = context.github.kept_repository(
            event.installation_id, event.repository.id, PERMISSIONS
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
        clean=context.clean,
    )
    request = Request(event, conversation, context)
    try:
        return _to_its_handler(command, request)
    except UserError as refusal:
        if not _is_asked(event, command):
            return Outcome(DeliveryState.IGNORED, str(refusal))
        return _say_refusal(refusal, request)
    except Unauthorized:
        raise
    except Exception:
        if last_try and _is_asked(event, command):
            _apologise(request)
        raise


def _to_its_handler(command: type_of_command, request: Request) -> Outcome:
    match command:
        case Fix():
            return fix(command, request)
        case Status():
            return status(request)
        case Stop():
            return stop(request)
        case Remark():
            return hear(request)
        case Help():
            return give_help(request)
        case DidYouMean() | NotYet() | NoSuchOption() | NoValue():
            return answer_unknown(command, request)
        case _:
            assert_never(command)


def _say_refusal(refusal: UserError, request: Request) -> Outcome:
    request.conversation.react(refusal.reaction)
    key = refusal.once or f"refused:{request.event.key}"
    since = request.context.now() - 2 * _DAY_S
    try:
        request.conversation.say(key, refusal.words, since=since)
    except (NotFound, Forbidden) as error:
        # The issue is gone, or the bot may not write there; there is nowhere left to say it.
        return Outcome(DeliveryState.REFUSED, f"{refusal}; and it could not be said: {error}")
    return Outcome(DeliveryState.REFUSED, str(refusal))


def _apologise(request: Request) -> None:
    _log.exception("delivery.failed", event_key=request.event.key)
    request.conversation.react("confused")
    with suppress(GitHubError, Ambiguous):
        request.say("failed", general_failure_comment(request.context.command))
