"""Keeps what a set-up made, and lets sandboxes stand on it: Docker volumes, and marks beside them.

A snapshot is a volume. A second, empty one is its mark: it says that the snapshot is whole, how
large it is, and when it was last used. Labels cannot change, so a new use is a new mark.

A sandbox stands on a snapshot by an overlay: what it writes lies in a tmpfs of its own, and the
snapshot stays as it is. Who takes a snapshot away removes its mark first and then looks for
sandboxes; who starts one makes it first and then looks for the mark. So one of them yields.
"""

import re
import secrets
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from jobs.sandbox import profile
from jobs.sandbox.connection import STANDS_ON_LABEL, Connection, is_young, label
from jobs.sandbox.errors import SandboxError, SnapshotMissing
from jobs.sandbox.sandboxes import Snapshot

_SNAPSHOT = "snapshot"
_MARK = "mark"
COPIER = "copier"
_KEY = re.compile(r"[0-9a-f]{8,64}")
_MB = 1024 * 1024
COPY_S = 600
_USE_COUNTS_AFTER_S = 60
"""Uses within a minute are one use: the order of the least recently used stays the same."""


@dataclass(frozen=True)
class Stored:
    """A snapshot that is whole."""

    snapshot: Snapshot
    volume: str
    bytes: int
    used: float
    """When a sandbox was last started on it, or it was made, in seconds since 1970."""


class Snapshots:
    """The snapshots of one installation, with `most_bytes` for all of them together."""

    def __init__(self, connection: Connection, most_bytes: int) -> None:
        self._connection = connection
        self._most_bytes = most_bytes
        self._taking_away = threading.RLock()

    def stored(self) -> tuple[Stored, ...]:
        """List those that are whole, the longest unused first."""
        found = [_stored(marks) for marks in self._marks().values()]
        return tuple(sorted(found, key=lambda one: one.used))

    def find(self, snapshot: Snapshot) -> Stored | None:
        """Return one that is whole, or None."""
        marks = self._marks(self.volume_of(snapshot)).get(self.volume_of(snapshot))
        return _stored(marks) if marks else None

    def volume_of(self, snapshot: Snapshot) -> str:
        """Return the name of its volume: of this installation and of one repository."""
        if not _KEY.fullmatch(snapshot.key) or snapshot.repository_id < 0:
            raise SandboxError(f"{snapshot} cannot be the name of a snapshot")
        owner = sha256(self._connection.owner.encode()).hexdigest()[:8]
        return f"patchbay-snapshot-{owner}-{snapshot.repository_id}-{snapshot.key}"

    def folder(self, stored: Stored) -> str:
        """Return the path of its files, as the engine knows it."""
        with self._connection.asking("a snapshot could not be found") as api:
            try:
                return str(api.inspect_volume(stored.volume)["Mountpoint"])
            except NotFound:
                raise SnapshotMissing("the prepared environment was just thrown away") from None

    def use(self, stored: Stored) -> None:
        """Record that a sandbox stands on it now; SnapshotMissing if it is being thrown away.

        The sandbox's container exists already, labelled with the volume's name.
        """
        now = self.find(stored.snapshot)
        if now is None:
            raise SnapshotMissing("the prepared environment was just thrown away")
        if time.time() - now.used > _USE_COUNTS_AFTER_S:
            self._mark(stored.snapshot, now.bytes)

    def save(self, workspace: str, image: str, snapshot: Snapshot, limit_mb: int) -> int:
        """Copy a volume into a new snapshot, or find that it is there already; returns its bytes.

        Raises SandboxError if it does not fit, and leaves nothing then.
        """
        if there := self.find(snapshot):
            return there.bytes
        volume = self.volume_of(snapshot)
        with self._connection.asking("an environment could not be kept") as api:
            # What an earlier copy left that was killed.
            if not self._connection.remove_volume(volume):
                raise SandboxError("the environment is being kept by somebody else just now")
            names = {"repository": str(snapshot.repository_id), "key": snapshot.key}
            api.create_volume(volume, labels=self._connection.labels(_SNAPSHOT, **names))
            try:
                size = self._copy(workspace, volume, image, limit_mb)
            except BaseException:
                self._connection.remove_volume(volume)
                raise
        self._mark(snapshot, size)
        self.evict()
        return size

    def evict(self) -> list[str]:
        """Throw away the longest unused until the rest fits; none that a sandbox stands on."""
        stored = list(self.stored())
        gone = []
        total = sum(one.bytes for one in stored)
        for one in stored:
            if total <= self._most_bytes:
                break
            if self.remove(one):
                total -= one.bytes
                gone.append(f"the snapshot {one.volume}, for want of room")
        return gone

    def remove(self, stored: Stored) -> bool:
        """Throw one away; False if a sandbox stands on it."""
        with self._taking_away:
            if self._stood_on(stored.volume):
                return False
            self._unmark(stored.volume)
            if self._stood_on(stored.volume) or not self._connection.remove_volume(stored.volume):
                self._mark(stored.snapshot, stored.bytes)
                return False
            return True

    def sweep(self) -> list[str]:
        """Remove what copies left that were killed, marks of nothing, and what is too much."""
        with self._taking_away:
            return self._sweep_unfinished() + self.evict()

    def _sweep_unfinished(self) -> list[str]:
        connection = self._connection
        whole = self._marks()
        gone = []
        with connection.asking("snapshots could not be listed") as api:
            listed = api.volumes(filters=connection.mine(_SNAPSHOT))["Volumes"] or []
        for volume in listed:
            if volume["Name"] in whole or is_young(volume["Labels"]):
                continue
            # A copy that still runs holds the volume; then it cannot be removed.
            if connection.remove_volume(volume["Name"]):
                gone.append(f"the unfinished snapshot {volume['Name']}")
        there = {volume["Name"] for volume in listed}
        for name in whole.keys() - there:
            self._unmark(name)
        return gone

    def _copy(self, workspace: str, volume: str, image: str, limit_mb: int) -> int:
        connection = self._connection
        api = connection.api
        config = _copier(workspace, volume, image, limit_mb)
        config["Labels"] = connection.labels(COPIER)
        copier = connection.create(config)
        try:
            api.start(copier)
            ended = api.wait(copier, timeout=COPY_S)["StatusCode"]
            said = api.logs(copier).decode("utf-8", "replace").strip()
        finally:
            connection.remove_container(copier)
        if said == "too large":
            raise SandboxError(f"the environment is over {limit_mb} MB and was not kept")
        if ended or not said.isdigit():
            raise SandboxError(f"the environment could not be copied: {said[-500:]}")
        if not int(said):  # a sandbox that works has a home folder at the least
            raise SandboxError("the environment was gone before it could be copied")
        return int(said)

    def _marks(self, volume: str | None = None) -> dict[str, list[dict[str, Any]]]:
        which = self._connection.mine(_MARK, **({"of": volume} if volume else {}))
        marks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        with self._connection.asking("snapshots could not be listed") as api:
            for mark in api.volumes(filters=which)["Volumes"] or []:
                marks[label(mark, "of")].append(mark)
        return marks

    def _mark(self, snapshot: Snapshot, size: int, used: float = 0) -> None:
        """Record a use, now or `used` seconds from now; it takes the place of what was recorded."""
        volume = self.volume_of(snapshot)
        about = {
            "of": volume,
            "repository": str(snapshot.repository_id),
            "key": snapshot.key,
            "bytes": str(size),
            "used": f"{time.time() + used:.3f}",
        }
        name = f"patchbay-mark-{secrets.token_hex(12)}"
        with self._connection.asking("the use of a snapshot could not be recorded") as api:
            api.create_volume(name, labels=self._connection.labels(_MARK, **about))
        self._unmark(volume, but=name)

    def _unmark(self, volume: str, but: str = "") -> None:
        for mark in self._marks(volume).get(volume, []):
            if mark["Name"] != but:
                self._connection.remove_volume(mark["Name"])

    def _stood_on(self, volume: str) -> bool:
        which = {"label": [f"{STANDS_ON_LABEL}={volume}"]}
        with self._connection.asking("sandboxes could not be listed") as api:
            return bool(api.containers(all=True, filters=which))


