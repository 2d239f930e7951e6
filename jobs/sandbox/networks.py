"""Gives a sandbox that is set up its only way out: a proxy with a list of hosts.

Two networks are made for one sandbox: `inside`, where it meets its proxy and nobody else, and
`outside`, from where only the proxy reaches the world. Neither is used again.
"""

import re
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from jobs.sandbox import profile
from jobs.sandbox.connection import WAY_LABEL, Connection, is_young, label
from jobs.sandbox.errors import ImageMissing, SandboxError

IMAGE = "patchbay/proxy"
_PROXY = "proxy"
_NETWORK = "network"
_PORT = 3128
_USER = "13:13"
_READY = b"Accepting HTTP Socket connections"
_STARTS_S = 60.0
_OPENS_S = 180
"""A way that another process opens has its sandbox by then, or is left behind."""
_OUTLIVES_S = 60
"""How long a proxy stays after its sandbox must have ended."""
_FORBIDDEN = 403
_LONGEST_HOST = 253
_HOST = re.compile(r"\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_REFUSAL = re.compile(r"TCP_DENIED\S* ([A-Za-z0-9.:_\[\]-]{1,255}) (\d{1,5})")
_USUAL_PORTS = ("80", "443")
_REFUSALS_TOLD = 50
_LOG_MB = 1
_START = """\
printf %s "$CONFIGURATION" >/run/squid.conf
exec timeout -k 5 "$1" squid -N -f /run/squid.conf
"""


@dataclass(frozen=True)
class WayOut:
    """What a sandbox needs to know of its network."""

    token: str
    """Stands on the sandbox, its networks and its proxy, in the label `dev.patchbay.way`."""
    network: str
    proxy: str
    """The address of the proxy, as clients want it: `http://…:3128`."""

    def environment(self) -> list[str]:
        """Return what makes programs use the proxy, as Docker wants to be told."""
        names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
        local = ("NO_PROXY=localhost,127.0.0.1,::1", "no_proxy=localhost,127.0.0.1,::1")
        return [*(f"{name}={self.proxy}" for name in names), *local]


class Networks:
    """The networks and proxies of one installation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._opening: set[str] = set()

    def open(self, hosts: Iterable[str], deadline_s: float) -> WayOut:
        """Make a way to `hosts`: exact names, or `.suffix` for a name and all below it.

        Takes about a second; whoever asked says `opened` when the sandbox is there, or closes it.
        Raises SandboxError for what is not the name of a host.
        """
        allowed = minimal(hosts)
        token = secrets.token_hex(8)
        self._opening.add(token)
        with ExitStack() as undo:
            undo.callback(self.close, token)
            with self._connection.asking("a set-up got no network") as api:
                inside = self._create(token, "inside")
                outside = self._create(token, "outside")
                configuration = _configuration(inside["IPAM"]["Config"][0]["Subnet"], allowed)
                proxy = self._proxy(token, inside["Id"], configuration, deadline_s)
                api.connect_container_to_network(proxy, outside["Id"])
                self._connection.wait_said(proxy, _READY, _STARTS_S)
                found = api.inspect_container(proxy)["NetworkSettings"]["Networks"]
            undo.pop_all()
        address = found[inside["Name"]]["IPAddress"]
        return WayOut(token, inside["Id"], f"http://{address}:{_PORT}")

    def opened(self, token: str) -> None:
        """Take note that a sandbox has the way now; it is its sandbox's from here on."""
        self._opening.discard(token)

    def close(self, token: str) -> None:
        """Remove a way with its proxy; the sandbox is gone, or was never there."""
        self._opening.discard(token)
        connection = self._connection
        with connection.asking("the network of a set-up could not be removed") as api:
            for proxy in api.containers(all=True, filters=connection.mine(_PROXY, way=token)):
                connection.remove_container(proxy["Id"])
            for network in api.networks(filters=connection.mine(_NETWORK, way=token)):
                self._remove(network["Id"])

    def refused(self, token: str) -> tuple[str, ...]:
        """Return the hosts that were asked for in vain, in the order of their first time."""
        connection = self._connection
        hosts: dict[str, None] = {}
        with connection.asking("what a proxy refused could not be read") as api:
            for proxy in api.containers(all=True, filters=connection.mine(_PROXY, way=token)):
                log = api.logs(proxy["Id"], stdout=True, stderr=False)
                for host, port in _REFUSAL.findall(log.decode("utf-8", "replace")):
                    hosts[host if port in _USUAL_PORTS else f"{host}:{port}"] = None
        return tuple(hosts)[:_REFUSALS_TOLD]

    def sweep(self) -> list[str]:
        """Remove the ways that no sandbox has; returns what was removed, or could not be."""
        connection = self._connection
        with connection.asking("networks could not be listed") as api:
            found = [
                *api.containers(all=True, filters=connection.mine(_PROXY)),
                *api.networks(filters=connection.mine(_NETWORK)),
            ]
        old = {label(thing, "way") for thing in found if not is_young(thing["Labels"], _OPENS_S)}
        # In this order: a sandbox is there before its way counts as opened.
        left = old - set(self._opening)
        left -= self._in_use()
        return [self._closed(token) for token in sorted(left)]

    def _closed(self, token: str) -> str:
        what = f"the network of set-up {token}"
        try:
            self.close(token)
        except SandboxError as error:
            return f"{what}: not removed, {error}"
        return what

    def _in_use(self) -> set[str]:
        which = {"label": [*self._connection.mine()["label"], profile.LABEL, WAY_LABEL]}
        with self._connection.asking("sandboxes could not be listed") as api:
            return {label(one, "way") for one in api.containers(all=True, filters=which)}

    def _create(self, token: str, side: str) -> dict[str, Any]:
        inside = side == "inside"
        # Without an address for the bridge there is nothing of the host in there to speak to.
        options = {"com.docker.network.bridge.inhibit_ipv4": "true"} if inside else {}
        api = self._connection.api
        made = api.create_network(
            f"patchbay-{token}-{side}",
            driver="bridge",
            internal=inside,
            options=options,
            labels=self._connection.labels(_NETWORK, way=token),
        )
        found: dict[str, Any] = api.inspect_network(made["Id"])
        return found

    def _proxy(self, token: str, network: str, configuration: str, deadline_s: float) -> str:
        config = {
            "Image": IMAGE,
            "Entrypoint": [],
            "Cmd": ["sh", "-c", _START, "sh", str(int(deadline_s) + _OUTLIVES_S)],
            "User": _USER,
            "Env": [f"CONFIGURATION={configuration}"],
            "Hostname": "proxy",
            "Labels": self._connection.labels(_PROXY, way=token),
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": _host_config(network),
        }
        try:
            return self._connection.create(config, f"patchbay-{token}-proxy")
        except ImageNotFound:
            raise ImageMissing(
                f"there is no image {IMAGE}: build it with script/images proxy"
            ) from None

    def _remove(self, network: str) -> None:
        try:
            self._connection.api.remove_network(network)
        except NotFound:
            return
        except APIError as error:
            # A container in it is on its way out; the next sweep finds the network empty.
            if error.status_code != _FORBIDDEN:
                raise


def minimal(hosts: Iterable[str]) -> list[str]:
    """Return the hosts without those that a `.suffix` among them covers; squid wants it so."""
    named = sorted({host.strip().lower() for host in hosts})
    for host in named:
        if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
            raise SandboxError(f"{host!r} is not the name of a host")
    suffixes = [host for host in named if host.startswith(".")]
    return [
        host
        for host in named
        if not any(host != suffix and f".{host}".endswith(suffix) for suffix in suffixes)
    ]


def _configuration(inside: str, hosts: list[str]) -> str:
    template = (Path(__file__).parent / "proxy.conf").read_text(encoding="utf-8")
    return Template(template).substitute(inside=inside, hosts=" ".join(hosts) or "nothing.invalid")


def _host_config(network: str) -> dict[str, Any]:
    own = "uid=13,gid=13,mode=0700"
    return {
        "NetworkMode": network,
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={profile.seccomp()}"],
        "ReadonlyRootfs": True,
        "Tmpfs": {
            "/run": f"rw,noexec,nosuid,nodev,size=8m,{own}",
            "/dev/shm": f"rw,noexec,nosuid,nodev,size=16m,{own}",  # noqa: S108 - the container's own
        },
        "Memory": 256 * 1024 * 1024,
        "MemorySwap": 256 * 1024 * 1024,
        "OomScoreAdj": 500,
        "PidsLimit": 32,
        "Ulimits": [{"Name": "nofile", "Soft": 4096, "Hard": 4096}],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": f"{_LOG_MB}m", "max-file": "1"}},
        "AutoRemove": True,
    }
