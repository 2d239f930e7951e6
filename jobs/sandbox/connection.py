"""Speaks to one Docker engine, and says in whose name: labels for all that is made there."""

import os
import socket
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from jobs.sandbox import profile
from jobs.sandbox.errors import SandboxError
from jobs.sandbox.stream import FrameStream

KIND_LABEL = "dev.patchbay.kind"
"""What a thing that is not a sandbox is for; sandboxes carry `profile.LABEL`."""
SINCE_LABEL = "dev.patchbay.since"
"""When it was made, in seconds since 1970: a thing without its owner is young, or left behind."""
WAY_LABEL = "dev.patchbay.way"
"""Joins a sandbox that is set up with its networks and its proxy."""
STANDS_ON_LABEL = "dev.patchbay.stands-on"
"""The volume of the snapshot that a sandbox has under /workspace."""

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_ANSWERS_S = 30
_READ = 64 * 1024
_IN_THE_WAY = 409
YOUNG_S = 30


class Connection:
    """The engine's API for one installation, in whichever process asks."""

    def __init__(self, docker_host: str | None, owner: str) -> None:
        self.owner = owner
        self._host = docker_host or _DEFAULT_HOST
        self._client: docker.APIClient | None = None
        self._client_of = 0

    @property
    def api(self) -> docker.APIClient:
        """The library's client, with connections that it keeps between calls."""
        # A forked job must not speak on its parent's connections.
        if self._client is None or self._client_of != os.getpid():
            try:
                self._client = docker.APIClient(self._host, "auto", timeout=_ANSWERS_S)
            except DockerException as error:
                raise self._silent(error) from error
            self._client_of = os.getpid()
            weakref.finalize(self, self._client.close)
        return self._client

    @contextmanager
    def asking(self, what: str) -> Iterator[docker.APIClient]:
        """Give the API; what goes wrong in there is a SandboxError that begins with `what`."""
        try:
            yield self.api
        except APIError as error:
            raise SandboxError(f"{what}: {error.explanation or error}") from error
        except (DockerException, requests.RequestException) as error:
            raise self._silent(error) from error

    def labels(self, kind: str, **more: str) -> dict[str, str]:
        """Return the labels of a new thing of this installation; `more` by their last word."""
        return {
            profile.OWNER_LABEL: self.owner,
            KIND_LABEL: kind,
            SINCE_LABEL: str(int(time.time())),
            **{f"dev.patchbay.{name}": value for name, value in more.items()},
        }

    def mine(self, kind: str | None = None, **more: str) -> dict[str, list[str]]:
        """Return the filter that finds what `labels` was put on, and nothing of anybody else's."""
        wanted = {profile.OWNER_LABEL: self.owner}
        if kind:
            wanted[KIND_LABEL] = kind
        wanted |= {f"dev.patchbay.{name}": value for name, value in more.items()}
        return {"label": [f"{name}={value}" for name, value in wanted.items()]}

    def create(self, config: dict[str, Any], name: str | None = None) -> str:
        """Create a container, not started yet; returns its id."""
        made = self.api.create_container_from_config(config, name=name)  # type: ignore[no-untyped-call]
        return str(made["Id"])

    def attach(self, container: str) -> FrameStream:
        """Connect to the input and output of a container that is not started yet."""
        return FrameStream(self._attach(container, {"stdin": 1, "stdout": 1, "stderr": 1}))

    def wait_said(self, container: str, words: bytes, seconds: float) -> None:
        """Start a container and wait until it has said `words` on stderr."""
        deadline = time.monotonic() + seconds
        said = b""
        with self._attach(container, {"stderr": 1}) as connection:
            self.api.start(container)
            while words not in said:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                try:
                    piece = connection.recv(_READ)
                except TimeoutError:
                    piece = b""
                if not piece:
                    words_said = said[-500:].decode("utf-8", "replace")
                    raise SandboxError(f"a container did not start: {words_said}")
                said += piece

    def _attach(self, container: str, wanted: dict[str, int]) -> socket.socket:
        reader = self.api.attach_socket(container, {**wanted, "stream": 1})
        # The library offers a reader only, and its socket closes when the response is collected.
        connection: socket.socket = reader._sock.dup()  # noqa: SLF001
        reader._response.close()  # noqa: SLF001
        return connection

    def remove_container(self, container: str) -> None:
        """Remove a container with its own volumes, whatever it is doing; gone already is fine."""
        with self.asking("a container could not be removed") as api:
            try:
                api.remove_container(container, force=True, v=True)
            except NotFound:
                return
            except APIError as error:
                if error.status_code != _IN_THE_WAY:
                    raise
                self._wait_removed(container)

    def remove_volume(self, name: str) -> bool:
        """Remove a volume; False means that a container stands on it."""
        with self.asking("a volume could not be removed") as api:
            try:
                api.remove_volume(name)
            except NotFound:
                return True
            except APIError as error:
                if error.status_code != _IN_THE_WAY:
                    raise
                return False
            return True

    def _wait_removed(self, container: str) -> None:
        try:
            self.api.wait(container, timeout=_ANSWERS_S, condition="removed")
        except NotFound:
            return

    def _silent(self, error: Exception) -> SandboxError:
        return SandboxError(
            f"no Docker engine answers at {self._host} ({error}): "
            "start one with script/engine start, or set DOCKER_HOST"
        )


def is_young(labels: dict[str, str] | None, grace_s: float | None = None) -> bool:
    """Tell whether a thing may still be on its way to its owner."""
    grace_s = YOUNG_S if grace_s is None else grace_s
    since = (labels or {}).get(SINCE_LABEL, "")
    return since.isdigit() and time.time() - int(since) < grace_s


def label(thing: dict[str, Any], name: str) -> str:
    """Return one of our labels of something that the engine listed, or an empty string."""
    return str((thing.get("Labels") or {}).get(f"dev.patchbay.{name}", ""))
