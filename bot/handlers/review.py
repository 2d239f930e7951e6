"""Starts a task that reviews a pull request, for `/agent review`."""

from bot.commands import Review
from bot.comments.reviews import review_of_issue_comment
from bot.manner import manner_of
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread, model_of, new_task, start


def review(command: Review, request: Request) -> Outcome:
    """Start a review, or say why not."""
    check_thread(request, "review")
    if not request.event.issue.is_pull_request:
        words = review_of_issue_comment(request.context.command)
        raise UserError(words, why="it is no pull request")
    model = model_of(command.model, request)
    brief = manner_of(command)
    new = new_task("review", command.instruction, request, model=model, brief=brief)
    return start(new, request)
