"""Runs the agent's bash scripts: each in a new shell, within limits of time and output."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import NamedTuple

from . import hits, output, processes, shells
from .bounds import MAX_COMMAND_S, MAX_SCRIPT, OUTPUT
from .frames import Refused, Request
from .places import REPO, resolve

_TIMED_OUT = 124
_SYNTAX = 2
_KEPT = 96 * 1024 * 1024
_SYNTAX_S = 10
_most_output = [8 * 1024 * 1024]
_kept: list[tuple[list[str], int]] = []


class _Ended(NamedTuple):
    exit_code: int
    watch: hits.Watch | None = None
    timed_out: bool = False
    killed_for_output: bool = False
    note: str = ""


def set_up(most_output: int) -> None:
    """Say how many bytes one command may write."""
    _most_output[0] = most_output


def run(request: Request) -> None:
    """Answer an `exec` request."""
    script = _script(request.body(MAX_SCRIPT))
    limit_s = min(float(request.header["timeout_s"]), MAX_COMMAND_S)
    folder = resolve(request.header["workdir"] or REPO)
    if not os.path.isdir(folder):
        raise Refused(f"there is no directory {folder} to run in")
    started = time.monotonic()
    shell, note = shells.take(script)
    try:
        if _is_wrong(script, shell):
            ended = _Ended(_SYNTAX, note="[syntax error: nothing was run]\n")
        else:
            ended = _run(shell, folder, limit_s)._replace(note=note)
        seconds = time.monotonic() - started
        raw = _raw(shell.output)
        _make_room([shell.file, shell.log], len(script) + len(raw))
        _answer(request, ended, raw, shell.log, seconds)
    finally:
        shell.drop()
    shells.start_ahead()


def _script(data: bytes) -> bytes:
    if b"\0" in data:
        raise Refused(
            "the script holds a NUL byte, which bash cannot read; write it as \\0 or \\x00"
        )
    if b"\r\n" in data and data.count(b"\n") == data.count(b"\r\n"):
        return data.replace(b"\r\n", b"\n")
    return data


def _make_room(files: list[str], size: int) -> None:
    """Forget the oldest scripts and outputs, so that they never fill the folder by themselves."""
    _kept.append((files, size))
    while sum(each for _, each in _kept) > _KEPT:
        for file in _kept.pop(0)[0]:
            with suppress(OSError):
                os.unlink(file)


def _is_wrong(script: bytes, shell: shells.Shell) -> bool:
    """Tell whether the shell cannot parse the whole script, so that not half of it is run."""
    if b"\n" not in script.strip():
        return False  # a line is parsed before any of it is run
    try:
        pid = processes.start(*shells.check_of(shell.file), shell.output)
    except BlockingIOError:
        return False  # there is no room for one more process
    until = time.monotonic() + _SYNTAX_S
    while time.monotonic() < until:
        code = processes.wait(pid, until)
        if code is not None:
            return bool(code)
    processes.end_group(pid, politely=False)
    return False


def _run(shell: shells.Shell, folder: str, limit_s: float) -> _Ended:
    until = time.monotonic() + limit_s
    watch = hits.Watch()
    shell.go(folder)
    while True:
        code = processes.wait(shell.pid, until)
        watch.look()
        if code is not None:
            return _Ended(code, watch)
        flooded = os.fstat(shell.output).st_size > _most_output[0]
        if flooded or time.monotonic() >= until:
            code = processes.end_group(shell.pid, politely=not flooded)
            processes.sweep()
            code = code if flooded else _TIMED_OUT
            return _Ended(code, watch, timed_out=not flooded, killed_for_output=flooded)


def _raw(spill: int) -> bytes:
    if os.fstat(spill).st_size > _most_output[0]:
        os.ftruncate(spill, _most_output[0])
    data = bytearray()
    while len(data) < _most_output[0]:
        more = os.pread(spill, _most_output[0] - len(data), len(data))
        if not more:
            break
        data += more
    return bytes(data)


def _answer(request: Request, ended: _Ended, raw: bytes, log: str, seconds: float) -> None:
    text = output.clean(raw).strip("\n")
    text, cut = output.shorten(text, log)
    found = ended.watch.hits(ended.exit_code, raw) if ended.watch else []
    note = ended.note + hits.notes(found)
    if ended.killed_for_output:
        found.append({"kind": OUTPUT, "size": _most_output[0]})
    lines = raw.count(b"\n") + (not raw.endswith(b"\n") and bool(raw))
    fields = {
        "exit_code": ended.exit_code,
        "timed_out": ended.timed_out,
        "killed_for_output": ended.killed_for_output,
        "seconds": round(seconds, 4),
        "lines": lines,
        "bytes": len(raw),
        "cut": cut or ended.killed_for_output,
        "log": log,
        "limits": found,
    }
    request.answer(fields, (note + (text or "(no output)")).encode("utf-8", "replace"))
