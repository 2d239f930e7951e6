"""The clock process: `python -m jobs.keep_time` picks up what was left lying."""

from functools import partial

from jobs.clock import Clock
from jobs.keeper.client import Keeper
from jobs.queues import Bell
from jobs.sandbox import READY, Sandboxes
from jobs.start import start
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks


def main() -> None:
    """Keep time until asked to end."""
    begun = start()
    tasks = Tasks(begun.database)
    Clock(
        deliveries=Deliveries(begun.database),
        tasks=tasks,
        leases=NamedLeases(begun.database),
        bell=Bell(begun.settings.redis_url, patience_s=2.0),
        sweeps=[partial(remove_strays, Keeper(begun.settings.keeper_path(), patience_s=0), tasks)],
    ).run()


def remove_strays(sandboxes: Sandboxes, tasks: Tasks) -> None:
    """Remove the sandboxes that outlived themselves, or that no job has."""
    for one in sandboxes.running():
        # A worker is trying a sandbox at its start.
        tried = one.task_id == READY
        if one.overdue or not (tried or tasks.is_leased(one.task_id, one.epoch)):
            sandboxes.remove(one.container)


if __name__ == "__main__":
    main()
