"""Names the changes that the bot makes to a pull request's text, so that they can be made again.

The names stand in the ledger: where somebody's edit came in between, the same change is made to
what that person wrote, see `bot/handlers/refreshed.py`.
"""

from collections.abc import Mapping
from typing import Any

from bot.comments import fitted
from bot.comments.held import without_held_note
from bot.comments.rounds import with_evidence_of, with_old_evidence

RELEASED: dict[str, Any] = {"change": "released"}
"""The checks of what was held may run."""


def undone(before: str, sha: str, issue: int) -> dict[str, Any]:
    """Name what follows from a commit that took changes back, the last one before it `before`."""
    return {"change": "undone", "before": before, "sha": sha, "issue": issue}


def changed(body: str, change: Mapping[str, Any]) -> str:
    """Return a pull request's text with a change made that was named by one of the above."""
    match change:
        case {"change": "undone", "before": before, "sha": sha, "issue": issue}:
            return fitted(with_old_evidence(body, before, sha, issue))
        case {"change": "released"}:
            return fitted(without_held_note(body))
        case _:
            raise ValueError(f"no change of a text: {dict(change)}")


def made_again(body: str, change: Mapping[str, Any], newer: str) -> str:
    """Return a text with a recorded change, which made `newer` of another; `{}` is a round's."""
    return changed(body, change) if change else with_evidence_of(newer, body)
