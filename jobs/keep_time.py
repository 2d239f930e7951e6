"""The clock process: `python -m jobs.keep_time` picks up what was left lying."""

import time
from collections.abc import Callable
from functools import partial

from bot.github_app import GitHubApp
from jobs.agent_worker import services_of
from jobs.clock import Clock
from jobs.keeper.client import Keeper
from jobs.mirrors import mirrors_of
from jobs.missed_deliveries import MissedDeliveries
from jobs.old_refusals import OldRefusals
from jobs.orphans import Orphans
from jobs.queues import Bell
from jobs.start import start
from jobs.strays import Strays
from jobs.waiting.deadlines import end_waits
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks

_MIRRORS_EVERY_S = 30.0
_MISSED_EVERY_S = 30.0
_ORPHANS_EVERY_S = 5.0
_REFUSALS_EVERY_S = 10.0


def main() -> None:
    """Keep time until asked to end."""
    begun = start()
    settings = begun.settings
    tasks, deliveries = Tasks(begun.database), Deliveries(begun.database)
    bell, services = Bell(settings.redis_url, patience_s=2.0), services_of(begun)
    app = GitHubApp(settings.github_app_id, settings.private_key(), settings.github_api_url)
    Clock(
        deliveries=deliveries,
        tasks=tasks,
        leases=NamedLeases(begun.database),
        bell=bell,
        sweeps=[
            partial(end_waits, tasks.waits, bell.ring_task),
            seldom(_MISSED_EVERY_S, MissedDeliveries(app, deliveries, bell).sweep),
            seldom(_ORPHANS_EVERY_S, Orphans(services).sweep),
            seldom(_REFUSALS_EVERY_S, OldRefusals(tasks.refusals, services.github).sweep),
        ],
        local_sweeps=[
            Strays(Keeper(settings.keeper_path(), patience_s=0), tasks).remove,
            seldom(_MIRRORS_EVERY_S, mirrors_of(settings).sweep),
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
