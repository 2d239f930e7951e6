"""Changes files for the agent, and shows what they look like afterwards."""

from __future__ import annotations

import os

from . import matching, syntax
from .bounds import MAX_TEXT
from .frames import Refused, Request
from .places import resolve_writable, shown

_MAX_FILE = 16 * 1024 * 1024
_AROUND = 4
_SHOWN_REGIONS = 3
_SHOWN_LINES = 60
_MAX_LINE = 300
_BOM = b"\xef\xbb\xbf"


def edit(request: Request) -> None:
    """Answer an `edit` request."""
    body = request.body(2 * MAX_TEXT)
    old_size = request.header["old_size"]
    old, new = body[:old_size].decode(), body[old_size:].decode()
    path = resolve_writable(request.header["path"])
    before = existing(path)
    if not old:
        raise Refused("old_str is empty: use write to create a file")
    if old == new:
        raise Refused("old_str and new_str are the same: nothing would change")
    text, encoding, mark = decoded(before)
    try:
        found = matching.find(text, old, new, everywhere=request.header["replace_all"])
    except matching.Unclear as unclear:
        raise Refused(f"{shown(path)}: {unclear}") from None
    changed, places = _replaced(text, found.spans)
    try:
        after = mark + changed.encode(encoding)
    except UnicodeEncodeError:
        raise Refused(f"{shown(path)} is not UTF-8, and cannot hold what new_str holds") from None
    _store(path, after)
    how = f" ({found.how})" if found.how else ""
    count = f", {len(places)} places" if len(places) > 1 else ""
    parts = [
        f"edited {shown(path)}{count}{how}",
        *_regions(changed, places),
        *broken(path, before, after),
    ]
    request.answer({}, "\n".join(parts).encode("utf-8", "replace"))


def write(request: Request) -> None:
    """Answer a `write` request."""
    content = request.body(MAX_TEXT)
    path = resolve_writable(request.header["path"])
    if os.path.isdir(path):
        raise Refused(f"{shown(path)} is a directory")
    before = existing(path) if os.path.exists(path) else None
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _store(path, content)
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    verb = "wrote" if before is None else "overwrote"
    said = f"{verb} {shown(path)} ({lines} lines, {len(content)} bytes)"
    request.answer({}, "\n".join([said, *broken(path, before, content)]).encode("utf-8", "replace"))


def existing(path: str) -> bytes:
    """Return what is in a regular file of a size that can be edited."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Refused(f"there is no {shown(path)}: use write to create it") from None
    with open(handle, "rb") as opened:
        if not os.path.isfile(path):
            raise Refused(f"{shown(path)} is not a regular file")
        data = opened.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        raise Refused(f"{shown(path)} is larger than {_MAX_FILE:,} bytes")
    return data


def decoded(data: bytes) -> tuple[str, str, bytes]:
    """Return the text, its encoding and its mark at the start; whatever it is, it can go back."""
    if data.startswith(_BOM):
        return data[len(_BOM) :].decode("utf-8", "surrogateescape"), "utf-8", _BOM
    try:
        return data.decode("utf-8"), "utf-8", b""
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1", b""


def _replaced(text: str, spans: list[matching.Span]) -> tuple[str, list[tuple[int, int]]]:
    """Return the new text, and where in it the new pieces stand."""
    parts: list[str] = []
    places = []
    at = size = 0
    for span in spans:
        parts += [text[at : span.start], span.new]
        size += span.start - at
        places.append((size, size + len(span.new)))
        size += len(span.new)
        at = span.end
    return "".join([*parts, text[at:]]), places


def _store(path: str, data: bytes) -> None:
    """Replace the file in one step: a full disk must not leave half of it."""
    other = written_beside(path, data, mode_of(path))
    try:
        os.replace(other, path)
    except OSError:
        os.unlink(other)
        raise


def mode_of(path: str) -> int:
    """Return the permissions of a file, or those of a new one."""
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return 0o644


def written_beside(path: str, data: bytes, mode: int) -> str:
    """Write `data` to a new file next to `path`, which may then be replaced by it."""
    other = f"{path}.being-edited"
    handle = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "wb") as opened:
            opened.write(data)
            os.fchmod(handle, mode)
    except OSError:
        os.unlink(other)
        raise
    return other


def _regions(text: str, places: list[tuple[int, int]]) -> list[str]:
    lines = text.split("\n")
    shown_parts = []
    for start, end in places[:_SHOWN_REGIONS]:
        first = max(1, matching.line_of(text, start) - _AROUND)
        last = min(len(lines), matching.line_of(text, end) + _AROUND, first + _SHOWN_LINES)
        numbered = (f"{n:6}\t{lines[n - 1].rstrip()[:_MAX_LINE]}" for n in range(first, last + 1))
        shown_parts.append("\n".join(numbered))
    return ["\n   …\n".join(shown_parts)]


def broken(path: str, before: bytes | None, after: bytes) -> list[str]:
    """Return the line that says that the file parsed before and does not now, if that is so."""
    complaint = syntax.newly_broken(path, before, after)
    return [f"[the file does not parse any more: {complaint}]"] if complaint else []
