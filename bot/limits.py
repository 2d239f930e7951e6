"""Reads from the settings how far a task may go, in the form that texts show it."""

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
