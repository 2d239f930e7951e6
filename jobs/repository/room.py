"""Keeps the folder of mirrors within its room: who uses which, what may go, what was left lying.

Two lock files lie beside each mirror: who fetches into it holds `<id>.lock` alone, who works with
it holds `<id>.held` together with others. They are empty, and stay when a mirror goes: a lock on a
file that was removed would hold off nobody.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from jobs.repository.git import GitFailed

QUOTA_BYTES = 20 * 1024**3
LEFT_AFTER_S = 600.0
"""What was begun so long ago in a folder of its own will not be finished."""
_HALF_DONE = ("*.lock", "gc.pid", "refs/**/*.lock", "objects/pack/*.lock", "objects/pack/*tmp[-_]*")


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep a mirror from being removed, and note that it is used now."""
    file = path.with_suffix(".held")
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = _open(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(file)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[int]:
    """Be the only one who writes into a mirror; gives the lock's descriptor."""
    lock = _open(path.with_suffix(".lock"))
    try:
        _wait_for(lock, timeout_s)
        yield lock
    finally:
        os.close(lock)  # the lock goes with the last process that holds it, git included


def keep_quota(root: Path, quota_bytes: int) -> None:
    """Remove mirrors that nobody holds, the longest unused first, until the others fit."""
    sizes = {path: _size(path) for path in root.glob("*.git")}
    total = sum(sizes.values())
    for path in sorted(sizes, key=_last_used):
        if total <= quota_bytes:
            return
        if _remove_unless_held(path):
            total -= sizes[path]


def remove_leftovers(root: Path) -> None:
    """Remove what killed jobs left: mirrors put aside, packs half made, locks of git's own."""
    for old in root.glob("*.old-*"):
        shutil.rmtree(old, ignore_errors=True)
    for path in root.glob("*.git"):
        for new in path.glob("patchbay-packs/new-*"):
            if _age_s(new) > LEFT_AFTER_S:
                shutil.rmtree(new, ignore_errors=True)
        with _locked_now(path.with_suffix(".lock")) as mine:
            if mine:
                remove_half_done(path)


def remove_half_done(path: Path) -> None:
    """Remove what a killed git left in a mirror; the caller holds its lock."""
    for pattern in _HALF_DONE:
        for left in path.glob(pattern):
            left.unlink(missing_ok=True)


def _remove_unless_held(path: Path) -> bool:
    with _locked_now(path.with_suffix(".held")) as mine:
        if not mine:
            return False
        # Put aside first: half a mirror under its own name would be taken for a whole one.
        old = path.with_suffix(f".old-{os.getpid()}-{secrets.token_hex(4)}")
        with contextlib.suppress(FileNotFoundError):  # somebody else did it
            path.rename(old)
    shutil.rmtree(old, ignore_errors=True)
    return True


@contextlib.contextmanager
def _locked_now(file: Path) -> Iterator[bool]:
    lock = _open(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _wait_for(lock: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise GitFailed("lock", "another fetch holds the mirror", timed_out=True) from None
            time.sleep(0.05)
        else:
            return


def _last_used(path: Path) -> float:
    for file in (path.with_suffix(".held"), path):
        with contextlib.suppress(FileNotFoundError):
            return file.stat().st_mtime
    return 0.0


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(path: Path) -> int:
    """Count the bytes on disk below a folder; a mirror is a few dozen files."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(f"{folder}/{name}").st_blocks * 512
    return total
