"""Takes an event to what follows from it; `bot.verbs` takes a command to its handler."""

import re
from functools import partial
from typing import assert_never

from bot.boxes import Boxes
from bot.check_events import ButtonPressed, CheckRunAsked, ChecksEnded, CheckSuiteCompleted
from bot.check_threads import NoThread, where_checked, where_pressed
from bot.commands import Ask, Fix, Plan, Remark, Stop, type_of_command
from bot.events import (
    BranchPushed,
    CommentEdited,
    Ignored,
    InstallationRemoved,
    IssueAssigned,
    IssueClosed,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    IssueUnlabeled,
    PullRequestClosed,
    PullRequestPushed,
    RepositoryChanged,
    ReviewCommented,
    ReviewSubmitted,
    ReviewTextEdited,
    type_of_event,
    type_of_thread_event,
)
from bot.github_errors import PermissionsMissing
from bot.grammar import parse
from bot.handlers.checked import checked
from bot.handlers.closed import closed
from bot.handlers.edited import comment_edited, text_edited
from bot.handlers.pressed import BUTTONS
from bot.handlers.refreshed import loses_words, refreshed
from bot.handlers.removed import installation_removed, repository_changed
from bot.handlers.reverted import branch_pushed
from bot.handlers.reviewed import reviewed
from bot.in_thread import PERMISSIONS, in_thread
from bot.labels_refused import or_taken_off
from bot.one_command import with_others_named
from bot.other_bots import check_hops, could_be_heard, is_listed
from bot.own_word import as_called_here
from bot.project import Trigger
from bot.refusals import check_role
from bot.request import Context, Outcome, Request, UserError
from bot.starting import attempts_of
from bot.verbs import carry_out, meant
from bot.vouching import vouch, vouches, withdrawn
from records.deliveries import DeliveryState

__all__ = ["PERMISSIONS", "handle"]

_NAMES_SOMEBODY = re.compile(r"^[ \t]*@", re.MULTILINE)

type_of_asking = IssueCommented | IssueOpened | IssueLabeled | IssueAssigned | IssueClosed
"""What may hold a command, or stand for one."""


def handle(  # noqa: C901, PLR0911, PLR0912 - a case for each event
    event: type_of_event, context: Context, *, last_try: bool = True
) -> Outcome:
    """Answer an event; errors that nobody has words for are raised, after general words.

    With `last_try` false, the caller will come back with the same event, so nothing is said yet.
    """
    context = as_called_here(event, context)
    match event:
        case Ignored(reason):
            return Outcome(DeliveryState.IGNORED, reason)
        case IssueCommented() | IssueLabeled() | IssueAssigned() | IssueOpened() | IssueClosed():
            return _asked(event, context, last_try=last_try)
        case CommentEdited() | IssueEdited() | ReviewTextEdited():
            return _edited(event, context, last_try=last_try)
        case ReviewSubmitted() | ReviewCommented():
            return _reviewed(event, context, last_try=last_try)
        case PullRequestClosed():
            act = partial(closed, event)
            return in_thread(event, context, act, is_awaited=False, last_try=last_try)
        case IssueUnlabeled():
            return withdrawn(event, context)
        case PullRequestPushed():
            return _ignored("nothing follows from a push")
        case CheckSuiteCompleted():
            return _checked(event, context, last_try=last_try)
        case CheckRunAsked():
            return _pressed(event, context, last_try=last_try)
        case BranchPushed():
            return branch_pushed(event, context)
        case RepositoryChanged():
            return repository_changed(event, context)
        case InstallationRemoved():
            return installation_removed(event, context)
        case ButtonPressed() | ChecksEnded():
            return _ignored("it is read out of another event, and never comes by itself")
        case _:
            assert_never(event)


def _ignored(why: str) -> Outcome:
    return Outcome(DeliveryState.IGNORED, why)


def _asked(event: type_of_asking, context: Context, *, last_try: bool) -> Outcome:
    is_bot = event.sender.is_bot
    if is_bot and not could_be_heard(event):
        return _ignored("a bot's doing")
    command = None if isinstance(event, IssueLabeled) else _command(event, context)
    mention = _mention(event, context) if command in {None, Remark()} else None
    if command is None and mention is None and not isinstance(event, IssueLabeled):
        return _ignored("no command")
    if event.repository.archived:
        return Outcome(DeliveryState.REFUSED, "the repository is archived")

    def act(request: Request) -> Outcome:
        if is_bot and (isinstance(command, Remark) or not is_listed(request)):
            return _ignored("a bot's doing")
        wanted = _wanted(event, command, mention, request)
        vouched = None
        if isinstance(event, IssueLabeled) and vouches(event, request, also=bool(wanted)):
            vouched = vouch(event, request)
        if is_bot and wanted:
            check_hops(request)
        if wanted and isinstance(event, IssueLabeled):
            return or_taken_off(event.label, partial(give, wanted, request), request)
        return _give_first(wanted, request) if wanted else vouched or _ignored("no command")

    is_remark = isinstance(command, Remark) and mention is None
    is_awaited = not isinstance(event, IssueClosed) and not is_remark
    return in_thread(event, context, act, is_awaited=is_awaited, last_try=last_try)


def _wanted(
    event: type_of_asking,
    command: type_of_command | None,
    mention: type_of_command | None,
    request: Request,
) -> type_of_command | None:
    """Return what is meant, where the repository has a say in that."""
    if isinstance(event, IssueLabeled):
        return _labelled(event.label, request)
    if isinstance(event, IssueAssigned):
        is_us = event.assignee.id == request.conversation.repository.bot_id
        return command if is_us and _trigger(request).assign else None
    return mention if mention and _trigger(request).mention else command


