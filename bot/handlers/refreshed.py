"""Gives back what a person wrote into a pull request's text just when the bot renewed its evidence.

GitHub has no way to replace a text only if it is still the one that was read. But it tells of each
edit with the text before it: where that differs from what the bot wrote in more than the bot's own
part, somebody's edit came in between, and is put back with the new evidence in it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from bot.events import IssueEdited
from bot.request import Outcome, Request
from bot.text_changes import made_again
from records.deliveries import DeliveryState

PERMISSIONS = {"pull_requests": "write", "metadata": "read"}


def text_key(body: str) -> str:
    """Name, in the ledger, a pull request's text that the bot wrote; however its lines end."""
    lines = "\n".join(line.rstrip() for line in body.splitlines()).strip()
    return f"text:{hashlib.sha256(lines.encode()).hexdigest()[:32]}"


def loses_words(event: IssueEdited) -> bool:
    """Say whether an edit took more away than the bot's own part, if the bot has made it."""
    return event.issue.is_pull_request and _whole(event, {}) != event.issue.body


def refreshed(event: IssueEdited, request: Request) -> Outcome:
    """Put back what the bot's new text took away, unless somebody has edited it since."""
    context, conversation = request.context, request.conversation
    is_ours = event.sender.id == conversation.repository.bot_id
    scope, number = conversation.scope, event.issue.number
    # Only what is on record: the text that is put back here is an edit of the bot's as well.
    change = context.effects.known(scope, text_key(event.issue.body))
    if not is_ours or change is None:
        return Outcome(DeliveryState.IGNORED, "a bot's doing")
    whole = _whole(event, change)
    if text_key(whole) == text_key(event.issue.body):
        return Outcome(DeliveryState.IGNORED, "nothing was taken away")
    pulls = context.github.kept_repository(event.installation_id, event.repository.id, PERMISSIONS)
    if pulls.reviews(number).opened().body != event.issue.body:
        return Outcome(DeliveryState.IGNORED, "somebody has edited the text since")
    pulls.update_pull_request_body(number, whole)
    return Outcome(DeliveryState.HANDLED, "put back what somebody had written meanwhile")


def _whole(event: IssueEdited, change: Mapping[str, Any]) -> str:
    return made_again(event.before, change, event.issue.body)
