"""Says what the keeper's settings say of sandboxes: the engine, and whose they are."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from bot.settings import KeeperSettings
from jobs.limits import limits_of
from jobs.sandbox.engine import Engine
from jobs.sandbox.errors import SandboxError
from jobs.sandbox.profile import setup_limits

OWNER_FILE = "sandbox-owner"
_AN_OWNER = re.compile(r"[0-9a-f]{32}")


def engine_of(settings: KeeperSettings, owner: str) -> Engine:
    """Return this machine's engine, with the sandboxes of this owner."""
    return Engine(
        settings.docker_host,
        settings.sandbox_runtime,
        limits_of(settings),
        owner=owner,
        setup=setup_limits(settings.setup_memory_mb, settings.setup_workspace_mb),
        snapshots_gb=settings.snapshots_gb,
    )


def owner_in(folder: Path) -> str:
    """Return whose the sandboxes of a folder are: an id that stays when host and path change."""
    path = folder / OWNER_FILE
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(path)
        owner = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"whose sandboxes these are cannot be kept: {error}") from error
    if not _AN_OWNER.fullmatch(owner):
        raise SandboxError(
            f"{path} holds no owner's id; once it is removed, there will be a new one"
        )
    return owner


def _make(path: Path) -> None:
    """Let it be there with all that is in it, or not at all; who comes second takes the first's."""
    owner = secrets.token_hex(16)
    new = path.with_name(f"{path.name}.{owner}")
    try:
        with new.open("x") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(f"{owner}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)
