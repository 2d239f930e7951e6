"""Starts a task that answers a question about the code, for `/agent ask` and its label."""

from bot.commands import Ask
from bot.comments import locked_comment
from bot.manner import manner_of
from bot.request import Outcome, Request, UserError
from bot.same_wish import start_wish
from bot.starting import model_of, new_task

PULL_REQUEST = "pull_request"
"""The key in a task's brief that says that its thread is one; the code in question is its head."""


def ask(command: Ask, request: Request) -> Outcome:
    """Start to look for the answer, or say why not; a closed thread may be asked about too."""
    issue = request.event.issue
    if issue.locked:
        words = locked_comment(request.context.command, "ask")
        raise UserError(words, why="the conversation is locked")
    model = model_of(command.model, request)
    about = {PULL_REQUEST: True} if issue.is_pull_request else {}
    brief = {**manner_of(command), **about}
    new = new_task("ask", command.question, request, model=model, brief=brief)
    return start_wish(new, request)
