"""The keeper process: `python -m jobs.keeper` owns the Docker socket and gives out sandboxes."""

import threading

import structlog

from bot.logging import configure
from bot.redaction import Redactor
from bot.settings import KeeperSettings, SettingsError
from jobs.engine import engine_of
from jobs.keeper.allowance import Allowance
from jobs.keeper.desk import Desk
from jobs.keeper.server import Occupied, Server
from jobs.refusal import refuse
from jobs.stopping import heed_signals

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
        with Server(path, desk_of(settings), group=settings.keeper_group) as server:
            _log.info("keeper.started", socket=str(path))
            server.serve(stopping)
    except Occupied as occupied:
        refuse(f"The keeper cannot start:\n  {occupied}")
    _log.info("keeper.stopped")


def desk_of(settings: KeeperSettings) -> Desk:
    """Make what answers the requests."""
    images = (settings.sandbox_image, *settings.sandbox_images)
    allowance = Allowance(images, settings.network_hosts, settings.sandbox_most)
    return Desk(engine_of(settings), allowance)


if __name__ == "__main__":
    main()
