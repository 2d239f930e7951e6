"""Shows a file with line numbers, or what is in a folder."""

from __future__ import annotations

import os

from . import git
from .bounds import READ_LINES
from .frames import Refused, Request
from .places import BASE_INDEX, REPO, resolve, shown

MAX_CHARS = 32_000
MAX_LINE = 2_000
_MAX_FILE = 64 * 1024 * 1024
_MAX_ENTRIES = 600
_BINARY_PROBE = 8_000


def read(request: Request) -> None:
    """Answer a `read` request."""
    path = resolve(request.header["path"])
    if os.path.isdir(path):
        text = _folder(path)
    else:
        text = _file(path, request.header["start"], request.header["end"])
    request.answer({}, text.encode("utf-8", "replace"))


def _file(path: str, start: int | None, end: int | None) -> str:
    data = _content(path)
    if b"\0" in data[:_BINARY_PROBE]:
        return f"[{shown(path)} is a binary file of {len(data):,} bytes]"
    lines = data.decode("utf-8-sig", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    if not lines:
        return f"[{shown(path)} is empty]"
    first = max(1, start or 1)
    last = len(lines) if end is None or end < 0 else min(end, len(lines))
    if first > last:
        raise Refused(
            f"{shown(path)} has {len(lines)} lines: there is nothing from {first} to {last}"
        )
    return _numbered(shown(path), lines, first, last)


def _numbered(name: str, lines: list[str], first: int, last: int) -> str:
    parts: list[str] = []
    size = 0
    for number in range(first, min(last, first + READ_LINES - 1) + 1):
        line = lines[number - 1].rstrip("\r")
        if len(line) > MAX_LINE:
            line = f"{line[:MAX_LINE]}[… {len(line) - MAX_LINE} more characters in this line]"
        size += len(line) + 8
        if size > MAX_CHARS and parts:
            break
        parts.append(f"{number:6}\t{line}")
    shown_last = first + len(parts) - 1
    whole = first == 1 and shown_last == len(lines)
    header = f"{name}" if whole else f"{name} (lines {first} to {shown_last} of {len(lines)})"
    footer = []
    if shown_last < last:
        footer = [f"[go on with start_line {shown_last + 1}]"]
    return "\n".join([header, *parts, *footer])


def _content(path: str) -> bytes:
    try:
        # A fifo without a writer would hold up the server for good.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Refused(f"there is no {shown(path)}{_similar(path)}") from None
    with open(handle, "rb") as opened:
        size = os.fstat(handle).st_size
        if not os.path.isfile(path):
            raise Refused(f"{shown(path)} is not a regular file")
        if size > _MAX_FILE:
            raise Refused(f"{shown(path)} has {size:,} bytes: look at parts of it with bash")
        return opened.read(_MAX_FILE)


def _similar(path: str) -> str:
    name = os.path.basename(path)
    found = []
    for folder, folders, files in os.walk(REPO):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [shown(f"{folder}/{name}")] if name in files else []
        if len(found) > 2:  # noqa: PLR2004 - three are enough to choose from
            break
    return f"; there is {', '.join(found)}" if found else ""


def _folder(path: str) -> str:
    entries = _entries(path, 2)
    ignored = _ignored(entries)
    kept = [each for each in entries if not {each, os.path.dirname(each)} & ignored]
    parts = [each[len(path) :].lstrip("/") + "/" * os.path.isdir(each) for each in kept]
    more = [f"[… and {len(parts) - _MAX_ENTRIES} more]"] if len(parts) > _MAX_ENTRIES else []
    return "\n".join([f"{shown(path)}/", *parts[:_MAX_ENTRIES], *more])


def _entries(path: str, levels: int) -> list[str]:
    found: list[str] = []
    for name in sorted(os.listdir(path)):
        if name.startswith("."):
            continue
        each = f"{path}/{name}"
        found.append(each)
        if levels > 1 and os.path.isdir(each) and not os.path.islink(each):
            found += _entries(each, levels - 1)
    return found


def _ignored(paths: list[str]) -> set[str]:
    inside = [path for path in paths if path.startswith(REPO + "/")]
    if not inside or not os.path.exists(BASE_INDEX):
        return set()
    names = "\0".join(path[len(REPO) + 1 :] for path in inside)
    try:
        said = git.run(
            *("check-ignore", "-z", "--stdin"),
            work_tree=REPO,
            index=BASE_INDEX,
            stdin=names.encode("utf-8", "surrogateescape"),
            fine=(0, 1),
        )
    except Refused:
        return set()
    return {
        f"{REPO}/{name}" for name in said.decode("utf-8", "surrogateescape").split("\0") if name
    }
