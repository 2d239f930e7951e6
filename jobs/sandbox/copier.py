"""Copies the work folder of a set-up sandbox into a volume: a container that does only that."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from jobs.sandbox.connection import Connection
from jobs.sandbox.errand import errand, mount_of
from jobs.sandbox.errors import SandboxError

COPIER = "copier"
COPY_S = 600
_MB = 1024 * 1024
_GONE_BEFORE = "the environment was gone before it could be copied"


@dataclass(frozen=True)
class Source:
    """A set-up sandbox whose work folder is to be kept."""

    container: str
    volume: str
    image: str


@contextmanager
def copying(connection: Connection, source: Source, volume: str, limit_mb: int) -> Iterator[int]:
    """Give the bytes of the copy when it is whole; until the end the copier holds the volume.

    Raises SandboxError if it is larger than the limit, or the sandbox has ended.
    """
    config = _copier(source.volume, volume, source.image, limit_mb)
    with ExitStack() as last:
        last.callback(_remove_made_up, connection, source.volume)
        copier = connection.create({**config, "Labels": connection.labels(COPIER)})
        last.callback(connection.remove_container, copier)
        yield _copy(connection, copier, source, limit_mb)


def _copy(connection: Connection, copier: str, source: Source, limit_mb: int) -> int:
    api = connection.api
    if _is_made_up(connection, source.volume):
        raise SandboxError(_GONE_BEFORE)
    api.start(copier)
    # The folder is a tmpfs: had its last holder ended by now, the copier got a new, empty one.
    _check_runs(connection, source.container)
    ended = api.wait(copier, timeout=COPY_S)["StatusCode"]
    said = api.logs(copier).decode("utf-8", "replace").strip()
    if said == "too large":
        raise SandboxError(f"the environment is over {limit_mb} MB and was not kept")
    if ended or not said.isdigit():
        raise SandboxError(f"the environment could not be copied: {said[-500:]}")
    if not int(said):  # a sandbox that works has a home folder at the least
        raise SandboxError(_GONE_BEFORE)
    return int(said)


def _check_runs(connection: Connection, container: str) -> None:
    try:
        runs = connection.api.inspect_container(container)["State"]["Running"]
    except NotFound:
        runs = False
    if not runs:
        raise SandboxError(_GONE_BEFORE)


def _is_made_up(connection: Connection, volume: str) -> bool:
    # For a mount of a volume that is not there Docker makes one; it has no labels then.
    return not connection.api.inspect_volume(volume)["Labels"]


def _remove_made_up(connection: Connection, volume: str) -> None:
    try:
        made_up = _is_made_up(connection, volume)
    except NotFound:
        return
    if made_up:
        connection.remove_volume(volume)


def _copier(workspace: str, volume: str, image: str, limit_mb: int) -> dict[str, Any]:
    program = (Path(__file__).parent / "inside" / "copying.py").read_text(encoding="utf-8")
    runs = errand(
        image,
        ["python3", "-I", "-S", "-B", "-c", program, str(limit_mb * _MB)],
        [mount_of(workspace, "/from", read_only=True), mount_of(volume, "/to")],
        user="0:0",
        memory_mb=512,
        pids=16,
    )
    own = {
        "CgroupnsMode": "private",
        "OomScoreAdj": 500,
        # To give the new volume to the agent's user, and to become that user.
        "CapAdd": ["CHOWN", "FOWNER", "SETUID", "SETGID"],
        # What it prints is its answer.
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
    }
    return {**runs, "HostConfig": {**runs["HostConfig"], **own}}
