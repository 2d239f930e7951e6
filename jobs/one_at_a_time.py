"""Lets one job of this machine do a thing that another would only do again."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_S = 0.05


@contextmanager
def one_at_a_time(path: Path, until: float, halted: threading.Event) -> Iterator[bool]:
    """Hold a lock file, and take it away with the lock; False without it.

    It is waited for until `until` (monotonic), or until `halted` is set. The lock of a process
    that died is free.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _wait_for(path, until, halted)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            path.unlink(missing_ok=True)
            os.close(lock)


def _wait_for(path: Path, until: float, halted: threading.Event) -> int | None:
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _take(lock) and _is_still(path, lock):
            return lock
        os.close(lock)
        if time.monotonic() > until or halted.wait(_LOOK_S):
            return None


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, lock: int) -> bool:
    """Say whether the file has this name still: who held it before may have taken it away."""
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False
