"""The keeper process: `python -m jobs.keeper` owns the Docker socket and gives out sandboxes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from bot.logging import configure
from bot.redaction import Redactor
from bot.settings import KeeperSettings, SettingsError
from jobs.engine import engine_of, owner_in
from jobs.keeper.allowance import Allowance
from jobs.keeper.demand import PoolSize
from jobs.keeper.desk import Desk
from jobs.keeper.pool import Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.server import Server, sole_in
from jobs.keeper.sweeping import Sweeper
from jobs.refusal import refuse
from jobs.sandbox.errors import SandboxError
from jobs.stopping import heed_signals

_ENDS_WITHIN_S = 15.0

_log = structlog.get_logger()


def main() -> None:
    """Serve until asked to end."""
    try:
        settings = KeeperSettings.load()
    except SettingsError as wrong:
        refuse(str(wrong))
    configure(log_format=settings.log_format, level=settings.log_level, redactor=Redactor([]))
    path = settings.keeper_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()
    heed_signals(stopping)
    try:
        parts = parts_of(settings)
        with (
            sole_in(settings.data_dir),
            Server(path, parts.desk, group=settings.keeper_group) as server,
            parts.at_work(stopping),
        ):
            _log.info("keeper.started", socket=str(path))
            server.serve(stopping)
    except SandboxError as error:
        refuse(f"The keeper cannot start:\n  {error}")
    _log.info("keeper.stopped")


@dataclass(frozen=True)
class Parts:
    """What the process is made of, beside its socket."""

    desk: Desk
    pool: Pool
    sweeper: Sweeper

    @contextmanager
    def at_work(self, stopping: threading.Event) -> Iterator[None]:
        """Tend the pool and sweep, each in a thread; what waits is gone when the block ends."""
        threads = [
            threading.Thread(target=part.run, args=(stopping,), daemon=True)
            for part in (self.pool, self.sweeper)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            self.pool.ring()
            for thread in threads:
                thread.join(_ENDS_WITHIN_S)


def parts_of(settings: KeeperSettings) -> Parts:
    """Put the parts together."""
    engine = engine_of(settings, owner_in(settings.data_dir))
    size = PoolSize(settings.pool_size, min(settings.pool_size, 1), settings.pool_idle_minutes * 60)
    pressure = Pressure(settings.pool_least_free_mb, settings.pool_most_pressure)
    pool = Pool(engine, size, pressure, always=(settings.sandbox_image,))
    images = (settings.sandbox_image, *settings.sandbox_images)
    hosts = (*settings.network_hosts, *settings.network_hosts_on_request)
    allowance = Allowance(images, hosts, settings.sandbox_most)
    desk = Desk(engine, pool, allowance)
    return Parts(desk, pool, Sweeper(engine, desk, pool))


if __name__ == "__main__":
    main()
