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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from docker.errors import NotFound

from jobs.sandbox.connection import STANDS_ON_LABEL, Connection, is_young, label
from jobs.sandbox.copier import Source, copying
from jobs.sandbox.errors import SandboxError, SnapshotMissing
from jobs.sandbox.sandboxes import Snapshot

_SNAPSHOT = "snapshot"
_MARK = "mark"
_KEY = re.compile(r"[0-9a-f]{8,64}")
_USE_COUNTS_AFTER_S = 60
"""Uses within a minute are one use: the order of the least recently used stays the same."""
_KEPT_BY_ANOTHER = "the environment is being kept by somebody else just now"


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
        self._being_saved: set[str] = set()
        self._saving_changes = threading.Lock()

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
        with self._taking_away:
            now = self.find(stored.snapshot)
            if now is None:
                raise SnapshotMissing("the prepared environment was just thrown away")
            if time.time() - now.used > _USE_COUNTS_AFTER_S:
                self._mark(stored.snapshot, now.bytes)

    def save(self, source: Source, snapshot: Snapshot, limit_mb: int) -> int:
        """Copy a work folder into a new snapshot, or find that it is there; returns its bytes.

        Raises SandboxError if it does not fit, or is being saved already, and leaves nothing then.
        """
        with self._saving(self.volume_of(snapshot)):
            if there := self.find(snapshot):
                return there.bytes
            with self._connection.asking("an environment could not be kept"):
                size = self._save(source, snapshot, limit_mb)
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
        with connection.asking("snapshots could not be listed") as api:
            listed = api.volumes(filters=connection.mine(_SNAPSHOT))["Volumes"] or []
        # Read after the list: a copy that was finished between the two has its mark here.
        whole = self._marks()
        gone = []
        for volume in listed:
            name = volume["Name"]
            if name in whole or is_young(volume["Labels"]):
                continue
            # A copy that still runs holds the volume; then it cannot be removed.
            if self._is_unfinished(volume) and connection.remove_volume(name):
                gone.append(f"the unfinished snapshot {name}")
        for name in whole.keys() - {volume["Name"] for volume in listed}:
            if not self._exists(name):
                self._unmark(name)
        return gone

    def _is_unfinished(self, volume: dict[str, Any]) -> bool:
        name = volume["Name"]
        if name in self._being_saved or self._marks(name):
            return False
        # Docker does not know that an overlay stands on a volume, and would remove it.
        if not self._stood_on(name):
            return True
        # What a sandbox could be started on was whole.
        if self._stood_on(name, "running"):
            snapshot = Snapshot(int(label(volume, "repository")), label(volume, "key"))
            self._mark(snapshot, self._size(name))
        return False

    @contextmanager
    def _saving(self, volume: str) -> Iterator[None]:
        with self._saving_changes:
            if volume in self._being_saved:
                raise SandboxError(_KEPT_BY_ANOTHER)
            self._being_saved.add(volume)
        try:
            yield
        finally:
            self._being_saved.discard(volume)

    def _save(self, source: Source, snapshot: Snapshot, limit_mb: int) -> int:
        connection = self._connection
        volume = self.volume_of(snapshot)
        # What an earlier copy left that was killed.
        if self._stood_on(volume) or not connection.remove_volume(volume):
            raise SandboxError(_KEPT_BY_ANOTHER)
        names = {"repository": str(snapshot.repository_id), "key": snapshot.key}
        connection.api.create_volume(volume, labels=connection.labels(_SNAPSHOT, **names))
        with ExitStack() as undo:
            undo.callback(connection.remove_volume, volume)
            undo.callback(self._unmark, volume)
            with copying(connection, source, volume, limit_mb) as size:
                # Before the copier goes: what nobody holds and has no mark is thrown away.
                self._mark(snapshot, size)
                # From here on sandboxes may stand on it.
                undo.pop_all()
        return size

    def _marks(self, volume: str | None = None) -> dict[str, list[dict[str, Any]]]:
        which = self._connection.mine(_MARK, **({"of": volume} if volume else {}))
        marks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        with self._connection.asking("snapshots could not be listed") as api:
            for mark in api.volumes(filters=which)["Volumes"] or []:
                marks[label(mark, "of")].append(mark)
        return marks

    def _mark(self, snapshot: Snapshot, size: int, used: float = 0) -> None:
        """Record a use, now or `used` seconds from now; it takes the place of older ones."""
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
            made = api.create_volume(name, labels=self._connection.labels(_MARK, **about))
        # Of two that are made at once the later one stays, whoever looks first.
        self._unmark(volume, before=_when(made))

    def _unmark(self, volume: str, before: tuple[float, str] | None = None) -> None:
        for mark in self._marks(volume).get(volume, []):
            if before is None or _when(mark) < before:
                self._connection.remove_volume(mark["Name"])

    def _stood_on(self, volume: str, state: str | None = None) -> bool:
        which = {"label": [f"{STANDS_ON_LABEL}={volume}"]}
        if state:
            which["status"] = [state]
        with self._connection.asking("sandboxes could not be listed") as api:
            return bool(api.containers(all=True, filters=which))

    def _exists(self, volume: str) -> bool:
        with self._connection.asking("a snapshot could not be found") as api:
            try:
                return bool(api.inspect_volume(volume))
            except NotFound:
                return False

    def _size(self, volume: str) -> int:
        """Return how many bytes the engine counts in a volume; it looks through all it has."""
        with self._connection.asking("a snapshot could not be measured") as api:
            found = api.df()["Volumes"] or []
        return sum(one["UsageData"]["Size"] for one in found if one["Name"] == volume)


def _when(mark: dict[str, Any]) -> tuple[float, str]:
    return float(label(mark, "used")), mark["Name"]


def _stored(marks: list[dict[str, Any]]) -> Stored:
    # Two for a moment, while a use is recorded: the later one counts.
    last = max(marks, key=_when)
    snapshot = Snapshot(int(label(last, "repository")), label(last, "key"))
    return Stored(
        snapshot, label(last, "of"), int(label(last, "bytes")), float(label(last, "used"))
    )
