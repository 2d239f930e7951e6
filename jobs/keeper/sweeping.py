"""Clears up behind everybody, every few seconds: what the engine, the desk and the pool left."""

import threading
import time

import structlog

from jobs.keeper.desk import Desk
from jobs.keeper.pool import POOL, Pool
from jobs.sandbox.engine import Engine
from jobs.sandbox.errors import SandboxError

_EVERY_S = 5.0
_STARTS_WITHIN_S = 60.0

log = structlog.get_logger()


class Sweeper:
    """Sweeps one engine."""

    def __init__(self, engine: Engine, desk: Desk, pool: Pool) -> None:
        self._engine = engine
        self._desk = desk
        self._pool = pool
        self._astray: dict[str, float] = {}
        self._swept: set[str] = set()
        self._engine_answers = True

    def run(self, stopping: threading.Event) -> None:
        """Sweep until asked to end; an engine that is away is told of once."""
        while not stopping.is_set():
            try:
                self.sweep()
            except SandboxError as error:
                if self._engine_answers:
                    log.warning("sweep.engine_away", why=str(error))
                self._engine_answers = False
            except Exception:
                # The door of this thread: without it nothing would be swept any more.
                log.exception("sweep.failed")
            else:
                self._engine_answers = True
            stopping.wait(_EVERY_S)

    def sweep(self) -> None:
        """Do one round."""
        self._desk.remove_leftovers()
        self._remove_astray()
        swept = self._engine.sweep()
        # What cannot be removed is found again in every round, and told of once.
        for what in swept:
            if what not in self._swept:
                log.info("sweep.removed", what=what)
        self._swept = set(swept)

    def _remove_astray(self) -> None:
        """Remove what has the pool's name and is not in it: of another keeper, or half started."""
        known, now = self._pool.containers(), time.monotonic()
        named = {one.container for one in self._engine.running() if one.task_id == POOL}
        self._astray = {one: self._astray.get(one, now) for one in named - known}
        for container, since in self._astray.items():
            if now - since > _STARTS_WITHIN_S:
                log.info("sweep.astray", what=f"the sandbox {container[:12]} of no pool")
                self._desk.remove_or_remember(container)
