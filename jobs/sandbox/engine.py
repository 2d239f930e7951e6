"""Starts and removes sandboxes: the only door to Docker."""

import os
import re
import secrets
import time
import weakref
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from jobs.sandbox import bundle, profile
from jobs.sandbox.errors import ImageMissing, SandboxError, SandboxLost
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import Running, Snapshot
from jobs.sandbox.stream import FrameStream

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_ENGINE_ANSWERS_S = 30
_SERVER_STARTS_S = 20.0
_BEING_REMOVED = 409
_PREFIX = "patchbay"
_NAMED = re.compile(rf"/{_PREFIX}-([a-z0-9]+)-(\d+)-[0-9a-f]{{8}}")


class Engine:
    """Sandboxes on one Docker engine; `owner` keeps installations on one engine apart."""

    def __init__(
        self,
        docker_host: str | None = None,
        runtime: str = "runc",
        limits: SandboxLimits | None = None,
        *,
        owner: str = "patchbay",
    ) -> None:
        self._host = docker_host or _DEFAULT_HOST
        self._runtime = runtime
        self._limits = limits or SandboxLimits()
        self._owner = owner
        self._client: docker.APIClient | None = None
        self._client_of = 0

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
        """Start a container with the tool server in it; it ends itself after `deadline_s`."""
        if snapshot is not None or network_hosts is not None:
            raise NotImplementedError
        labels = {
            profile.LABEL: "1",
            profile.OWNER_LABEL: self._owner,
            profile.DEADLINE_LABEL: str(int(time.time() + deadline_s) + 1),
        }
        try:
            return self._start(image, _name(task_id, epoch), labels, deadline_s)
        except ImageNotFound:
            raise ImageMissing(f"there is no image {image}: build it with script/images") from None
        except APIError as error:
            raise SandboxError(f"the engine refused a sandbox: {error.explanation}") from error
        except (DockerException, requests.RequestException) as error:
            raise self._silent(error) from error

    def assign(self, container: str, task_id: str, epoch: int) -> None:
        """Give a running sandbox to a task; a name can be changed, a label cannot."""
        try:
            self._api().rename(container, _name(task_id, epoch))
        except (DockerException, requests.RequestException) as error:
            raise SandboxError(f"a sandbox could not be given to a task: {error}") from error

    def save(self, sandbox: Sandbox, snapshot: Snapshot) -> int:
        """Keep what a sandbox was prepared with."""
        raise NotImplementedError

    def refused_hosts(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the hosts that it was not let through to."""
        raise NotImplementedError

    def image_digest(self, image: str) -> str | None:
        """Return the id of an image, or None if there is none of that name."""
        try:
            found = self._api().inspect_image(image)  # type: ignore[no-untyped-call]
            return str(found["Id"])
        except ImageNotFound:
            return None
        except (DockerException, requests.RequestException) as error:
            raise self._silent(error) from error

    def running(self) -> tuple[Running, ...]:
        """List the sandboxes of this installation."""
        mine = [f"{profile.LABEL}=1", f"{profile.OWNER_LABEL}={self._owner}"]
        try:
            found = self._api().containers(all=True, filters={"label": mine})
        except (DockerException, requests.RequestException) as error:
            raise self._silent(error) from error
        return tuple(_running(container) for container in found)

    def remove(self, container: str) -> None:
        """Remove a container, whatever it is doing; one that is gone already is fine."""
        api = self._api()
        try:
            api.remove_container(container, force=True, v=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != _BEING_REMOVED:
                raise SandboxError(f"a sandbox could not be removed: {error}") from error
            self._wait_removed(container)
        except (DockerException, requests.RequestException) as error:
            raise self._silent(error) from error

    def _start(self, image: str, name: str, labels: dict[str, str], deadline_s: float) -> Sandbox:
        api = self._api()
        container = api.create_container_from_config(  # type: ignore[no-untyped-call]
            self._container(image, labels, deadline_s), name=name
        )["Id"]
        with ExitStack() as undo:
            undo.callback(self.remove, container)
            stream = self._attach(container)
            undo.callback(stream.close)
            api.start(container)
            sandbox = self._greet(container, stream)
            undo.pop_all()
            return sandbox

    def _container(self, image: str, labels: dict[str, str], deadline_s: float) -> dict[str, Any]:
        return {
            "Image": image,
            "Entrypoint": [],
            "Cmd": bundle.command(deadline_s),
            "User": profile.AGENT,
            "Env": profile.environment(),
            "WorkingDir": "/workspace",
            "Hostname": "sandbox",
            "Labels": labels,
            "OpenStdin": True,
            # The tool server ends when its worker goes, and the container with it.
            "StdinOnce": True,
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": profile.host_config(self._limits, self._runtime),
        }

    def _attach(self, container: str) -> FrameStream:
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        reader = self._api().attach_socket(container, wanted)
        # The library offers a reader only, and its socket closes when the response is collected.
        connection = reader._sock.dup()  # noqa: SLF001
        reader._response.close()  # noqa: SLF001
        return FrameStream(connection)

    def _greet(self, container: str, stream: FrameStream) -> Sandbox:
        deadline = time.monotonic() + _SERVER_STARTS_S
        stream.send_raw(bundle.packed(), deadline)
        header, _ = stream.receive(deadline)
        if header != {"hello": 1}:
            raise SandboxLost("the sandbox broke the protocol: no greeting")
        return Sandbox(container, stream, partial(self.remove, container))

    def _wait_removed(self, container: str) -> None:
        try:
            self._api().wait(container, timeout=_ENGINE_ANSWERS_S, condition="removed")
        except NotFound:
            return

    def _api(self) -> docker.APIClient:
        # A forked job must not speak on its parent's connections.
        if self._client is None or self._client_of != os.getpid():
            try:
                self._client = docker.APIClient(self._host, "auto", timeout=_ENGINE_ANSWERS_S)
            except DockerException as error:
                raise self._silent(error) from error
            self._client_of = os.getpid()
            # It keeps connections between calls, for as long as anybody has use for them.
            weakref.finalize(self, self._client.close)
        return self._client

    def _silent(self, error: Exception) -> SandboxError:
        return SandboxError(
            f"no Docker engine answers at {self._host} ({error}): "
            "start one with script/engine start, or set DOCKER_HOST"
        )


def _name(task_id: str, epoch: int) -> str:
    return f"{_PREFIX}-{task_id}-{epoch}-{secrets.token_hex(4)}"


def _running(container: dict[str, Any]) -> Running:
    name = container["Names"][0] if container.get("Names") else ""
    named = _NAMED.fullmatch(name)
    task_id, epoch = (named[1], int(named[2])) if named else ("", -1)
    deadline = container["Labels"].get(profile.DEADLINE_LABEL, "")
    overdue = not deadline.isdigit() or int(deadline) < time.time()
    return Running(container["Id"], task_id, epoch, overdue)
