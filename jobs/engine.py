"""Says what the keeper's settings say of sandboxes: the engine, and whose they are."""

import socket

from bot.settings import KeeperSettings
from jobs.limits import limits_of
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import setup_limits


def engine_of(settings: KeeperSettings) -> Engine:
    """Return this machine's engine, with the sandboxes of this installation."""
    owner = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return Engine(
        settings.docker_host,
        settings.sandbox_runtime,
        limits_of(settings),
        owner=owner,
        setup=setup_limits(settings.setup_memory_mb, settings.setup_workspace_mb),
        snapshots_gb=settings.snapshots_gb,
    )
