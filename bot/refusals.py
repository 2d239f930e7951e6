"""Refuses, in words, what somebody may not do here."""

from typing import assert_never

from bot.commands import Fix, type_of_command, verb_of
from bot.comments import (
    other_account_comment,
    refused_comment,
    refused_to_others_comment,
    unchecked_comment,
)
from bot.github_errors import PermissionsMissing
from bot.other_bots import is_listed
from bot.permissions import NEEDS, OR_REQUESTER, Allowed, Refused, Role, Why, allowed
from bot.request import Request, UserError
from records.task import Task


def check_role(command: type_of_command, request: Request) -> None:
    """Refuse a command that the sender may not give; UserError."""
    if NEEDS.get(type(command), Role.READ) is Role.READ or type(command) in OR_REQUESTER:
        return
    verb = verb_of(command) or verb_of(Fix(""))
    check_has(_needed(verb, NEEDS[type(command)], request), verb, request)


def _needed(verb: str, usual: Role, request: Request) -> Role:
    """Return what the repository itself asks for, or else what is usual."""
    try:
        said = request.project().who.roles.get("batch" if verb == "each" else verb)
    except PermissionsMissing:
        # Without the permission to read the file there is none; starting a task will say so.
        return usual
    return Role[said.upper()] if said else usual


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
            raise _refusal(words, f"{login} has {role} access", request)
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


def _refusal(words: str, why: str, request: Request) -> UserError:
    once = f"refused:{request.event.sender.id}:{request.today()}"
    return UserError(words, why=why, once=once, reaction="-1")


def _unclear(why: Why, verb: str, request: Request) -> UserError:
    login, command = request.event.sender.login, request.context.command
    if why is Why.OTHER_ACCOUNT:
        words = other_account_comment(login)
        return UserError(words, why="the login is another account's now", reaction="-1")
    words = unchecked_comment(command, verb, login)
    return UserError(words, why="the permission could not be looked up")
