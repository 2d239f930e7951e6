"""Turns times, roles and names of states into the words that the pages show."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

MINUTE_S, HOUR_S, DAY_S, MONTH_S = 60, 3600, 86_400, 30 * 86_400


def iso(at: float) -> str:
    """Write a time for programs."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: float) -> str:
    """Write a time in full, for people."""
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


def ago(at: float) -> str:
    """Say how long ago a time was, or its date if that is long ago."""
    past = time.time() - at
    if past < MINUTE_S:
        return "now"
    if past > MONTH_S:
        return datetime.fromtimestamp(at, UTC).strftime("on %d %b %Y")
    steps = ((DAY_S, "day"), (HOUR_S, "hour"), (MINUTE_S, "minute"))
    size, unit = next(step for step in steps if past >= step[0])
    count = int(past // size)
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def words(name: str) -> str:
    """Write the name of a state or an event without its underscores and hyphens."""
    return name.replace("_", " ").replace("-", " ")


def standing(role: str) -> str:
    """Say what a role is called beside a comment."""
    return {"admin": "Owner", "read": "Reader"}.get(role, "Collaborator")


FILTERS: dict[str, Callable[..., str]] = {
    "ago": ago,
    "iso": iso,
    "moment": moment,
    "standing": standing,
    "words": words,
}
