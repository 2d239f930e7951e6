"""The clock: finds what the records know of and nobody works on, and rings for it again."""

import threading
import uuid
from collections.abc import Callable, Sequence

import structlog

from jobs.queues import Bell, BellSilent
from jobs.stopping import heed_signals
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks

_LEASE = "clock"
_DELIVERY_PATIENCE_S = 5.0

log = structlog.get_logger()


class Clock:
    """One of any number of clocks; one works at a time, by a lease in the database.

    `local_sweeps` are every clock's own: each looks after the machine that it runs on.
    """

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        tasks: Tasks,
        leases: NamedLeases,
        bell: Bell,
        sweeps: Sequence[Callable[[], object]] = (),
        local_sweeps: Sequence[Callable[[], object]] = (),
        every_s: float = 2.0,
        lease_s: float = 10.0,
    ) -> None:
        self._deliveries = deliveries
        self._tasks = tasks
        self._leases = leases
        self._bell = bell
        self._sweeps = (self._ring_again, *sweeps)
        self._local_sweeps = local_sweeps
        self._every_s = every_s
        self._lease_s = lease_s
        self._owner = uuid.uuid4().hex
        self._redis_answers = True

    def run(self, stopping: threading.Event | None = None) -> None:
        """Sweep again and again, until the process is asked to end (or `stopping` is set)."""
        if stopping is None:
            stopping = threading.Event()
            heed_signals(stopping)
        log.info("clock.started")
        while not stopping.is_set():
            self._survive(self.sweep)
            stopping.wait(self._every_s)
        self._survive(lambda: self._leases.give_back(_LEASE, self._owner))
        log.info("clock.stopped")

    def sweep(self) -> bool:
        """Do one round; False if another clock has the lease, and with it all but this machine."""
        for sweep in self._local_sweeps:
            self._survive(sweep)
        if not self._leases.take(_LEASE, self._owner, self._lease_s):
            return False
        for sweep in self._sweeps:
            self._survive(sweep)
        return True

    def _ring_again(self) -> None:
        deliveries = self._deliveries.unhandled(_DELIVERY_PATIENCE_S)
        tasks = self._tasks.unattended()
        if not deliveries and not tasks:
            return
        try:
            carried = self._bell.carried()
            for delivery_id in deliveries:
                if delivery_id not in carried:
                    self._bell.ring_delivery(delivery_id)
                    log.info("clock.rang", delivery=delivery_id)
            for task_id in tasks:
                if task_id not in carried:
                    self._bell.ring_task(task_id)
                    log.info("clock.rang", task=task_id)
        except BellSilent as silent:
            if self._redis_answers:
                log.warning("clock.redis_away", error=str(silent))
            self._redis_answers = False
        else:
            self._redis_answers = True

    def _survive(self, sweep: Callable[[], object]) -> None:
        """Run one sweep; nothing that fails in it may keep the others from being done."""
        try:
            sweep()
        except Exception:
            log.exception("clock.sweep_failed", sweep=getattr(sweep, "__name__", str(sweep)))
