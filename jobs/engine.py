"""Makes the sandboxes that the settings ask for."""

import socket

from bot.settings import Settings
from jobs.sandbox import Sandboxes, SandboxLimits


def sandboxes_of(settings: Settings) -> Sandboxes:
    """Return the sandboxes of this installation on this machine's engine."""
    limits = SandboxLimits(
        memory_mb=settings.sandbox_memory_mb,
        cpus=settings.sandbox_cpus,
        pids=settings.sandbox_pids,
        workspace_mb=settings.sandbox_workspace_mb,
    )
    owner = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return Sandboxes(settings.docker_host, settings.sandbox_runtime, limits, owner=owner)
