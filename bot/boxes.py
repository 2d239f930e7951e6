"""Reads which boxes of the bot's own comment a person has ticked, and the command behind each.

A box is a line `- [ ] words <!-- do:command -->`; the command is what would stand after `/agent`.
"""

import re

_BOX = re.compile(
    r"^[ \t]*[-*] \[(?P<tick>[ xX])\] .*?<!-- do:(?P<command>[^<>\n]{1,200}?) -->", re.MULTILINE
)


def newly_ticked(before: str, after: str) -> tuple[str, ...]:
    """Return the commands whose boxes stood there without a tick, and have one now, in order.

    A box that was written in by the edit itself was never offered, so it counts for nothing.
    """
    ticked = (command for command, ticked in _boxes(after) if ticked)
    return tuple(command for command in dict.fromkeys(ticked) if command in offered(before))


def offered(body: str) -> frozenset[str]:
    """Return the commands whose boxes have no tick."""
    return frozenset(command for command, ticked in _boxes(body) if not ticked)


def _boxes(body: str) -> list[tuple[str, bool]]:
    return [(found["command"].strip(), found["tick"] != " ") for found in _BOX.finditer(body)]
