"""Reads from the settings how far a task may go, in the form that texts show it."""

from dataclasses import replace

from bot.comments import Limits
from bot.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """Return the limits of every task of this installation."""
    return Limits(
        turns=settings.task_max_turns,
        minutes=settings.task_max_minutes,
        tokens=settings.task_max_tokens,
        usd=settings.task_max_usd,
    )


_SHARES = {"ask": 0.2, "plan": 0.5, "review": 0.5}
"""Of what a change may take, for what changes nothing."""
_FEWEST_TURNS = 5


def limits_for(settings: Settings, verb: str) -> Limits:
    """Return the limits of a task of this verb: what only looks may take less."""
    whole, share = limits_of(settings), _SHARES.get(verb, 1.0)
    if share == 1.0:
        return whole
    return replace(
        whole,
        turns=max(min(whole.turns, _FEWEST_TURNS), int(whole.turns * share)),
        minutes=whole.minutes * share,
        tokens=int(whole.tokens * share),
        usd=whole.usd * share if whole.usd else None,
    )
