"""The clock process: `python -m jobs.keep_time` picks up what was left lying."""

from functools import partial

from jobs.clock import Clock
from jobs.engine import sandboxes_of
from jobs.queues import Bell
from jobs.sandbox import READY
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
        sweeps=[partial(sandboxes_of(begun.settings).remove_strays, partial(_in_use, tasks))],
    ).run()


def _in_use(tasks: Tasks, task_id: str, epoch: int) -> bool:
    """Say whether a sandbox is to be kept: a job has it, or a worker is trying one at its start."""
    return task_id == READY or tasks.is_leased(task_id, epoch)


if __name__ == "__main__":
    main()