def give(command: type_of_command, request: Request) -> Outcome:
    """Do what a command says, if the sender may give it."""
    wanted = meant(command, request)
    check_role(wanted, request)
    return carry_out(wanted, request)


def _give_first(command: type_of_command, request: Request) -> Outcome:
    """Do what the first command of a text says, and name the others in it."""
    return with_others_named(give(command, request), request)


def _command(
    event: IssueCommented | IssueOpened | IssueAssigned | IssueClosed, context: Context
) -> type_of_command | None:
    match event:
        case IssueCommented():
            command = parse(event.body, context.command)
            return command or (Remark() if _is_live(event, context) else None)
        case IssueClosed():
            return Stop() if _is_live(event, context) else None
        case IssueOpened():
            return parse(event.issue.body, context.command)
        case IssueAssigned():
            return Fix("") if event.assignee.is_bot else None
        case _:
            assert_never(event)


def _mention(event: type_of_asking, context: Context) -> type_of_command | None:
    """Return the command behind the App's own name, which counts where the repository says so."""
    match event:
        case IssueCommented():
            text = event.body
        case IssueOpened():
            text = event.issue.body
        case _:
            return None
    if not _NAMES_SOMEBODY.search(text):
        return None
    return parse(text, f"@{context.github.slug()}")


def _is_live(event: type_of_thread_event, context: Context) -> bool:
    return context.tasks.live_on_issue(event.repository.id, event.issue.number) is not None


def _labelled(label: str, request: Request) -> type_of_command | None:
    """Return what a label stands for: here, by the operator's or by the repository's own say."""
    context = request.context
    if attempts := attempts_of((label,), context.attempts_label):
        return Fix("", attempts=attempts)
    usual = {context.fix_label: "fix", context.plan_label: "plan", context.ask_label: "ask"}
    verb = usual.get(label) or _trigger(request).labels.get(label)
    match verb:
        case "fix":
            return Fix("")
        case "plan":
            return Plan("")
        case "ask":
            return Ask("")
        case _:
            return None


def _trigger(request: Request) -> Trigger:
    try:
        return request.project().trigger
    except (PermissionsMissing, UserError):
        # Without the permission to read the file, or a branch to have it on, there is none.
        return Trigger()


def _checked(event: CheckSuiteCompleted, context: Context, *, last_try: bool) -> Outcome:
    if not event.has_failed:
        return _ignored("no check failed")
    try:
        ended = where_checked(event, context)
    except NoThread as why:
        return _ignored(str(why))
    return in_thread(ended, context, partial(checked, ended), is_awaited=True, last_try=last_try)


def _pressed(event: CheckRunAsked, context: Context, *, last_try: bool) -> Outcome:
    command = BUTTONS.get(event.button)
    if command is None or event.sender.is_bot:
        return _ignored("no button of ours")
    try:
        pressed = where_pressed(event, context)
    except NoThread as why:
        return _ignored(str(why))
    return in_thread(pressed, context, partial(give, command), is_awaited=True, last_try=last_try)


def _edited(
    event: CommentEdited | IssueEdited | ReviewTextEdited, context: Context, *, last_try: bool
) -> Outcome:
    if event.sender.is_bot:
        if not isinstance(event, IssueEdited) or not loses_words(event):
            return _ignored("a bot's doing")
        again = partial(refreshed, event)
        return in_thread(event, context, again, is_awaited=False, last_try=last_try)
    now = event.issue.body if isinstance(event, IssueEdited) else event.body
    is_of_a_bot = isinstance(event, CommentEdited) and event.author.is_bot
    if not is_of_a_bot and parse(event.before, context.command) == parse(now, context.command):
        return _ignored("no command was changed")

    def act(request: Request) -> Outcome:
        match event:
            case CommentEdited():
                return comment_edited(event, request, give)
            case IssueEdited():
                return text_edited(request, f"issue:{event.issue.id}", event.before, now)
            case ReviewTextEdited(about=about):
                return text_edited(request, about, event.before, now)
            case _:
                assert_never(event)

    boxes = Boxes(context.secret, event.repository.id, event.issue.number)
    is_awaited = not is_of_a_bot or any(
        boxes.newly_ticked(event.before, now, sealed=sealed) for sealed in (True, False)
    )
    return in_thread(event, context, act, is_awaited=is_awaited, last_try=last_try)


def _reviewed(
    event: ReviewSubmitted | ReviewCommented, context: Context, *, last_try: bool
) -> Outcome:
    """Take a review of the bot's own pull request as a round, any other for the command in it."""
    command = parse(event.body, context.command)
    wants_change = isinstance(event, ReviewSubmitted) and event.state == "changes_requested"
    is_bot = event.sender.is_bot
    if is_bot and isinstance(event, ReviewCommented):
        return _ignored("a bot's doing")
    if command is None and not wants_change:
        return _ignored("no command")

    def act(request: Request) -> Outcome:
        if is_bot and not is_listed(request):
            return _ignored("a bot's doing")
        if outcome := reviewed(command, request):
            return with_others_named(outcome, request)
        if is_bot:
            return _ignored("a bot's review of what is not the bot's")
        return _give_first(command, request) if command else _ignored("not the bot's pull request")

    return in_thread(event, context, act, is_awaited=True, last_try=last_try)
