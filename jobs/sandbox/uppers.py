"""Makes the tmpfs that a sandbox on a snapshot writes to, ready to be the upper side of an overlay.

A tmpfs volume lives while a container mounts it. A small holder mounts it, makes the two folders
that an overlay needs, and ends when its stream is closed. By then the sandbox's overlay is mounted
and keeps the tmpfs alive by itself, until the sandbox is gone.
"""

import os
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from docker.errors import NotFound

from jobs.sandbox.connection import Connection
from jobs.sandbox.errand import errand
from jobs.sandbox.stream import FrameStream

_HOLDER = "holder"
WORKSPACE = "workspace"
"""The kind of the volumes that sandboxes write to; each goes with its container."""
_HOLD = (
    "mkdir -m 700 /upper/up /upper/work && "
    "printf '\\000\\000\\000\\002\\000\\000\\000\\000{}' && read -r _"
)
"""Answers with one empty frame, and waits for the end of its input."""
_STARTS_S = 20.0


@dataclass(frozen=True)
class Upper:
    """A tmpfs with the folders `up` and `work` in it."""

    folder: str
    """Where it is, as the engine knows it."""
    holder: str
    stream: FrameStream

    def let_go(self) -> None:
        """End the holder; the tmpfs goes too, unless an overlay stands on it."""
        self.stream.shut()
        self.stream.close()


class Uppers:
    """Has some made in advance: they fit every snapshot, and making one takes half of a start."""

    def __init__(self, connection: Connection, size_mb: int) -> None:
        self._connection = connection
        self._size_mb = size_mb
        self._ready: deque[Upper] = deque()
        self._ready_of = os.getpid()

    def prepare(self, image: str, count: int) -> None:
        """Make as many as are missing to `count`; one process does, and not in two threads."""
        while len(self._ready) < count:
            self._ready.append(self.make(image))

    def take(self, image: str) -> Upper:
        """Give one, which nobody else gets; whoever has it lets it go."""
        # The streams of a parent are not a forked job's to close.
        while self._ready and self._ready_of == os.getpid():
            try:
                upper = self._ready.popleft()
            except IndexError:
                break  # another thread took the last one
            if self._is_held(upper):
                return upper
            upper.let_go()
        return self.make(image)

    def close(self) -> None:
        """Let go of those that nobody took."""
        while self._ready:
            self._ready.popleft().let_go()

    def make(self, image: str) -> Upper:
        """Make a fresh one, for whoever asks."""
        with self._connection.asking("room for what a sandbox writes could not be made"):
            return _make(self._connection, image, self._size_mb)

    def _is_held(self, upper: Upper) -> bool:
        with self._connection.asking("what holds a folder could not be looked up") as api:
            try:
                return bool(api.inspect_container(upper.holder)["State"]["Running"])
            except NotFound:
                return False


def _make(connection: Connection, image: str, size_mb: int) -> Upper:
    api = connection.api
    labels, volume_labels = connection.labels(_HOLDER), connection.labels(WORKSPACE)
    holder = connection.create(_holder(image, size_mb, labels, volume_labels))
    with ExitStack() as undo:
        undo.callback(connection.remove_container, holder)
        stream = connection.attach(holder)
        undo.callback(stream.close)
        api.start(holder)
        stream.receive(time.monotonic() + _STARTS_S)
        [mount] = [one for one in api.inspect_container(holder)["Mounts"] if one["Name"]]
        undo.pop_all()
        return Upper(mount["Source"], holder, stream)


def overlay(lower: str, upper: Upper) -> dict[str, str]:
    """Return the options with which the engine's local driver mounts the overlay.

    With `redirect_dir`, a folder of the snapshot can be renamed, as npm does.
    """
    over = f"lowerdir={lower},upperdir={upper.folder}/up,workdir={upper.folder}/work"
    return {"type": "overlay", "device": "overlay", "o": f"nosuid,nodev,redirect_dir=on,{over}"}


def tmpfs(size_mb: int, inodes: str) -> dict[str, str]:
    """Return the options with which the engine's local driver mounts a tmpfs of the agent's."""
    own = "uid=10001,gid=10001,mode=0700"
    return {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": f"nosuid,nodev,size={size_mb}m,nr_inodes={inodes},{own}",
    }


def volume(target: str, options: dict[str, str], labels: dict[str, str]) -> dict[str, Any]:
    """Return a mount of a new volume without a name, which goes with its container."""
    return {
        "Type": "volume",
        "Target": target,
        "VolumeOptions": {
            "NoCopy": True,
            "Labels": labels,
            "DriverConfig": {"Name": "local", "Options": options},
        },
    }


def _holder(
    image: str, size_mb: int, labels: dict[str, str], volume_labels: dict[str, str]
) -> dict[str, Any]:
    upper = volume("/upper", tmpfs(size_mb, "200k"), volume_labels)
    runs = errand(image, ["sh", "-c", _HOLD], [upper])
    return {
        **runs,
        "Labels": labels,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": {**runs["HostConfig"], "AutoRemove": True},
    }
