"""Starts and removes sandboxes: the only door to Docker."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from jobs.sandbox import bundle, names, profile, uppers
from jobs.sandbox.asked import Asked, Kind
from jobs.sandbox.connection import STANDS_ON_LABEL, WAY_LABEL, Connection
from jobs.sandbox.copier import Source
from jobs.sandbox.errors import ImageMissing, SandboxError, SandboxLost, SnapshotMissing
from jobs.sandbox.hosts import Hosts
from jobs.sandbox.leftovers import Leftovers
from jobs.sandbox.networks import Networks
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import Running, Snapshot
from jobs.sandbox.snapshots import Snapshots, Stored
from jobs.sandbox.stream import FrameStream

_SERVER_STARTS_S = 20.0
_WITH_NETWORK = "runc"
_WORKSPACE = "/workspace"
_GB = 1024**3


class Engine:
    """Sandboxes on one Docker engine; `owner` keeps installations on one engine apart."""

    def __init__(
        self,
        docker_host: str | None = None,
        runtime: str = "runc",
        limits: SandboxLimits | None = None,
        *,
        owner: str = "patchbay",
        setup: SandboxLimits | None = None,
        snapshots_gb: float = 10.0,
    ) -> None:
        self._connection = Connection(docker_host, owner)
        self._runtime = runtime
        self._limits = limits or SandboxLimits()
        self._setup = setup or profile.setup_limits()
        self._owner = owner
        self._networks = Networks(self._connection)
        self._hosts = Hosts(self._connection)
        self.snapshots = Snapshots(self._connection, int(snapshots_gb * _GB))
        self._uppers = uppers.Uppers(self._connection, self._limits.workspace_mb)
        self._leftovers = Leftovers(self._connection, self._networks, self.snapshots)

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
        asked = Asked(self._digest_of(image), names.name(task_id, epoch), deadline_s)
        with self._connection.asking("the engine refused a sandbox"):
            try:
                return self._start_as(asked, snapshot, network_hosts)
            except ImageNotFound:
                # It was built anew meanwhile, and the old one removed.
                asked = replace(asked, image=self._digest_of(image))
                return self._start_as(asked, snapshot, network_hosts)

    def _start_as(
        self, asked: Asked, snapshot: Snapshot | None, network_hosts: Iterable[str] | None
    ) -> Sandbox:
        if network_hosts is not None:
            return self._start_with_network(asked, network_hosts)
        if snapshot is not None:
            return self._start_on(asked, snapshot)
        return self._start(asked, Kind(self._limits))

    def assign(self, container: str, task_id: str, epoch: int) -> None:
        """Give a running sandbox to a task; a name can be changed, a label cannot."""
        with self._connection.asking("a sandbox could not be given to a task") as api:
            api.rename(container, names.name(task_id, epoch))

    def save(self, sandbox: Sandbox, snapshot: Snapshot) -> int:
        """End a sandbox that was for setting up, and keep its work folder; returns its bytes."""
        try:
            return self.keep(sandbox.container, snapshot)
        finally:
            sandbox.close()

    def keep(self, container: str, snapshot: Snapshot) -> int:
        """Do the same for whoever knows a sandbox by its container only.

        It was stripped first: nothing runs in there any more that could write meanwhile.
        """
        with self._connection.asking("an environment could not be kept") as api:
            about = api.inspect_container(container)
        if WAY_LABEL not in (about["Config"]["Labels"] or {}):
            raise SandboxError("only what was set up can be kept, not what a task has worked in")
        try:
            [workspace] = [m["Name"] for m in about["Mounts"] if m["Destination"] == _WORKSPACE]
            source = Source(container, workspace, about["Image"])
            return self.snapshots.save(source, snapshot, self._setup.workspace_mb)
        finally:
            self.remove(container)

    def refused_hosts(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the hosts that a sandbox for setting up was not let through to, so far."""
        return self.refused_to(sandbox.container)

    def refused_to(self, container: str) -> tuple[str, ...]:
        """Return the same for whoever knows a sandbox by its container only."""
        token = self._way_of(container)
        return self._networks.refused(token) if token else ()

    def image_digest(self, image: str) -> str | None:
        """Return the id of an image, or None if there is none of that name."""
        try:
            return self._digest_of(image)
        except ImageMissing:
            return None

    def running(self) -> tuple[Running, ...]:
        """List the sandboxes of this installation."""
        # A dead one is half removed. Docker 20.10, killed and started again, may list it for ever.
        return tuple(names.running(one) for one in self._sandboxes() if one["State"] != "dead")

    def remove(self, container: str) -> None:
        """Remove a container, whatever it is doing; one that is gone already is fine."""
        token = self._way_of(container)
        self._connection.remove_container(container)
        if token:
            self._networks.close(token)

    def prepare(self, image: str, count: int = 1) -> None:
        """Have room for what `count` sandboxes on snapshots write, so that they start faster.

        Each costs a small idle container of the image; for one process that is always there.
        """
        self._uppers.prepare(self._digest_of(image), count)

    def close(self) -> None:
        """Give back what was made in advance."""
        self._uppers.close()

    def sweep(self) -> list[str]:
        """Remove what nobody holds any more, and snapshots that are too much; says what.

        For one process that is always there: nothing is touched that is younger than 30 seconds,
        nor what has labels of anybody else.
        """
        return self._leftovers.sweep()

    def _digest_of(self, image: str) -> str:
        with self._connection.asking("an image could not be looked up") as api:
            try:
                found = api.inspect_image(image)  # type: ignore[no-untyped-call]
            except ImageNotFound:
                name = image.removeprefix(f"{names.PREFIX}/")
                words = f"there is no image {image}: build it with script/images {name}"
                raise ImageMissing(words) from None
        return str(found["Id"])

    def _start_with_network(self, asked: Asked, hosts: Iterable[str]) -> Sandbox:
        with ExitStack() as undo:
            way = self._networks.open(hosts, asked.deadline_s)
            undo.callback(self._networks.close, way.token)
            kind = Kind(
                self._setup,
                uppers.tmpfs(self._setup.workspace_mb, "1m"),
                way.environment(),
                way.network,
                {WAY_LABEL: way.token},
            )
            sandbox = self._start(asked, kind)
            self._networks.opened(way.token)
            undo.pop_all()
            return sandbox

    def _start_on(self, asked: Asked, snapshot: Snapshot) -> Sandbox:
        stored = self.snapshots.find(snapshot)
        if stored is None:
            raise SnapshotMissing("this environment was not prepared yet, or was thrown away")
        lower = self.snapshots.folder(stored)
        upper = self._uppers.take(asked.image)
        try:
            return self._start_over(asked, stored, lower, upper)
        except APIError as error:
            # A holder may be there while its mount is not, as when the engine died between.
            if upper.folder not in str(error.explanation):
                raise
        return self._start_over(asked, stored, lower, self._uppers.make(asked.image))

    def _start_over(self, asked: Asked, stored: Stored, lower: str, upper: uppers.Upper) -> Sandbox:
        try:
            kind = Kind(
                self._limits,
                uppers.overlay(lower, upper),
                labels={STANDS_ON_LABEL: stored.volume},
                last_check=partial(self.snapshots.use, stored),
            )
            return self._start(asked, kind)
        finally:
            upper.let_go()

    def _start(self, asked: Asked, kind: Kind) -> Sandbox:
        connection = self._connection
        labels = {
            profile.LABEL: "1",
            profile.OWNER_LABEL: self._owner,
            profile.DEADLINE_LABEL: str(int(time.time() + asked.deadline_s) + 1),
            **kind.labels,
        }
        config = self._container(asked.image, labels, asked.deadline_s, kind)
        container = self._create(config, asked.name)
        with ExitStack() as undo:
            undo.callback(connection.remove_container, container)
            stream = connection.attach(container)
            undo.callback(stream.close)
            kind.last_check()
            connection.api.start(container)
            _greet(stream)
            undo.pop_all()
            remove = partial(self.remove, container)
            return Sandbox(container, stream, remove, image_digest=asked.image)

    def _create(self, config: dict[str, Any], name: str) -> str:
        try:
            return self._connection.create(config, name)
        except APIError as error:
            if not self._hosts.is_missing(error):
                raise
            self._hosts.make(config["Image"])
            return self._connection.create(config, name)

    def _container(
        self, image: str, labels: dict[str, str], deadline_s: float, kind: Kind
    ) -> dict[str, Any]:
        return {
            "Image": image,
            "Entrypoint": [],
            "Cmd": bundle.command(deadline_s, kind.limits.output_mb),
            "User": profile.AGENT,
            "Env": [*profile.environment(), *kind.environment],
            "WorkingDir": _WORKSPACE,
            "Hostname": "sandbox",
            "Labels": labels,
            "OpenStdin": True,
            # The tool server ends when its worker goes, and the container with it.
            "StdinOnce": True,
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "Healthcheck": {"Test": ["NONE"]},
            "NetworkDisabled": not kind.network,
            "HostConfig": self._host_config(image, kind),
        }

    def _host_config(self, image: str, kind: Kind) -> dict[str, Any]:
        # gVisor cannot join a network of Docker's, and is registered without any.
        runtime = _WITH_NETWORK if kind.network else self._runtime
        config = profile.host_config(kind.limits, runtime)
        if kind.network:
            config["NetworkMode"] = kind.network
            # No name server answers; who asks all the same need not wait for long.
            config["DnsOptions"] = ["timeout:1", "attempts:1"]
        config["Mounts"] = [] if kind.network else [self._hosts.mount(image)]
        if kind.workspace is not None:
            del config["Tmpfs"][_WORKSPACE]
            labels = self._connection.labels(uppers.WORKSPACE)
            config["Mounts"].append(uppers.volume(_WORKSPACE, kind.workspace, labels))
        return config

    def _sandboxes(self) -> list[dict[str, Any]]:
        mine = [f"{profile.LABEL}=1", f"{profile.OWNER_LABEL}={self._owner}"]
        with self._connection.asking("sandboxes could not be listed") as api:
            found: list[dict[str, Any]] = api.containers(all=True, filters={"label": mine})
        return found

    def _way_of(self, container: str) -> str:
        with self._connection.asking("a sandbox could not be looked up") as api:
            try:
                about = api.inspect_container(container)
            except NotFound:
                return ""
        return str((about["Config"]["Labels"] or {}).get(WAY_LABEL, ""))


def _greet(stream: FrameStream) -> None:
    deadline = time.monotonic() + _SERVER_STARTS_S
    stream.send_raw(bundle.packed(), deadline)
    header, _ = stream.receive(deadline)
    if header != {"hello": 1}:
        raise SandboxLost("the sandbox broke the protocol: no greeting")
