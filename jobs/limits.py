"""Says what the settings say of one sandbox: how much of the machine it may use."""

from bot.settings import SandboxSettings
from jobs.sandbox.profile import SandboxLimits


def limits_of(settings: SandboxSettings) -> SandboxLimits:
    """Return what one sandbox may use of the machine."""
    return SandboxLimits(
        memory_mb=settings.sandbox_memory_mb,
        cpus=settings.sandbox_cpus,
        pids=settings.sandbox_pids,
        workspace_mb=settings.sandbox_workspace_mb,
        output_mb=settings.sandbox_output_mb,
    )
