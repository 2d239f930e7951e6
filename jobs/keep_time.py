"""The clock process: `python -m jobs.keep_time` picks up what was left lying."""

import time
from collections.abc import Callable

from jobs.clock import Clock
from jobs.keeper.client import Keeper
from jobs.mirrors import mirrors_of
from jobs.queues import Bell
from jobs.start import start
from jobs.strays import Strays
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks

_MIRRORS_EVERY_S = 30.0


def main() -> None:
    """Keep time until asked to end."""
    begun = start()
    tasks = Tasks(begun.database)
    Clock(
        deliveries=Deliveries(begun.database),
        tasks=tasks,
        leases=NamedLeases(begun.database),
        bell=Bell(begun.settings.redis_url, patience_s=2.0),
        local_sweeps=[
            Strays(Keeper(begun.settings.keeper_path(), patience_s=0), tasks).remove,
            seldom(_MIRRORS_EVERY_S, mirrors_of(begun.settings).sweep),
        ],
    ).run()


def seldom(every_s: float, sweep: Callable[[], object]) -> Callable[[], None]:
    """Let a sweep that looks at many files be done in some rounds only, the first included."""
    due_at = 0.0

    def sweep_if_due() -> None:
        nonlocal due_at
        if time.monotonic() >= due_at:
            due_at = time.monotonic() + every_s
            sweep()

    return sweep_if_due


if __name__ == "__main__":
    main()
