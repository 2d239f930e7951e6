"""What is asked of the engine for one sandbox, and in what its kinds differ."""

from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.sandbox.profile import SandboxLimits


@dataclass(frozen=True)
class Asked:
    """One start of a sandbox."""

    image: str
    name: str
    deadline_s: float


@dataclass(frozen=True)
class Kind:
    """In what one sandbox differs from another: what lies under /workspace, and the way out."""

    limits: SandboxLimits
    workspace: dict[str, str] | None = None
    """Options of the volume there; None is a tmpfs of the container itself."""
    environment: list[str] = field(default_factory=list)
    network: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    last_check: Callable[[], object] = bool
    """Called when the container is there and not started yet."""
