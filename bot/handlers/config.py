"""Answers `/agent config`: every key with its effective value and its source; no model is asked."""

from bot.comments.config import config_comment
from bot.effective import what_holds
from bot.request import Outcome, Request
from records.deliveries import DeliveryState


def config(request: Request) -> Outcome:
    """Say what holds in this repository."""
    project = request.project()
    rows = [(one.key, one.value, one.source) for one in what_holds(project, request.context)]
    words = config_comment(
        rows,
        branch=request.event.repository.default_branch,
        sha=project.sha,
        problems=tuple(dict.fromkeys((*project.problems, *project.remarks))),
        has_file=bool(project.said or project.problems),
    )
    request.answer("config", words)
    return Outcome(DeliveryState.HANDLED, f"said what holds with {len(project.said)} own keys")
