"""Says how something is to be done: the options of a command that its task keeps, and may not."""

from typing import Any

from bot.commands import type_of_work
from bot.comments.manner import (
    always_draft_comment,
    contrary_options_comment,
    lowered_comment,
)
from bot.limits import Wanted, narrowed
from bot.permissions import Allowed, Role, allowed
from bot.project import Project
from bot.request import Request, UserError
from records.task import Task

KEPT = ("base", "paths", "budget", "time", "test", "draft", "ready", "no_pr", "effort", "quiet")
"""Under these keys a task's brief has them, as they were written; a flag is `yes`."""
_CONTRARY = (("draft", "ready"), ("draft", "no_pr"), ("ready", "no_pr"))


def manner_of(command: type_of_work) -> dict[str, str]:
    """Return the options of a command that say how its task is to be done."""
    return {name: value for name in KEPT if (value := getattr(command, name, ""))}


def check_manner(brief: dict[str, Any], project: Project, request: Request) -> None:
    """Refuse options that contradict each other, or what the repository says; UserError."""
    command = request.context.command
    for one, other in _CONTRARY:
        if brief.get(one) and brief.get(other):
            raise UserError(contrary_options_comment(one, other), why=f"{one} and {other}")
    if brief.get("ready") and project.pr.draft and "pr.draft" in project.said:
        words = always_draft_comment(command)
        raise UserError(words, why="the project wants drafts", reaction="-1")


def limits_for(brief: dict[str, Any], project: Project, request: Request) -> dict[str, Any]:
    """Return what of the operator's limits the task has, as its brief keeps it.

    Anybody's option can take less than the repository allows. More, up to what the operator allows,
    is for those who may change what the repository allows: the `maintain` role.
    """
    most = request.context.limits
    limits = narrowed(most, project.limits)
    wanted = Wanted.of(brief).named()
    beyond = [name for name, value in wanted.items() if value > (limits[name] or value)]
    if beyond and isinstance(_maintains(request), Allowed):
        limits |= {name: vars(most)[name] for name in beyond}
    return limits


def say_what_was_lowered(task: Task, request: Request) -> None:
    """Name what of the options was more than the task may have, once, with what it has."""
    limits = task.brief.get("limits") or {}
    wanted = Wanted.of(task.brief).named()
    lowered = {
        name: has for name, value in wanted.items() if (has := limits.get(name)) and value > has
    }
    if lowered:
        request.say("lowered", lowered_comment(lowered, vars(request.context.limits)))


def _maintains(request: Request) -> object:
    return allowed(request.conversation.repository, request.event.sender, Role.MAINTAIN)
