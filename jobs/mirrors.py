"""Says what the settings say of mirrors: where they lie, how far back they go, their quota."""

from bot.settings import Settings
from jobs.repository.mirror import Mirrors


def mirrors_of(settings: Settings) -> Mirrors:
    """Return this machine's mirrors."""
    return Mirrors(
        settings.data_dir.resolve() / "mirrors",
        depth=settings.history_depth,
        quota_bytes=int(settings.mirrors_gb * 2**30),
    )
