"""Gives a sandbox the file in which `localhost` stands, so that Docker need not make it one.

Docker makes that file together with a network; but for a network with nothing in it, that takes
half of a container's start. So a sandbox is started without Docker's part (`NetworkDisabled`),
which leaves it a network namespace of its own with loopback in it and no more, and the file comes
from a volume: one for the whole engine, which nobody but its maker writes to.
"""

from typing import Any

from docker.errors import APIError, NotFound

from jobs.sandbox.connection import KIND_LABEL, Connection
from jobs.sandbox.errand import errand, mount_of
from jobs.sandbox.errors import SandboxError

WRITER = "writer"
_VOLUME = "patchbay-hosts"
_WRITE = (
    "printf '127.0.0.1\\tlocalhost\\n::1\\tlocalhost ip6-localhost\\n127.0.0.1\\tsandbox\\n'"
    " >/to/$$ && chmod 444 /to/$$ && mv /to/$$ /to/hosts"
)
_MISSING = "bind source path does not exist"
_WRITES_S = 30


class Hosts:
    """The file of one engine; made when it is wanted, and again when it was thrown away."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._folder = ""

    def mount(self, image: str) -> dict[str, Any]:
        """Return the mount of the file, read-only; `image` is what it is made with."""
        if not self._folder:
            try:
                self._folder = self._connection.api.inspect_volume(_VOLUME)["Mountpoint"]
            except NotFound:
                self.make(image)
        return {
            "Type": "bind",
            "Source": f"{self._folder}/hosts",
            "Target": "/etc/hosts",
            "ReadOnly": True,
        }

    def is_missing(self, error: APIError) -> bool:
        """Tell whether a container could not be created for want of the file."""
        return _MISSING in str(error.explanation) and self._folder in str(error.explanation)

    def make(self, image: str) -> None:
        """Make the file, whole at once, whoever else makes it at the same time."""
        connection = self._connection
        made = connection.api.create_volume(_VOLUME, labels={KIND_LABEL: "hosts"})
        writer = connection.create(_writer(image, connection.labels(WRITER)))
        try:
            connection.api.start(writer)
            code = connection.api.wait(writer, timeout=_WRITES_S)["StatusCode"]
        finally:
            connection.remove_container(writer)
        if code:
            raise SandboxError(
                f"the list of hosts for sandboxes could not be written (exit {code})"
            )
        self._folder = made["Mountpoint"]


def _writer(image: str, labels: dict[str, str]) -> dict[str, Any]:
    # A new volume belongs to root; it needs no right beside.
    runs = errand(image, ["sh", "-c", _WRITE], [mount_of(_VOLUME, "/to")], user="0:0")
    return {**runs, "Labels": labels}
