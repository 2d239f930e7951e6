"""What an operator chooses about sandboxes: all that the keeper is told, without any key."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_KEY = re.compile(r"(^|_)(API)?KEYS?(_|$)|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL")


class SettingsError(Exception):
    """The environment does not hold what the product needs; the message names each setting."""


class SandboxSettings(BaseSettings):
    """What workers and the keeper both need to know, so that they agree on it."""

    model_config = SettingsConfigDict(
        env_prefix="PATCHBAY_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    data_dir: Path = Path("var")
    """The folder for the database and the mirrors of repositories."""
    keeper_socket: Path | None = None
    """Where the keeper listens; without it, `keeper.sock` in the data folder."""
    docker_host: str | None = Field(
        None, validation_alias=AliasChoices("DOCKER_HOST", "docker_host")
    )
    """`DOCKER_HOST`: the Docker engine for sandboxes; without it, Docker's own default."""
    sandbox_image: str = "patchbay/python"
    """The image that commands run in."""
    sandbox_memory_mb: int = Field(2048, ge=128)
    """The memory of one sandbox, in MiB."""
    sandbox_cpus: float = Field(1.0, gt=0)
    """The processors of one sandbox; a fraction is allowed."""
    sandbox_pids: int = Field(256, ge=32)
    """How many processes one sandbox may have."""
    sandbox_workspace_mb: int = Field(1024, ge=64)
    """The space for the repository, what is built in it and the home folder, in MiB."""
    sandbox_output_mb: int = Field(8, ge=1, le=64)
    """What one command may write to its output before it is ended, in MiB."""
    sandbox_images: Annotated[tuple[str, ...], NoDecode] = (
        "patchbay/base",
        "patchbay/python",
        "patchbay/node",
        "patchbay/go",
        "patchbay/full",
    )
    """The images that a task may run in, beside that one."""
    sandbox_runtime: str = Field(
        "runc",
        validation_alias=AliasChoices(
            "PATCHBAY_SANDBOX_RUNTIME", "SANDBOX_RUNTIME", "sandbox_runtime"
        ),
    )
    """The container runtime: `runc`, or `runsc` for gVisor (`SANDBOX_RUNTIME` is read too)."""
    network_hosts: Annotated[tuple[str, ...], NoDecode] = (
        "pypi.org",
        "files.pythonhosted.org",
        "registry.npmjs.org",
        "proxy.golang.org",
        "sum.golang.org",
        "deb.debian.org",
        "index.crates.io",
        "static.crates.io",
    )
    """The hosts that the set-up of a project may reach, and nothing else ever may."""
    network_hosts_on_request: Annotated[tuple[str, ...], NoDecode] = ()
    """Further hosts that a project may ask for; `.example.org` stands for all names below it."""
    log_format: Literal["json", "console"] = "json"
    """How log lines are written: for machines or for people."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important level that is written."""

    @classmethod
    def load(cls) -> Self:
        """Read the environment; SettingsError says everything that is wrong with it."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_explain(error, cls.model_fields)) from None

    @field_validator("sandbox_images", "network_hosts", "network_hosts_on_request", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    def keeper_path(self) -> Path:
        """Return where the keeper listens."""
        return (self.keeper_socket or self.data_dir / "keeper.sock").absolute()


class KeeperSettings(SandboxSettings):
    """What the keeper needs beside that: no key and no token, which it refuses to be given."""

    sandbox_most: int = Field(64, ge=1)
    """How many sandboxes may be in use on this machine at once."""
    keeper_group: str = ""
    """The group that may speak to the keeper, beside its own user."""
    pool_size: int = Field(2, ge=0, le=32)
    """How many sandboxes of each image wait, started and unused, for the next task."""
    pool_idle_minutes: float = Field(30.0, gt=0)
    """How long an unused sandbox waits before a fresh one takes its place."""
    pool_least_free_mb: int = Field(2048, ge=0)
    """How much of the machine's memory must be free for a pool, in MiB."""
    pool_most_pressure: float = Field(10.0, gt=0, le=100)
    """How much of the time, in percent (PSI), work may wait for memory while there is a pool."""
    setup_memory_mb: int = Field(6144, ge=256)
    """The memory of a sandbox in which a project is set up, in MiB."""
    setup_workspace_mb: int = Field(4096, ge=64)
    """The space for what the set-up of a project brings and builds, in MiB."""
    snapshots_gb: float = Field(10.0, gt=0)
    """How much of the disk the environments of projects may take, in GiB."""

    @classmethod
    def load(cls) -> Self:
        """Read the environment; SettingsError too where it holds what opens a door elsewhere."""
        held = sorted(name for name, value in os.environ.items() if value and opens(name, value))
        if held:
            raise SettingsError(
                "The keeper cannot start:\n  it must hold no key and no token, and its environment "
                f"has {', '.join(held)}: start it with script/keeper, which passes on only its own"
            )
        return super().load()


def keeper_variables() -> list[str]:
    """Name every variable that the keeper reads: all that it may be given."""
    fields = KeeperSettings.model_fields
    return [name for field, info in fields.items() for name in variables(field, info)]


def variables(field: str, info: FieldInfo) -> list[str]:
    """Return the environment variables that a field is read from, the preferred one first."""
    if isinstance(info.validation_alias, AliasChoices):
        return [str(name) for name in info.validation_alias.choices if str(name).isupper()]
    return [f"PATCHBAY_{field.upper()}"]


def passwords(*urls: str) -> list[str]:
    """Return the passwords that stand in addresses."""
    found = []
    for url in urls:
        _, _, rest = url.partition("://")
        credentials, at, _ = rest.rpartition("@")
        if at:
            found.append(credentials.partition(":")[2])
    return found


def opens(name: str, value: str) -> bool:
    """Say whether a variable looks like something that opens a door elsewhere."""
    return bool(_KEY.search(name.upper()) or any(passwords(value)))


def _explain(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        place = str(problem["loc"][0]) if problem["loc"] else ""
        name = variables(place, fields[place])[0] if place in fields else place
        words = "is not set" if problem["type"] == "missing" else problem["msg"]
        lines.append(f"{name}: {words.removeprefix('Value error, ')}".removeprefix(": "))
    return "Patchbay cannot start:\n" + "\n".join(f"  {line}" for line in lines)
