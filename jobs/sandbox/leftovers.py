"""Removes what nobody holds any more: of this installation, and of nobody else."""

import time
from typing import Any

from jobs.sandbox import profile
from jobs.sandbox.connection import KIND_LABEL, YOUNG_S, Connection, is_young
from jobs.sandbox.copier import COPIER, COPY_S
from jobs.sandbox.errors import SandboxError
from jobs.sandbox.hosts import WRITER
from jobs.sandbox.networks import Networks
from jobs.sandbox.shims import Shims
from jobs.sandbox.snapshots import Snapshots
from jobs.sandbox.uppers import WORKSPACE

_ALIVE = ("running", "paused", "restarting")
_STARTS_S = 180
"""Between making a container and starting it a busy engine may take its time."""


class Leftovers:
    """Looks through all that one installation has at its engine."""

    def __init__(self, connection: Connection, networks: Networks, snapshots: Snapshots) -> None:
        self._connection = connection
        self._networks = networks
        self._snapshots = snapshots
        self._shims = Shims(connection)

    def sweep(self) -> list[str]:
        """Remove them; says what was removed, or could not be. Cheap when there is nothing."""
        connection = self._connection
        with connection.asking("what is left behind could not be listed") as api:
            containers = api.containers(all=True, filters=connection.mine())
        return [
            *(self._removed(one) for one in containers if _is_left(one)),
            *self._networks.sweep(),
            *self._sweep_volumes(),
            *self._snapshots.sweep(),
            *self._shims.end_left_behind(),
        ]

    def _removed(self, container: dict[str, Any]) -> str:
        what = f"container {container['Id'][:12]} ({_name(container)})"
        try:
            self._connection.remove_container(container["Id"])
        except SandboxError as error:
            # One that the engine cannot end must not keep all else from going.
            return f"{what}: not removed, {error}"
        return what

    def _sweep_volumes(self) -> list[str]:
        connection = self._connection
        free = {**connection.mine(WORKSPACE), "dangling": ["true"]}
        with connection.asking("volumes could not be listed") as api:
            found = api.volumes(filters=free)["Volumes"] or []
        left = [one["Name"] for one in found if not is_young(one["Labels"])]
        return [f"volume {name}" for name in left if connection.remove_volume(name)]


def _is_sandbox(container: dict[str, Any]) -> bool:
    return profile.LABEL in container["Labels"]


def _is_left(container: dict[str, Any]) -> bool:
    """Tell whether a container has ended, was never started, or is past its own end."""
    age_s = time.time() - int(container["Created"])
    if container["Labels"].get(KIND_LABEL) in (COPIER, WRITER):
        # Whoever waits for its end still reads what it said.
        return age_s > 2 * COPY_S
    if container["State"] == "created":
        return age_s > _STARTS_S
    if container["State"] not in _ALIVE:
        return age_s > YOUNG_S
    if _is_sandbox(container):
        deadline = container["Labels"].get(profile.DEADLINE_LABEL, "")
        return not deadline.isdigit() or int(deadline) < time.time()
    # A holder and a proxy end by themselves, with whoever had them made.
    return False


def _name(container: dict[str, Any]) -> str:
    return str((container.get("Names") or ["/?"])[0]).removeprefix("/")
