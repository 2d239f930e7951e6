"""Says what can be asked of whoever has sandboxes to give: the keeper, or an engine itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from jobs.sandbox.sandbox import Sandbox

READY = "ready"
"""Stands for a task where a sandbox is only tried."""


@dataclass(frozen=True)
class Snapshot:
    """The name of a prepared environment: of one repository, never of another."""

    repository_id: int
    key: str
    """What it was made from, as a hexadecimal digest."""


@dataclass(frozen=True)
class Running:
    """A sandbox that exists now, by what its labels and its name say."""

    container: str
    task_id: str
    epoch: int
    overdue: bool
    """It has outlived its own deadline."""


class Sandboxes(Protocol):
    """Gives sandboxes, and takes what they were prepared with as a snapshot."""

    def start(
        self,
        image: str,
        *,
        task_id: str,
        epoch: int,
        deadline_s: float,
        snapshot: Snapshot | None = None,
        network_hosts: Iterable[str] | None = None,
    ) -> Sandbox:
        """Give a sandbox that ends itself after `deadline_s`.

        With a `snapshot` it has that environment in it, or SnapshotMissing is raised. With
        `network_hosts` it is for setting up: these hosts, and no others, are reached by a proxy.
        Raises ImageMissing for an image that was not built.
        """
        ...

    def save(self, sandbox: Sandbox, snapshot: Snapshot) -> int:
        """End a sandbox that was for setting up and keep its work folder; returns its bytes."""
        ...

    def refused_hosts(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the hosts that a sandbox for setting up was not let through to, so far."""
        ...

    def image_digest(self, image: str) -> str | None:
        """Return the id of an image (`sha256:…`), or None if there is none of that name."""
        ...

    def running(self) -> tuple[Running, ...]:
        """List the sandboxes of this installation on this machine."""
        ...

    def remove(self, container: str) -> None:
        """Remove one of them, whatever it is doing; one that is gone already is fine."""
        ...
