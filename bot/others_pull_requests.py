"""Says how a pull request of this repository is worked on: by a commit on it, or by one of its own.

Of its own means: a new pull request, onto the branch of the one that the command was given on.
"""

from dataclasses import dataclass, field
from typing import Any

from bot.before_start import pull_request_here
from bot.commands import Fix
from bot.own_pull_requests import opened_by
from bot.request import Request
from records.task import Task

ONTO = "onto"
"""The key in a task's brief that names the pull request whose branch it works from."""
PUSH_TO = "push_to"
"""The key in a brief that names the branch that its commit is for, where it is there already."""
_OF_ITS_OWN = ("base", "no_pr", "draft", "ready")
"""Options that only make sense for a pull request of its own."""


@dataclass(frozen=True)
class Onto:
    """What a task on a pull request has beside what any task has."""

    brief: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)


def onto(command: Fix, brief: dict[str, Any], request: Request) -> Onto:
    """Return how this thread's pull request is worked on; UserError where it comes from a fork."""
    origin, number = opened_by(request), request.event.issue.number
    pull = pull_request_here(request, "fix")
    here = {ONTO: number, "base": pull.head, **brief}
    is_default = pull.head == request.event.repository.default_branch
    apart = command.new or any(brief.get(name) for name in _OF_ITS_OWN)
    if apart or is_default or not may_push(origin, request):
        return Onto(here)
    # What it is based on is the head itself, which is read when the work begins.
    del here["base"]
    fields: dict[str, Any] = {"branch": pull.head, "pull_request_number": number}
    if origin is not None:
        fields["issue"] = origin.issue
        here["issue"] = origin.issue_number
    return Onto({**here, PUSH_TO: pull.head}, fields)


def may_push(origin: Task | None, request: Request) -> bool:
    """Say whether a commit may go to this pull request's branch; `origin` opened it, if a task did.

    A project says so for everybody's, in `pr.others`; the bot's own need no leave.
    """
    return origin is not None or request.project().pr.others == "push"