def _stored(marks: list[dict[str, Any]]) -> Stored:
    # Two for a moment, while a use is recorded: the later one counts.
    last = max(marks, key=lambda mark: float(label(mark, "used")))
    snapshot = Snapshot(int(label(last, "repository")), label(last, "key"))
    return Stored(
        snapshot, label(last, "of"), int(label(last, "bytes")), float(label(last, "used"))
    )


def _copier(workspace: str, volume: str, image: str, limit_mb: int) -> dict[str, Any]:
    program = (Path(__file__).parent / "inside" / "copying.py").read_text(encoding="utf-8")
    return {
        "Image": image,
        "Entrypoint": [],
        "Cmd": ["python3", "-I", "-S", "-B", "-c", program, str(limit_mb * _MB)],
        "User": "0:0",
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": True,
        "HostConfig": {
            "NetworkMode": "none",
            "Dns": ["127.0.0.1"],
            "IpcMode": "private",
            "CgroupnsMode": "private",
            "CapDrop": ["ALL"],
            # To give the new volume to the agent's user, and to become that user.
            "CapAdd": ["CHOWN", "FOWNER", "SETUID", "SETGID"],
            "SecurityOpt": ["no-new-privileges:true", f"seccomp={profile.seccomp()}"],
            "ReadonlyRootfs": True,
            "Memory": 512 * _MB,
            "MemorySwap": 512 * _MB,
            "OomScoreAdj": 500,
            "PidsLimit": 16,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
            "Mounts": [
                _mount(workspace, "/from", read_only=True),
                _mount(volume, "/to", read_only=False),
            ],
        },
    }


def _mount(volume: str, target: str, *, read_only: bool) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": target,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True},
    }
