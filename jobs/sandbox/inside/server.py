"""Answers one request after the other until the stream ends or the sandbox's time is over."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import Any, Callable, Dict

from . import change, code_in, editing, processes, reading, restoring, shell
from .frames import Gone, Refused, Request, receive, send

_SET_DUMPABLE = 4
_OPERATIONS: Dict[str, Callable[[Request], None]] = {
    "put": code_in.put,
    "restore": restoring.restore,
    "collect": change.collect,
    "exec": shell.run,
    "read": reading.read,
    "edit": editing.edit,
    "write": editing.write,
}


def main(deadline_s: float) -> None:
    """Serve until the stream ends, or `deadline_s` have passed."""
    _shut_in()
    _end_after(deadline_s)
    processes.set_up()
    send({"hello": 1})
    try:
        while True:
            _serve(Request(*receive()))
    except Gone:
        os._exit(0)


def _serve(request: Request) -> None:
    operation = _OPERATIONS[request.header["op"]]
    try:
        operation(request)
    except Refused as refused:
        request.answer({"refused": str(refused)})
    except OSError as error:
        request.answer({"refused": f"{error.filename or request.header['op']}: {error.strerror}"})
    except (UnicodeError, MemoryError) as error:
        request.answer({"refused": f"{error.__class__.__name__}: {error}"})


def _shut_in() -> None:
    """Keep this process's memory and open files from what else runs under the same user."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    # As process 1 it gets only the signals that it asks for, and Python asks for this one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.umask(0o022)


def _end_after(deadline_s: float) -> None:
    ends = time.monotonic() + deadline_s

    def end(*_: Any) -> None:
        # Anybody in here can send this signal; only the clock makes it count.
        if time.monotonic() >= ends - 0.1:
            os._exit(0)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, max(deadline_s, 0.1), 1.0)
