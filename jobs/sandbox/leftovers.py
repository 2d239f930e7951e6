"""Removes what nobody holds any more: of this installation, and of nobody else."""

import time
from typing import Any

from jobs.sandbox import profile
from jobs.sandbox.connection import KIND_LABEL, WAY_LABEL, YOUNG_S, Connection, is_young
from jobs.sandbox.copier import COPIER, COPY_S
from jobs.sandbox.networks import Networks
from jobs.sandbox.shims import Shims
from jobs.sandbox.snapshots import Snapshots
from jobs.sandbox.uppers import WORKSPACE

_ALIVE = ("running", "paused", "restarting")


class Leftovers:
    """Looks through all that one installation has at its engine."""

    def __init__(self, connection: Connection, networks: Networks, snapshots: Snapshots) -> None:
        self._connection = connection
        self._networks = networks
        self._snapshots = snapshots
        self._shims = Shims()

    def sweep(self) -> list[str]:
        """Remove them; says what was removed, for the log. Cheap when there is nothing."""
        connection = self._connection
        with connection.asking("what is left behind could not be listed") as api:
            containers = api.containers(all=True)
        mine = [one for one in containers if _is_mine(one, connection.owner)]
        left = [one for one in mine if _is_left(one)]
        for container in left:
            connection.remove_container(container["Id"])
        gone = {one["Id"] for one in left}
        in_use = {
            one["Labels"][WAY_LABEL]
            for one in mine
            if _is_sandbox(one) and WAY_LABEL in one["Labels"] and one["Id"] not in gone
        }
        return [
            *(f"container {one['Id'][:12]} ({_name(one)})" for one in left),
            *self._networks.sweep(in_use),
            *self._sweep_volumes(),
            *self._snapshots.sweep(),
            *self._shims.end_left_behind({one["Id"] for one in containers}),
        ]

    def _sweep_volumes(self) -> list[str]:
        connection = self._connection
        free = {**connection.mine(WORKSPACE), "dangling": ["true"]}
        with connection.asking("volumes could not be listed") as api:
            found = api.volumes(filters=free)["Volumes"] or []
        left = [one["Name"] for one in found if not is_young(one["Labels"])]
        return [f"volume {name}" for name in left if connection.remove_volume(name)]


def _is_mine(container: dict[str, Any], owner: str) -> bool:
    return bool((container["Labels"] or {}).get(profile.OWNER_LABEL) == owner)


def _is_sandbox(container: dict[str, Any]) -> bool:
    return profile.LABEL in container["Labels"]


def _is_left(container: dict[str, Any]) -> bool:
    """Tell whether a container has ended, was never started, or is past its own end."""
    age_s = time.time() - int(container["Created"])
    if container["State"] not in _ALIVE:
        return age_s > YOUNG_S
    if _is_sandbox(container):
        deadline = container["Labels"].get(profile.DEADLINE_LABEL, "")
        return not deadline.isdigit() or int(deadline) < time.time()
    # A holder and a proxy end by themselves, with whoever had them made.
    return container["Labels"].get(KIND_LABEL) == COPIER and age_s > 2 * COPY_S


def _name(container: dict[str, Any]) -> str:
    return str((container.get("Names") or ["/?"])[0]).removeprefix("/")
