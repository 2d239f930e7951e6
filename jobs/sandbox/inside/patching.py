"""Carries out a patch: all of it, or nothing."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import partial
from typing import Any, Callable

from . import chunks, editing, page
from .frames import Refused, Request
from .places import resolve, resolve_writable, shown

_LONGEST = 16 * 1024 * 1024
"""Bytes of JSON, which takes more of them than the patch itself."""
_AROUND = 2
_SHOWN_REGIONS = 3
_SHOWN_LINES = 40
_MAX_LINE = 300
_PARSING_S = 10.0


def patch(request: Request) -> None:
    """Answer a `patch` request."""
    asked = json.loads(request.body(_LONGEST))
    plan = _Plan()
    try:
        for change in asked:
            plan.add(change)
        plan.carry_out()
    except Refused as refused:
        raise Refused(f"{refused}\nNothing of the patch was done.") from None
    except OSError as error:
        why = f"{shown(str(error.filename))}: {error.strerror}"
        raise Refused(f"{why}\nNothing of the patch was done.") from None
    request.answer({}, "\n".join(plan.told()).encode("utf-8", "replace"))


class _File:
    """A file as it is, and as the patch will leave it; None where there is none."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.before = editing.existing(path) if os.path.lexists(path) else None
        self.mode = self.mode_before = editing.mode_of(path)
        self.after = self.before
        self.compared_with = self.before
        """What the syntax is compared with: of a moved file, what it was in its old place."""

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to do about it."""
        return self.after != self.before or self.mode != self.mode_before


class _Plan:
    """What the patch asks for, worked out against the files before any of them is touched."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._said: list[tuple[_File, str]] = []

    def add(self, change: dict[str, Any]) -> None:
        """Work out one file of the patch; raises Refused."""
        named = change["path"]
        if os.path.islink(resolve(named)) and (change["kind"] != "update" or change["move_to"]):
            raise Refused(f"{named} is a symbolic link: use bash to change the link itself")
        file = self._file(named)
        kind = change["kind"]
        if kind == "add":
            self._add(file, change["content"])
        elif file.after is None:
            missing = f"there is no {shown(file.path)}: use *** Add File to make it"
            raise Refused(missing if kind == "update" else f"there is no {shown(file.path)}")
        elif kind == "delete":
            file.after = None
            self._said.append((file, f"deleted {shown(file.path)}"))
        else:
            self._update(file, file.after, change)

    def _file(self, path: str) -> _File:
        real = resolve_writable(path)
        if real not in self._files:
            if os.path.isdir(real):
                raise Refused(f"{shown(real)} is a directory")
            self._files[real] = _File(real)
        return self._files[real]

    def _add(self, file: _File, content: str) -> None:
        if file.after is not None:
            raise Refused(
                f"{shown(file.path)} is there already: use *** Update File to change it, or "
                "*** Delete File before *** Add File to write it anew"
            )
        file.after = content.encode("utf-8", "replace")
        count = content.count("\n")
        self._said.append((file, f"added {shown(file.path)} ({count} lines)"))

    def _update(self, file: _File, before: bytes, change: dict[str, Any]) -> None:
        text, encoding, mark = editing.decoded(before)
        try:
            patched = chunks.apply(text, change["chunks"])
        except page.Unclear as unclear:
            raise Refused(f"{shown(file.path)}, {unclear}") from None
        try:
            after = mark + patched.text.encode(encoding, "surrogateescape")
        except UnicodeEncodeError:
            name = shown(file.path)
            raise Refused(f"{name} is not UTF-8, and cannot hold what comes into it") from None
        how = f" (matched {'; '.join(patched.how)})" if patched.how else ""
        words = f"updated {shown(file.path)}{how}"
        if change["move_to"]:
            target = self._moved(file, change["move_to"])
            words = f"moved {shown(file.path)} to {shown(target.path)}{how}"
            file = target
        file.after = after
        self._said.append((file, "\n".join([words, *_regions(patched)])))

    def _moved(self, file: _File, to: str) -> _File:
        target = self._file(to)
        if target is file:
            return file
        if target.after is not None:
            raise Refused(
                f"{shown(target.path)} is there already: delete it first, or move elsewhere"
            )
        file.after, target.mode, target.compared_with = None, file.mode, file.compared_with
        return target

    def carry_out(self) -> None:
        """Write what was worked out; where that fails, everything is as it was."""
        undo: list[Callable[[], None]] = []
        try:
            self._write(undo)
        except OSError:
            for step in reversed(undo):
                # The rest is put back all the same.
                with suppress(OSError):
                    step()
            raise

    def _write(self, undo: list[Callable[[], None]]) -> None:
        changed = [file for file in self._files.values() if file.is_changed]
        beside = []
        for file in changed:
            if file.after is not None:
                _make_folders(os.path.dirname(file.path), undo)
                other = editing.written_beside(file.path, file.after, file.mode)
                undo.append(partial(_unlink, other))
                beside.append((file, other))
        for file, other in beside:
            os.replace(other, file.path)
            undo.append(partial(_put_back, file))
        for file in changed:
            if file.after is None:
                os.unlink(file.path)
                undo.append(partial(_put_back, file))

    def told(self) -> list[str]:
        """Return what was done, file by file, and what does not parse any more."""
        until = time.monotonic() + _PARSING_S
        lines = []
        for number, (file, said) in enumerate(self._said, 1):
            lines.append(said)
            is_last = all(other is not file for other, _ in self._said[number:])
            if file.after is not None and is_last and time.monotonic() < until:
                lines += editing.broken(file.path, file.compared_with, file.after)
        return lines


def _regions(patched: page.Patched) -> list[str]:
    """Show the places that were changed, as they are now."""
    lines = patched.text.split("\n")
    stretches = list(chunks.spread(patched.lines, _AROUND, len(lines)))
    parts = [
        "\n".join(
            f"{number + 1:6}\t{lines[number].rstrip()[:_MAX_LINE]}"
            for number in range(first, min(last, first + _SHOWN_LINES))
        )
        for first, last in stretches[:_SHOWN_REGIONS]
    ]
    return ["\n   …\n".join(parts)] if parts else []


def _make_folders(folder: str, undo: list[Callable[[], None]]) -> None:
    if os.path.isdir(folder):
        return
    _make_folders(os.path.dirname(folder), undo)
    os.mkdir(folder)
    undo.append(partial(os.rmdir, folder))


def _put_back(file: _File) -> None:
    if file.before is None:
        _unlink(file.path)
        return
    os.replace(editing.written_beside(file.path, file.before, file.mode_before), file.path)


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
