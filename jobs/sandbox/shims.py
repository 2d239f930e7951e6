"""Finds processes of containers that are no more: shims and gVisor's, which Docker lost sight of.

Whose a process is says its command line: the id of its container, and the engine's namespace and
socket, or its folder. They count as this engine's when a container that the engine knows has them.
A containerd may serve others beside the engine; the namespace tells them apart.
"""

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docker.errors import NotFound

from jobs.sandbox.connection import Connection

_PROC = Path("/proc")
_SHIM = re.compile(
    rb"^\S*containerd-shim\S*\0.*?-namespace\0([^\0]+)\0"
    rb".*?-id\0([0-9a-f]{64})\0-address\0([^\0]+)",
    re.DOTALL,
)
_GVISOR = re.compile(rb"^\S*runsc\S*\0.*?--root=([^\0]+)\0.*?/([0-9a-f]{64})(?:[\0/]|$)", re.DOTALL)
_YOUNG_S = 30
_BORN = 19
_PARENT = 1
"""Fields of /proc/<pid>/stat, counted from behind the name."""


@dataclass(frozen=True)
class _Process:
    pid: int
    container: str
    engine: tuple[bytes, ...]
    """Namespace and socket of the engine's containerd, or the folder of gVisor."""
    young: bool


class Shims:
    """Remembers what belongs to one engine, from one look to the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._engines: set[tuple[bytes, ...]] = set()

    def end_left_behind(self) -> list[str]:
        """End what serves none of the engine's containers; says what, or who has to."""
        # In this order: the container of a process that starts meanwhile is on the list.
        found = _processes()
        containers = self._containers()
        self._engines |= {one.engine for one in found if one.container in containers}
        ours = [one for one in found if one.engine in self._engines and not one.young]
        left = [one for one in ours if one.container not in containers]
        return [_end(one) for one in left if not self._is_there(one.container)]

    def _containers(self) -> set[str]:
        with self._connection.asking("containers could not be listed") as api:
            return {one["Id"] for one in api.containers(all=True)}

    def _is_there(self, container: str) -> bool:
        with self._connection.asking("a container could not be looked up") as api:
            try:
                return bool(api.inspect_container(container))
            except NotFound:
                return False


def _end(process: _Process) -> str:
    what = f"process {process.pid} of container {process.container[:12]}, which is no more"
    try:
        for pid in (*_children(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    except PermissionError:
        return f"{what} (not ended: root has to, with kill -9 {process.pid})"
    return what


def _processes() -> list[_Process]:
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            command = (folder / "cmdline").read_bytes()
            engine: tuple[bytes, ...]
            if shim := _SHIM.match(command):
                container, engine = shim[2], (shim[1], shim[3])
            elif gvisor := _GVISOR.match(command):
                container, engine = gvisor[2], (gvisor[1],)
            else:
                continue
            # Inside of a container anybody can give a process such a command line.
            if _is_of_the_host(folder):
                young = _age_s(folder) < _YOUNG_S
                found.append(_Process(int(folder.name), container.decode(), engine, young))
    return found


def _is_of_the_host(folder: Path) -> bool:
    status = dict(
        line.split(":\t", 1)
        for line in (folder / "status").read_text().splitlines()
        if ":\t" in line
    )
    root_everywhere = set(status["Uid"].split()) == {"0"}
    return root_everywhere and len(status["NSpid"].split()) == 1


def _stat(folder: Path) -> list[str]:
    return (folder / "stat").read_text().rpartition(") ")[2].split()


def _age_s(folder: Path) -> float:
    up = float((_PROC / "uptime").read_text().split()[0])
    return up - int(_stat(folder)[_BORN]) / os.sysconf("SC_CLK_TCK")


def _children(parent: int) -> list[int]:
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if int(_stat(folder)[_PARENT]) == parent:
                found.append(int(folder.name))
    return found
