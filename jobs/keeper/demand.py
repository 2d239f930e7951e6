"""Says what is worth having ready: the operator's image, and what tasks wanted lately."""

import threading
import time
from dataclasses import dataclass

from jobs.keeper.waiting import Kind

_MOST_IMAGES = 4
_MOST_SNAPSHOTS = 2


@dataclass(frozen=True)
class PoolSize:
    """How many sandboxes wait, and for how long."""

    of_image: int = 2
    of_snapshot: int = 1
    """Of each of the two environments that were used last."""
    idle_s: float = 1800.0
    """How long one waits, and how long what was asked for once counts as wanted."""


class Demand:
    """What was asked for, in the order of its last use; `always` has no need of being asked for."""

    def __init__(self, size: PoolSize, always: tuple[str, ...]) -> None:
        self._size = size
        self._always = tuple(Kind(image) for image in always)
        self._lock = threading.Lock()
        self._used: dict[Kind, float] = {}

    def note(self, kind: Kind) -> None:
        """Remember that a task wanted one of this kind: the next may too."""
        with self._lock:
            self._used.pop(kind, None)
            self._used[kind] = time.monotonic()

    def forget(self, kind: Kind) -> None:
        """Want none of this kind until a task has got one again."""
        with self._lock:
            self._used.pop(kind, None)

    def wanted(self) -> dict[Kind, int]:
        """Return how many shall wait of each kind; what was used last comes first."""
        with self._lock:
            since = time.monotonic() - self._size.idle_s
            self._used = {kind: used for kind, used in self._used.items() if used > since}
            lately = tuple(reversed(self._used))
        images = [kind for kind in (*lately, *self._always) if kind.snapshot is None]
        snapshots = [kind for kind in lately if kind.snapshot is not None]
        return {
            **dict.fromkeys(_first(images, _MOST_IMAGES), self._size.of_image),
            **dict.fromkeys(snapshots[:_MOST_SNAPSHOTS], self._size.of_snapshot),
        }


def _first(kinds: list[Kind], count: int) -> list[Kind]:
    return list(dict.fromkeys(kinds))[:count]
