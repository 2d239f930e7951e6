"""Takes an event to its handler, and sees to it that every command gets a visible answer."""

from collections.abc import Callable
from contextlib import suppress
from typing import assert_never

import structlog

from bot.commands import Fix, Remark, Stop, type_of_command
from bot.comments import general_failure_comment
from bot.conversation import Conversation
from bot.events import (
    CheckRunAsked,
    CheckSuiteCompleted,
    CommentEdited,
    Ignored,
    InstallationRemoved,
    IssueAssigned,
    IssueClosed,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    PullRequestClosed,
    PullRequestPushed,
    RepositoryChanged,
    ReviewCommented,
    ReviewSubmitted,
    type_of_event,
    type_of_thread_event,
)
from bot.github_errors import (
    Forbidden,
    GitHubError,
    Invalid,
    NotFound,
    PermissionsMissing,
    Unauthorized,
)
from bot.grammar import parse
from bot.refusals import check_role
from bot.request import Context, Outcome, Request, UserError
from bot.starting import attempts_of
from bot.verbs import carry_out, meant
from records.deliveries import DeliveryState
from records.effects import Ambiguous

PERMISSIONS = {"issues": "write", "metadata": "read"}
"""What answering needs; a token with no more than this is used for it."""
_DAY_S = 86_400

type_of_asking = IssueCommented | IssueLabeled | IssueAssigned | IssueOpened | IssueClosed
"""What may hold a command, or stand for one."""
type_of_act = Callable[[Request], Outcome]

_log = structlog.get_logger()


def handle(  # noqa: C901, PLR0911, PLR0912 - a case for each event
    event: type_of_event, context: Context, *, last_try: bool = True
) -> Outcome:
    """Answer an event; errors that nobody has words for are raised, after general words.

    With `last_try` false, the caller will come back with the same event, so nothing is said yet.
    """
    match event:
        case Ignored(reason):
            return Outcome(DeliveryState.IGNORED, reason)
        case IssueCommented() | IssueLabeled() | IssueAssigned() | IssueOpened() | IssueClosed():
            return _asked(event, context, last_try=last_try)
        case CommentEdited():
            return _not_heard(event.key)
        case IssueEdited():
            return _not_heard(event.key)
        case ReviewSubmitted():
            return _not_heard(event.key)
        case ReviewCommented():
            return _not_heard(event.key)
        case PullRequestClosed():
            return _not_heard(event.key)
        case PullRequestPushed():
            return _not_heard(event.key)
        case CheckSuiteCompleted():
            return _not_heard(event.key)
        case CheckRunAsked():
            return _not_heard(event.key)
        case RepositoryChanged():
            return _not_heard(event.key)
        case InstallationRemoved():
            return _not_heard(event.key)
        case _:
            assert_never(event)


def _not_heard(key: str) -> Outcome:
    return Outcome(DeliveryState.IGNORED, f"nothing follows from it: {key}")


def _asked(event: type_of_asking, context: Context, *, last_try: bool) -> Outcome:
    if event.sender.is_bot:
        return Outcome(DeliveryState.IGNORED, "a bot's doing")
    command = _command(event, context)
    if command is None:
        return Outcome(DeliveryState.IGNORED, "no command")
    if event.repository.archived:
        return Outcome(DeliveryState.REFUSED, "the repository is archived")

    def act(request: Request) -> Outcome:
        return _give(command, request)

    is_awaited = not isinstance(event, IssueClosed) and not isinstance(command, Remark)
    return in_thread(event, context, act, is_awaited=is_awaited, last_try=last_try)


def _give(command: type_of_command, request: Request) -> Outcome:
    event = request.event
    if (
        isinstance(event, IssueAssigned)
        and event.assignee.id != request.conversation.repository.bot_id
    ):
        return Outcome(DeliveryState.IGNORED, "somebody else was assigned")
    wanted = meant(command, request)
    check_role(wanted, request)
    return carry_out(wanted, request)


def _command(event: type_of_asking, context: Context) -> type_of_command | None:
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
        case IssueAssigned():
            return Fix("") if event.assignee.is_bot else None
        case _:
            assert_never(event)


def _is_live(event: type_of_thread_event, context: Context) -> bool:
    return context.tasks.live_on_issue(event.repository.id, event.issue.number) is not None


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
        return act(request)
    except UserError as refusal:
        if not is_awaited:
            return Outcome(DeliveryState.IGNORED, str(refusal))
        return _say_refusal(refusal, request)
    except Unauthorized:
        raise
    except Exception:
        if last_try and is_awaited:
            _apologise(request)
        raise


def _open(event: type_of_thread_event, context: Context) -> Request | Outcome:
    """Open the repository of an event, or say why there is no way to it."""
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
    return Request(event, conversation, context)


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
