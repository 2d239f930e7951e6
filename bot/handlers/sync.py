"""Starts a task that merges the base into the branch of the bot's own pull request."""

from bot.commands import Sync
from bot.own_pull_requests import own_and_open, task_on
from bot.request import Outcome, Request
from bot.starting import check_thread, start


def sync(_command: Sync, request: Request) -> Outcome:
    """Merge the base in, or say whose pull requests that is for."""
    origin = own_and_open(request, "sync")
    check_thread(request, "sync")
    return start(task_on(origin, "sync", request), request)
