"""Starts the shell of a command, the next one ahead of time: bash takes two milliseconds to begin.

A shell that waits has everything but its script: it reads that, as any shell does, from a file,
after it was told in which folder, by a pipe. Killing it is no use to anybody: then a new one is
started.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
from contextlib import suppress

from . import processes
from .frames import Broken
from .places import AGENT_ENV, SCRATCH, has_room, renew_scratch, scratch_folder

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
BASH = shutil.which("bash")
_SH = shutil.which("sh") or "/bin/sh"
_GATE = 9
_SOURCE = '[ ! -f "$AGENT_ENV" ] || [ ! -r "$AGENT_ENV" ] || . "$AGENT_ENV"\n'
_BASH_BEGINS = f"""\
unset BASH_ENV
IFS= read -rd '' -u {_GATE} PATCHBAY_FOLDER || exit 0
exec {_GATE}<&-
cd -P -- "$PATCHBAY_FOLDER" || exit
unset PATCHBAY_FOLDER OLDPWD
{_SOURCE}"""
_SH_BEGINS = f"""\
IFS= read -r PATCHBAY_FOLDER <&{_GATE} || exit 0
exec {_GATE}<&-
cd -P "$PATCHBAY_FOLDER" || exit
unset PATCHBAY_FOLDER OLDPWD
{_SOURCE}. "$0"
"""
_NO_PROCESS = "[the limit of processes was reached: all earlier ones were ended]\n"
_NO_FOLDER = "[no command could be started: earlier ones were ended, and /tmp/agent was emptied]\n"
_KEEP_SIZE = 1
_RESERVED = 64 * 1024
_LIBC = ctypes.CDLL(None)
_runs = [0]
_ahead: list[Shell] = []


class Shell:
    """A shell that waits to be told where to run what is in `file`."""

    def __init__(self, scratch: str) -> None:
        _runs[0] += 1
        self.file = f"{scratch}/cmd/{_runs[0]}.sh"
        self.log = f"{scratch}/out/{_runs[0]}.log"
        self.output = _open_log(self.log)
        reader, self._gate = os.pipe()
        try:
            self.pid = processes.start(*_command(self.file, scratch), self.output, (reader, _GATE))
        except OSError:
            self.drop()
            raise
        finally:
            os.close(reader)

    def write(self, script: bytes) -> None:
        """Lay down what it will run."""
        with open(self.file, "wb") as opened:
            opened.write(script)

    def go(self, folder: str) -> None:
        """Let it run its script in `folder`."""
        processes.signal_group(self.pid, signal.SIGCONT)
        with suppress(BrokenPipeError):  # it was killed, and is waited for as any other
            os.write(self._gate, os.fsencode(folder) + (b"\0" if BASH else b"\n"))

    def is_fit(self) -> bool:
        """Tell whether it still waits, and its files are where they were."""
        return processes.is_running(self.pid) and os.path.exists(self.log)

    def drop(self) -> None:
        """Give back what belongs to it; if it still waits, that is its end."""
        os.close(self.output)
        os.close(self._gate)


def take(script: bytes) -> tuple[Shell, str]:
    """Return a shell with its script, and what has to be said about how it came to be."""
    while _ahead:
        shell = _ahead.pop()
        with suppress(OSError):
            if has_room(SCRATCH) and shell.is_fit():
                shell.write(script)
                return shell, ""
        shell.drop()
    try:
        return _start(script), ""
    except OSError as error:
        # Earlier commands have left no room for one more process, or have spoilt the folder.
        processes.sweep()
        renew_scratch()
        note = _NO_PROCESS if error.errno == errno.EAGAIN else _NO_FOLDER
    try:
        return _start(script), note
    except OSError as error:
        raise Broken(f"no command can be started: {error}") from None


def _start(script: bytes) -> Shell:
    shell = Shell(scratch_folder())
    try:
        shell.write(script)
    except OSError:
        shell.drop()
        raise
    return shell


def start_ahead() -> None:
    """Start the next shell, if there is room; if not, the next command finds that out."""
    if not _ahead and BASH and has_room(SCRATCH):
        with suppress(OSError):
            _ahead.append(Shell(SCRATCH))


def check_of(file: str) -> tuple[list[str], dict[str, str]]:
    """Return the command that only parses a script, and its environment."""
    return [BASH or _SH, "-n", file], {"PATH": os.environ.get("PATH", "")}


def _command(file: str, scratch: str) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, **ENVIRONMENT}
    environment.pop("HOSTNAME", None)
    if not BASH:
        return [_SH, "-c", _SH_BEGINS, file], environment
    begins = f"{scratch}/begin.sh"
    with open(begins, "w") as opened:
        opened.write(_BASH_BEGINS)
    return [BASH, file], {**environment, "BASH_ENV": begins}


def _open_log(log: str) -> int:
    """Open the file for a command's output, with room of its own on a disk that may get full."""
    opened = os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    _LIBC.fallocate(opened, _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(_RESERVED))
    return opened
