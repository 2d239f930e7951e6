"""Keeps a pull request's text and check run true after a commit that no task of the bot's made."""

from collections.abc import Mapping
from typing import Any

import structlog

from bot.comments.checks import NAME, not_measured_report
from bot.github_errors import AWAY, Forbidden, GitHubError, Invalid, NotFound
from bot.handlers.refreshed import text_key
from bot.request import Request
from bot.text_changes import changed
from records.task import Task

_TEXT = {"pull_requests": "write", "metadata": "read"}
_CHECKS = {"checks": "write", "metadata": "read"}

_log = structlog.get_logger()


def renew_text(change: Mapping[str, Any], request: Request) -> None:
    """Make a change of `bot.text_changes` to the text of the thread's pull request.

    The commit is made, and said: what GitHub refuses here is only logged. Raises what says that
    GitHub is away, since the same may do later.
    """
    event, number = request.event, request.event.issue.number
    try:
        repository = request.context.github.kept_repository(
            event.installation_id, event.repository.id, _TEXT
        )
        body = repository.reviews(number).opened().body
        wanted = changed(body, change)
        if wanted == body:
            return
        # On record before it is written, as a round's: GitHub tells of it at once.
        scope, key = request.conversation.scope, text_key(wanted)
        request.context.effects.once(scope, key, do=lambda: dict(change), look=lambda: None)
        repository.update_pull_request_body(number, wanted)
    except AWAY:
        raise
    except GitHubError as refused:
        _log.warning("pull_request.text_not_renewed", number=number, error=str(refused))


def show_not_measured(origin: Task, sha: str, why: str, request: Request) -> None:
    """Put a check run on a commit that says that nothing was measured on it, and why.

    An App without the permission goes without: the comment says the same.
    """
    event, context = request.event, request.context
    report = not_measured_report(why)
    try:
        checks = context.github.kept_repository(
            event.installation_id, event.repository.id, _CHECKS
        ).checks

        def create() -> dict[str, Any]:
            url = context.task_url(origin.id)
            run = checks.create(sha, NAME, report, external_id=origin.id, details_url=url)
            return {"id": run}

        def find() -> dict[str, Any] | None:
            found = checks.own(sha, NAME, origin.id)
            return {"id": found} if found else None

        scope = request.conversation.scope
        context.effects.once(scope, f"check run:{sha}", do=create, look=find)
    except (Forbidden, Invalid, NotFound) as refused:
        _log.info("check_run.not_allowed", task=origin.id, why=str(refused))
