"""Looks at this machine's own side: settings, keys, folders, Redis, the database, the disk."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.settings import SHORTEST_WEBHOOK_SECRET, Settings
from jobs.doctor.finding import Finding, fail, ok, warning
from jobs.queues import BellSilent, settings_of_redis
from records.database import schema_of

_GB = 1024**3
_LITTLE_DISK = 5 * _GB
_OTHERS = 0o077


def check_installation(settings: Settings) -> Iterator[Finding]:
    """Check everything that needs no other machine."""
    length = len(settings.webhook_secret.get_secret_value().encode())
    yield ok("webhook secret", f"{length} bytes ({SHORTEST_WEBHOOK_SECRET} are the least)")
    yield _key(settings)
    yield _data_folder(settings.data_dir)
    yield _disk(settings)
    yield from _redis(settings.redis_url)
    yield _database(settings.database())


def _key(settings: Settings) -> Finding:
    file = settings.github_private_key_file
    if file is None:
        return warning(
            "App's key",
            "it stands in the environment, which child processes inherit",
            "a file of mode 0600 in PATCHBAY_GITHUB_PRIVATE_KEY_FILE",
        )
    found = file.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & _OTHERS:
        return fail("App's key", f"others may read {file} (mode {mode:04o})", f"chmod 600 {file}")
    return ok("App's key", f"{file}, mode {mode:04o}")


def _data_folder(folder: Path) -> Finding:
    about = "data folder"
    if not folder.exists():
        return ok(about, f"{folder} will be made at the first start")
    found = folder.stat()
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return fail(about, f"{folder} cannot be written by this user", f"chown or chmod {folder}")
    if found.st_uid not in {os.getuid(), 0}:
        return fail(about, f"{folder} belongs to user {found.st_uid}", f"chown {folder}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o007:
        return warning(
            about,
            f"anybody on this machine may look into {folder} (mode {mode:04o})",
            f"chmod o= {folder}",
        )
    return ok(about, f"{folder}, mode {mode:04o}")


def _disk(settings: Settings) -> Finding:
    wanted = settings.data_dir.absolute()
    folder = next(each for each in (wanted, *wanted.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    words = f"{free / _GB:.1f} GB free at {folder}"
    least = settings.least_free_mb * 1024**2
    if free < least:
        return fail(
            "disk",
            f"{words}: new tasks wait",
            f"make room; {least / _GB:.1f} GB must be free (PATCHBAY_LEAST_FREE_MB)",
        )
    if free < _LITTLE_DISK:
        return warning("disk", words, "mirrors, environments and the database grow: make room")
    return ok("disk", words)


def _redis(url: str) -> Iterator[Finding]:
    try:
        found = settings_of_redis(url)
    except BellSilent as silent:
        yield fail("Redis", f"it does not answer: {silent}", "start it, or set REDIS_URL")
        return
    yield ok("Redis", f"version {found.version}")
    if not found.append_only:
        yield warning(
            "Redis",
            "what is in it is lost with its process; the clock rings again for "
            "every delivery and task, seconds later",
            "appendonly yes",
        )
    if found.eviction != "noeviction":
        yield warning(
            "Redis",
            f"it throws away what it likes when memory is short "
            f"(maxmemory-policy {found.eviction})",
            "maxmemory-policy noeviction",
        )


def _database(url: str) -> Finding:
    about = "database"
    try:
        now, newest = schema_of(url)
    except Exception as error:  # noqa: BLE001 - a driver's own; whatever it is, it is the finding
        return fail(
            about, f"it cannot be opened: {type(error).__name__}", "DATABASE_URL, or start it"
        )
    if now is None:
        return ok(about, "there is none yet: it is made at the first start")
    if now != newest:
        return warning(
            about,
            f"its schema is {now}, the newest {newest}",
            "the next start of any process brings it up to date; back it up first",
        )
    return ok(about, f"schema {now}")
