"""Finds out by which word a repository calls the bot, before a text is looked through for it."""

from dataclasses import replace
from typing import assert_never

import structlog

from bot.check_events import CheckRunAsked, CheckSuiteCompleted
from bot.command_lines import lines_of
from bot.events import (
    CommentEdited,
    IssueAssigned,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    ReviewCommented,
    ReviewSubmitted,
    ReviewTextEdited,
    type_of_event,
)
from bot.github_errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorized,
)
from bot.request import READ_CONTENTS, Context
from records.task import Task

WORD = "command"
"""The key of a task's brief under which the word of its repository stands."""
type_of_texts = (
    IssueCommented
    | IssueOpened
    | IssueEdited
    | CommentEdited
    | ReviewCommented
    | ReviewSubmitted
    | ReviewTextEdited
)
type_of_placed = type_of_texts | IssueLabeled | IssueAssigned | CheckRunAsked | CheckSuiteCompleted
"""What may be answered in a repository, in words that name the command."""

_log = structlog.get_logger()


def as_called_here(event: type_of_event, context: Context) -> Context:
    """Return the context with the word that the event's repository has chosen, if it has.

    Where the file cannot be had at all, the word counts that was read last. Raises RateLimited and
    Ambiguous: GitHub will say it later.
    """
    if not isinstance(event, type_of_placed) or not _could_be_meant(event, context):
        return context
    try:
        word = _read(event, context)
    except (Conflict, Forbidden, Invalid, NotFound) as trouble:
        _log.info("own_word.not_read", repository=event.repository.id, error=str(trouble))
        return as_last_called(event, context)
    return replace(context, command=word or context.command)


def as_last_called(event: type_of_event, context: Context) -> Context:
    """Return the context with the word that was read last, without asking GitHub."""
    if not isinstance(event, type_of_placed):
        return context
    word = context.projects.last(event.repository.id).trigger.command
    return replace(context, command=word or context.command)


def word_for(task: Task, usual: str) -> str:
    """Return the word by which a task's repository called the bot then."""
    return str(task.brief.get(WORD) or usual)


def _read(event: type_of_placed, context: Context) -> str:
    try:
        return _asked(event, context)
    except Unauthorized:
        # The kept token was revoked or ran out early.
        context.github.forget(event.installation_id, event.repository.id)
        return _asked(event, context)


def _asked(event: type_of_placed, context: Context) -> str:
    repository = context.github.kept_repository(
        event.installation_id, event.repository.id, READ_CONTENTS
    )
    branch = event.repository.default_branch or repository.default_branch()
    return context.projects.of(event.repository.id, repository, branch).trigger.command


def _could_be_meant(event: type_of_placed, context: Context) -> bool:
    """Say whether the bot may have something to say to this at all."""
    match event:
        case CheckSuiteCompleted():
            return event.has_failed
        case IssueLabeled() | IssueAssigned() | CheckRunAsked():
            return not event.sender.is_bot
        case CommentEdited() if event.author.is_bot:
            return not event.sender.is_bot
        case ReviewSubmitted(state="changes_requested"):
            return True
        case _:
            return _begins_a_line(context, *_texts(event))


def _texts(event: type_of_texts) -> tuple[str, ...]:
    match event:
        case IssueOpened():
            return (event.issue.body,)
        case IssueEdited():
            return (event.before, event.issue.body)
        case CommentEdited() | ReviewTextEdited():
            return (event.before, event.body)
        case IssueCommented() | ReviewCommented() | ReviewSubmitted():
            return (event.body,)
        case _:
            assert_never(event)


def _begins_a_line(context: Context, *texts: str) -> bool:
    """Say whether a line begins as the command does, as another word like it, or as a name."""
    begins = ("/", "@", context.command.lower())
    lines = (line for text in texts for line in lines_of(text))
    return any(line.lstrip(" \t").lower().startswith(begins) for line in lines)
