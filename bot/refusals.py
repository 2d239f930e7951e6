"""Refuses, in words, what somebody may not do here."""

from typing import assert_never

from bot.commands import Config, Fix, Log, type_of_command, verb_of
from bot.comments import (
    other_account_comment,
    refused_comment,
    refused_to_others_comment,
    unchecked_comment,
)
from bot.comments.not_started import wrong_file_comment
from bot.github_errors import PermissionsMissing
from bot.other_bots import is_listed
from bot.permissions import NEEDS, OR_REQUESTER, Allowed, Refused, Role, Why, allowed
from bot.project import PROJECT_FILE, Project
from bot.request import Request, UserError
from records.task import Task

_SHOWS_IT = (Config, Log)
"""What helps to find the mistakes in the project's file."""
_INSIDERS = frozenset({"write", "maintain"})


def check_role(command: type_of_command, request: Request) -> None:
    """Refuse a command that the sender may not give; UserError."""
    if NEEDS.get(type(command), Role.READ) is Role.READ or type(command) in OR_REQUESTER:
        return
    verb, usual = verb_of(command) or verb_of(Fix("")), NEEDS[type(command)]
    check_asked(verb, usual, request, whatever_it_says=isinstance(command, _SHOWS_IT))


def check_asked(
    verb: str, usual: Role, request: Request, *, whatever_it_says: bool = False
) -> None:
    """Refuse a verb to whoever has less than the repository asks for, or else the usual; UserError.

    Nobody may do what a file with mistakes may have asked more for, unless `whatever_it_says`.
    """
    try:
        project = request.project()
    except PermissionsMissing:
        # Without the permission to read the file there is none; starting a task will say so.
        project = Project()
    except UserError:
        check_has(usual, verb, request)
        raise
    said = project.who.roles.get(verb)
    check_has(Role[said.upper()] if said else usual, verb, request)
    if project.problems and not whatever_it_says:
        branch = request.event.repository.default_branch
        words = wrong_file_comment(request.context.command, project.problems, branch)
        raise UserError(words, why=f"{PROJECT_FILE} has mistakes", reaction="-1")


def check_has(needs: Role, verb: str, request: Request) -> None:
    """Refuse a verb to whoever has less than the role that it needs; UserError."""
    context, login = request.context, request.event.sender.login
    if request.event.sender.is_bot and needs <= Role.WRITE and is_listed(request):
        return  # GitHub knows no roles of other Apps; the list is the repository's own word
    match allowed(request.conversation.repository, request.event.sender, needs):
        case Allowed():
            return
        case Refused(Why.TOO_LITTLE, role):
            words = refused_comment(context.command, verb, needs.word, login, role)
            # Those who may do much are told of each verb; all others once, or they could make the
            # bot write without end.
            about = verb if role in _INSIDERS else ""
            raise _refusal(words, f"{login} has {role} access", request, about)
        case Refused(why, _):
            raise _unclear(why, verb, request)
        case never:
            assert_never(never)


def check_writer_or_requester(task: Task, verb: str, request: Request) -> None:
    """Refuse a verb to whoever neither asked for the task nor has write access; UserError."""
    sender, context = request.event.sender, request.context
    if sender.id == task.requester_id:
        return
    match allowed(request.conversation.repository, sender):
        case Allowed():
            return
        case Refused(Why.TOO_LITTLE, role):
            words = refused_to_others_comment(context.command, verb, task, sender.login, role)
            raise _refusal(words, f"{sender.login} has {role} access", request)
        case Refused(why, _):
            raise _unclear(why, verb, request)
        case never:
            assert_never(never)


def _refusal(words: str, why: str, request: Request, about: str = "") -> UserError:
    once = f"refused:{request.event.sender.id}:{request.today()}{about and f':{about}'}"
    return UserError(words, why=why, once=once, reaction="-1")


def _unclear(why: Why, verb: str, request: Request) -> UserError:
    login, command = request.event.sender.login, request.context.command
    if why is Why.OTHER_ACCOUNT:
        words = other_account_comment(login)
        return UserError(words, why="the login is another account's now", reaction="-1")
    words = unchecked_comment(command, verb, login)
    return UserError(words, why="the permission could not be looked up")
