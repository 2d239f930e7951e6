"""Ends a process that cannot start, in words, before there is a log."""

import sys
from typing import NoReturn

MISCONFIGURED = 2
"""The exit status of a process that cannot start with these settings, however often it is tried."""


def refuse(words: str, *, for_good: bool = True) -> NoReturn:
    """End the process: it cannot work as things are, for good or until something else is up."""
    print(words, file=sys.stderr)
    sys.exit(MISCONFIGURED if for_good else 1)
