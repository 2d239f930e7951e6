"""Says what a Docker engine is: its versions, its runtimes, its images, and what it lacks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import docker
import requests
from docker.errors import DockerException, ImageNotFound

from jobs.sandbox.errors import SandboxError

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_ANSWERS_S = 10


@dataclass(frozen=True)
class EngineFacts:
    """An engine, as it describes itself."""

    version: str
    parts: dict[str, str]
    """The versions of what it consists of, `runc` among them."""
    runtimes: dict[str, tuple[str, ...]]
    """The names that a container may ask for, each with the arguments that it is run with."""
    cgroup_version: str
    warnings: tuple[str, ...]
    """What this kernel does not do for it, in its own words."""
    seccomp: bool
    data_root: str
    images: dict[str, datetime | None]
    """When each image that was asked about was built; None for one that is not there."""


def describe(docker_host: str | None, images: Iterable[str]) -> EngineFacts:
    """Ask an engine what it is; SandboxError if none answers."""
    host = docker_host or _DEFAULT_HOST
    try:
        api = docker.APIClient(host, "auto", timeout=_ANSWERS_S)
        try:
            return _described(api, images)
        finally:
            api.close()
    except (DockerException, requests.RequestException) as error:
        raise SandboxError(f"no Docker engine answers at {host}: {error}") from error


def _described(api: docker.APIClient, images: Iterable[str]) -> EngineFacts:
    version, info = api.version(), api.info()
    return EngineFacts(
        version=str(version["Version"]),
        parts={str(part["Name"]): str(part["Version"]) for part in version.get("Components", [])},
        runtimes={
            name: tuple(runtime.get("runtimeArgs") or ())
            for name, runtime in info["Runtimes"].items()
        },
        cgroup_version=str(info.get("CgroupVersion", "")),
        warnings=tuple(info.get("Warnings") or ()),
        seccomp=any("name=seccomp" in each for each in info.get("SecurityOptions") or ()),
        data_root=str(info.get("DockerRootDir", "")),
        images={image: _built(api, image) for image in images},
    )


def _built(api: docker.APIClient, image: str) -> datetime | None:
    try:
        created = api.inspect_image(image)["Created"]  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return None
    # Docker counts nanoseconds; Python reads six digits.
    whole, _, _ = str(created).rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00")
