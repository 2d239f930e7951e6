"""Says what the settings say of sandboxes: the engine, how much of the machine, and whose."""

import socket

from bot.settings import Settings
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import SandboxLimits


def engine_of(settings: Settings) -> Engine:
    """Return this machine's engine, with the sandboxes of this installation."""
    owner = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return Engine(settings.docker_host, settings.sandbox_runtime, limits_of(settings), owner=owner)


def limits_of(settings: Settings) -> SandboxLimits:
    """Return what one sandbox may use of the machine."""
    return SandboxLimits(
        memory_mb=settings.sandbox_memory_mb,
        cpus=settings.sandbox_cpus,
        pids=settings.sandbox_pids,
        workspace_mb=settings.sandbox_workspace_mb,
    )
