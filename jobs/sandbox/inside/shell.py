"""Runs the agent's bash scripts: each in a new shell, within limits of time and output."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from contextlib import suppress
from typing import NamedTuple

from . import output, processes
from .frames import Refused, Request
from .places import AGENT_ENV, REPO, resolve, scratch_folder

MAX_SCRIPT = 8 * 1024 * 1024
MAX_OUTPUT = 8 * 1024 * 1024
MAX_TIMEOUT_S = 1800.0
_TIMED_OUT = 124
_SYNTAX = 2
_KEEP_SIZE = 1
_RESERVED = 64 * 1024
_KEPT = 96 * 1024 * 1024
_SYNTAX_S = 10
_BASH = shutil.which("bash") or "/bin/bash"

ENVIRONMENT = {
    "SHELL": "/bin/bash",
    "USER": "agent",
    "LOGNAME": "agent",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "LESS": "-R",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "CI": "1",
    "PIP_PROGRESS_BAR": "off",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "TQDM_DISABLE": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "PYTHONUNBUFFERED": "1",
    "DEBIAN_FRONTEND": "noninteractive",
    "AGENT_ENV": AGENT_ENV,
}
_START = 'unset BASH_ENV\n[ ! -r "$AGENT_ENV" ] || . "$AGENT_ENV"\n'
_LIBC = ctypes.CDLL(None)
_runs = [0]
_kept: list[tuple[list[str], int]] = []


class _Ended(NamedTuple):
    exit_code: int
    note: str = ""
    timed_out: bool = False
    killed_for_output: bool = False


def run(request: Request) -> None:
    """Answer an `exec` request."""
    script = _script(request.body(MAX_SCRIPT))
    limit_s = min(float(request.header["timeout_s"]), MAX_TIMEOUT_S)
    folder = resolve(request.header["workdir"] or REPO)
    if not os.path.isdir(folder):
        raise Refused(f"there is no directory {folder} to run in")
    _runs[0] += 1
    scratch = scratch_folder()
    file = f"{scratch}/cmd/{_runs[0]}.sh"
    with open(file, "wb") as opened:
        opened.write(script)
    log = f"{scratch}/out/{_runs[0]}.log"
    started = time.monotonic()
    spill = _spill(log)
    try:
        environment = _environment(scratch)
        if _is_wrong(script, file, environment, spill):
            ended = _Ended(_SYNTAX, "[syntax error: nothing was run]\n")
        else:
            ended = _run([_BASH, file], environment, folder, spill, limit_s)
        seconds = time.monotonic() - started
        raw = _raw(spill)
        _make_room([file, log], len(script) + len(raw))
        _answer(request, ended, raw, log, seconds)
    finally:
        os.close(spill)


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


def _is_wrong(script: bytes, file: str, environment: dict[str, str], spill: int) -> bool:
    """Tell whether bash cannot parse the whole script, so that not half of it is run."""
    if b"\n" not in script.strip():
        return False  # bash parses a line before it runs any of it
    command = [_BASH, "--norc", "-n", file]
    pid, _ = _start(command, {"PATH": environment["PATH"]}, "/", spill)
    until = time.monotonic() + _SYNTAX_S
    while time.monotonic() < until:
        code = processes.wait(pid, until)
        if code is not None:
            return bool(code)
    processes.end_group(pid, politely=False)
    return False


def _environment(scratch: str) -> dict[str, str]:
    environment = {**os.environ, **ENVIRONMENT}
    environment.pop("HOSTNAME", None)
    if os.path.isfile(AGENT_ENV):
        start = f"{scratch}/start.sh"
        with open(start, "w") as opened:
            opened.write(_START)
        environment["BASH_ENV"] = start
    return environment


def _spill(log: str) -> int:
    """Open the file for a command's output, with room of its own on a disk that may get full."""
    spill = os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    _LIBC.fallocate(spill, _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(_RESERVED))
    return spill


def _run(
    command: list[str], environment: dict[str, str], folder: str, spill: int, limit_s: float
) -> _Ended:
    until = time.monotonic() + limit_s
    kills = _memory_kills()
    pid, note = _start(command, environment, folder, spill)
    while True:
        code = processes.wait(pid, until)
        if code is not None:
            if code and _memory_kills() > kills:
                note += "[the sandbox ran out of memory and a process was killed]\n"
            return _Ended(code, note)
        if os.fstat(spill).st_size > MAX_OUTPUT:
            code = processes.end_group(pid, politely=False)
            processes.sweep()
            return _Ended(code, note, killed_for_output=True)
        if time.monotonic() >= until:
            processes.end_group(pid, politely=True)
            processes.sweep()
            return _Ended(_TIMED_OUT, note, timed_out=True)


def _start(
    command: list[str], environment: dict[str, str], folder: str, spill: int
) -> tuple[int, str]:
    try:
        return processes.start(command, environment, folder, spill), ""
    except BlockingIOError:
        # Earlier commands have left so many processes that not one more can be started.
        processes.sweep()
        note = "[the limit of processes was reached: all earlier ones were ended]\n"
        return processes.start(command, environment, folder, spill), note


def _memory_kills() -> int:
    """Return how often the kernel has killed a process in here for want of memory."""
    for file in ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"):
        try:
            with open(file) as opened:
                fields = dict(line.split() for line in opened)
        except (OSError, ValueError):
            continue
        return int(fields.get("oom_kill", 0))
    return 0


def _raw(spill: int) -> bytes:
    if os.fstat(spill).st_size > MAX_OUTPUT:
        os.ftruncate(spill, MAX_OUTPUT)
    data = bytearray()
    while len(data) < MAX_OUTPUT:
        more = os.pread(spill, MAX_OUTPUT - len(data), len(data))
        if not more:
            break
        data += more
    return bytes(data)


def _answer(request: Request, ended: _Ended, raw: bytes, log: str, seconds: float) -> None:
    text = output.clean(raw).strip("\n")
    text, cut = output.shorten(text, log)
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
    }
    request.answer(fields, (ended.note + (text or "(no output)")).encode("utf-8", "replace"))
