"""Applies a change that was collected earlier to a fresh work tree."""

from __future__ import annotations

import os
from typing import Iterator

from .change import DELETED, EXECUTABLE, REGULAR, SYMLINK
from .frames import Refused, Request
from .places import REPO, make_real_folder, remove

_LIMIT = 64 * 1024 * 1024
_ROOT = os.fsencode(REPO)


def restore(request: Request) -> None:
    """Answer a `restore` request."""
    if not os.path.isdir(REPO):
        raise Refused("no code was put into this sandbox")
    entries = list(_entries(request.body(_LIMIT)))
    # What goes makes room for what comes: a file where a folder was, or the other way round.
    for path, kind, _ in entries:
        if kind == DELETED:
            remove(_ROOT + b"/" + path)
    for path, kind, content in entries:
        if kind in (REGULAR, EXECUTABLE, SYMLINK):
            _place(path, kind, content)
    request.answer({})


def _entries(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    at = 0
    while True:
        length, at = _number(data, at, 4)
        if not length:
            return
        path, at = _slice(data, at, length)
        kind, at = _number(data, at, 1)
        size, at = _number(data, at, 8)
        content, at = _slice(data, at, size)
        if any(part in (b"", b".", b"..", b".git") for part in path.split(b"/")):
            raise Refused(f"a path that cannot be restored: {path!r}")
        yield path, kind, content


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    taken, at = _slice(data, at, size)
    return int.from_bytes(taken, "big"), at


def _slice(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise Refused("the change to restore is cut off")
    return data[at : at + size], at + size


def _place(path: bytes, kind: int, content: bytes) -> None:
    folder = _ROOT
    for part in path.split(b"/")[:-1]:
        folder += b"/" + part
        make_real_folder(folder)
    full = _ROOT + b"/" + path
    remove(full)
    if kind == SYMLINK:
        os.symlink(content, full)
        return
    with open(full, "xb") as opened:
        opened.write(content)
    os.chmod(full, 0o755 if kind == EXECUTABLE else 0o644)
