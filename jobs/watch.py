"""Watches over one job while it works: keeps its lease, and hears when it has to end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Self

import structlog

from records.heard import Remark
from records.task import Lease, LeaseLost
from records.tasks import Tasks

LEASE_S = 20.0
_RENEW_S = 5.0
_LISTEN_S = 0.5

_log = structlog.get_logger()


class Halt(StrEnum):
    """Why a job has to end before its work is done."""

    STOPPED = "stopped"
    LEASE_LOST = "lease lost"
    SHUTTING_DOWN = "shutting down"


class Watch:
    """A thread beside the job; `halted` is set as soon as the job has to end.

    `leaving` is set when it may not even say its last words: they are another job's to say.
    """

    def __init__(self, tasks: Tasks, lease: Lease, *, shutting_down: threading.Event) -> None:
        self.halted = threading.Event()
        self.leaving = threading.Event()
        self.why: Halt | None = None
        self.heard: tuple[Remark, ...] = ()
        """What was written on the issue in the meantime, oldest first."""
        self._tasks = tasks
        self._lease = lease
        self._shutting_down = shutting_down
        self._over = threading.Event()
        self._on_halt: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name=f"watch of {lease.task_id}")

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching; the lease is left as it is."""
        self._over.set()
        self._thread.join()

    @contextmanager
    def at_halt(self, act: Callable[[], None]) -> Iterator[None]:
        """Within the block: call `act` when the job has to end, at once if it has to now."""
        with self._lock:
            halted = self.halted.is_set()
            if not halted:
                self._on_halt.append(act)
        if halted:
            act()
        try:
            yield
        finally:
            with self._lock:
                self._on_halt = [other for other in self._on_halt if other is not act]

    def _watch(self) -> None:
        renewed_at = time.monotonic()
        while not self._over.wait(_LISTEN_S):
            since = time.monotonic() - renewed_at
            try:
                if since >= _RENEW_S:
                    self._tasks.renew(self._lease, LEASE_S)
                    renewed_at = time.monotonic()
                self.heard = self._tasks.heard.of(self._lease.task_id)
                why = self._reason_to_halt()
            except LeaseLost:
                why = Halt.LEASE_LOST
            except Exception:  # noqa: BLE001 - a database that is away for a moment must not end the watch
                _log.warning("watch.records_unavailable", task=self._lease.task_id, exc_info=True)
                why = Halt.LEASE_LOST if since > LEASE_S else None
            if why and not self.halted.is_set():
                self._halt(why)
            if why is Halt.LEASE_LOST or self._shutting_down.is_set():
                self.leaving.set()
            if why is Halt.LEASE_LOST:
                return

    def _reason_to_halt(self) -> Halt | None:
        if self._tasks.get(self._lease.task_id).stop_requested_by:
            return Halt.STOPPED
        if self._shutting_down.is_set():
            return Halt.SHUTTING_DOWN
        return None

    def _halt(self, why: Halt) -> None:
        with self._lock:
            self.why = why
            self.halted.set()
            acts, self._on_halt = self._on_halt, []
        _log.info("task.halted", task=self._lease.task_id, why=why.value)
        for act in acts:
            try:
                act()
            except Exception:  # noqa: BLE001 - the next one has to be called all the same
                _log.warning("watch.act_failed", task=self._lease.task_id, exc_info=True)
