"""Asks GitHub again for what was written a moment ago: its reads may lag behind its writes."""

import time
from collections.abc import Callable
from typing import TypeVar

_PAUSES_S = (1.0, 3.0, 6.0)

Result = TypeVar("Result")


def once_seen(
    ask: Callable[[], Result],
    *unseen: type[Exception],
    pauses_s: tuple[float, ...] = _PAUSES_S,
) -> Result:
    """Return what `ask` gives; None, or an error that may mean `unseen`, counts at the end only."""
    for pause_s in pauses_s:
        try:
            if (found := ask()) is not None:
                return found
        except unseen:
            pass
        time.sleep(pause_s)
    return ask()
