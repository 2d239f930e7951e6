"""Finds out by facts, never by a command's words alone, which limits it ran into."""

from __future__ import annotations

import os
import resource
import signal
import time
from contextlib import suppress
from typing import Any

from .bounds import DISK, FILE, FOLDERS, MEMORY, PROCESSES
from .places import is_out_of_files

_MEMORY_EVENTS = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")
_MEMORY_MAX = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max")
_PIDS_EVENTS = ("/sys/fs/cgroup/pids/pids.events", "/sys/fs/cgroup/pids.events")
_PIDS_MAX = ("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max")
"""The first of each is of version 1 of control groups, the second of version 2."""
_NO_ROOM = 64 * 1024
_KILLED_FOR_SIZE = 128 + signal.SIGXFSZ
_TOO_LARGE = (b"File too large", b"File size limit exceeded")
_NO_SPACE = b"No space left on device"
_SEARCH_S = 0.3
_LONGEST = 4096
_open: dict[str, int] = {}


class Watch:
    """What was so before a command began, and what came of it."""

    def __init__(self) -> None:
        self._kills = count(_MEMORY_EVENTS, "oom_kill")
        self._forks = count(_PIDS_EVENTS, "max")
        self._full_before = _full()
        self._full: dict[str, int] = {}

    def look(self) -> None:
        """Note which folders are full now; a command may clear up behind itself."""
        self._full.update(_full())

    def hits(self, exit_code: int, output: bytes) -> list[dict[str, Any]]:
        """Return what was run into since, each with its size."""
        self.look()
        found = []
        if count(_MEMORY_EVENTS, "oom_kill") > self._kills:
            found.append({"kind": MEMORY, "size": number(_MEMORY_MAX)})
        if count(_PIDS_EVENTS, "max") > self._forks:
            found.append({"kind": PROCESSES, "size": number(_PIDS_MAX)})
        for folder, size in self._full.items():
            if folder not in self._full_before or _NO_SPACE in output:
                found.append({"kind": DISK, "size": size, "folder": folder})
        largest = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        if exit_code == _KILLED_FOR_SIZE or _holds_a_file_of(largest, output):
            found.append({"kind": FILE, "size": largest})
        return found


def notes(hits: list[dict[str, Any]]) -> str:
    """Say to the model what its command ran into."""
    return "".join(f"[{_WORDS[hit['kind']].format(_size(hit), **hit)}]\n" for hit in hits)


_WORDS = {
    MEMORY: "the sandbox ran out of memory ({0}) and a process was killed",
    PROCESSES: "the limit of {0} processes was reached",
    DISK: "{folder} is full: it has {0}",
    FILE: "a file reached the largest size allowed: {0}",
}


def _size(hit: dict[str, Any]) -> str:
    return str(hit["size"]) if hit["kind"] == PROCESSES else f"{hit['size'] // (1 << 20)} MB"


def _full() -> dict[str, int]:
    """Return the folders without room for one more file or page, and their sizes in bytes."""
    found = {}
    for folder in FOLDERS:
        try:
            of = os.statvfs(folder)
        except OSError:
            continue
        if of.f_bavail * of.f_frsize < _NO_ROOM or is_out_of_files(of):
            found[folder] = of.f_blocks * of.f_frsize
    return found


def _holds_a_file_of(size: int, output: bytes) -> bool:
    """Tell whether a file stopped growing at `size`, where a command complained of such a thing."""
    if size <= 0 or not any(words in output for words in _TOO_LARGE):
        return False
    until = time.monotonic() + _SEARCH_S
    for folder in FOLDERS:
        for where, _, names in os.walk(folder):
            if time.monotonic() > until:
                return False
            if any(_size_of(os.path.join(where, name)) == size for name in names):
                return True
    return False


def _size_of(file: str) -> int:
    try:
        return os.lstat(file).st_size
    except OSError:
        return 0  # it is gone


def count(files: tuple[str, ...], event: str) -> int:
    """Return how often `event` has happened, by the first of the files that there is."""
    lines = (line.split() for line in _first(files).splitlines())
    return next((int(number) for name, number in lines if name == event), 0)


def number(files: tuple[str, ...]) -> int:
    """Return the limit in the first of the files that there is; 0 if there is none."""
    text = _first(files)
    return int(text) if text.isdigit() else 0


def _first(files: tuple[str, ...]) -> str:
    """Return what is in the first of the files that there is: which one, the engine decides."""
    for file in files:
        if file in _open:
            return os.pread(_open[file], _LONGEST, 0).decode().strip()
        with suppress(OSError):
            # Kept open: it is asked for twice a command, and opening it takes most of the time.
            _open[file] = os.open(file, os.O_RDONLY)
            return _first((file,))
    return ""
