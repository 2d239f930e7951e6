"""Answers one request after the other until the stream ends or the sandbox's time is over."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from typing import Any, Callable, Dict

from . import (
    change,
    code_in,
    editing,
    patching,
    places,
    processes,
    reading,
    restoring,
    shell,
    stripping,
)
from .frames import Broken, Gone, Refused, Request, receive, send

_SET_DUMPABLE = 4
_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
_ends = [0.0]


def main(deadline_s: float, most_output: int) -> None:
    """Serve until the stream ends, or `deadline_s` have passed."""
    _shut_in()
    signal.signal(signal.SIGALRM, _end_if_over)
    _end_after(deadline_s)
    processes.set_up()
    places.set_up()
    shell.set_up(most_output)
    as_it_was = _standing()
    send({"hello": 1})
    try:
        while True:
            _serve(Request(*receive()), as_it_was)
    except Gone:
        os._exit(0)
    except Broken as broken:
        os.write(2, str(broken).encode("utf-8", "replace"))
        os._exit(1)


def _serve(request: Request, as_it_was: tuple[object, ...]) -> None:
    if _standing() != as_it_was:
        raise Broken("a command has changed what the tool server may use")
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


def _standing() -> tuple[object, ...]:
    """Return what any process of this user can take away from this one, and not give back."""
    limits = tuple(map(resource.getrlimit, _LIMITS))
    return (limits, os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))


def _end_after(deadline_s: float) -> None:
    _ends[0] = time.monotonic() + deadline_s
    signal.setitimer(signal.ITIMER_REAL, max(deadline_s, 0.1), 1.0)


def _end_if_over(*_: Any) -> None:
    # Anybody in here can send this signal; only the clock makes it count.
    if time.monotonic() >= _ends[0] - 0.1:
        os._exit(0)


def _set_deadline(request: Request) -> None:
    """Answer a `deadline` request: the time of a sandbox that waited begins when it is given."""
    _end_after(float(request.header["seconds"]))
    request.answer({})


_OPERATIONS: Dict[str, Callable[[Request], None]] = {
    "deadline": _set_deadline,
    "put": code_in.put,
    "strip": stripping.strip,
    "restore": restoring.restore,
    "collect": change.collect,
    "exec": shell.run,
    "read": reading.read,
    "edit": editing.edit,
    "write": editing.write,
    "patch": patching.patch,
}
