"""Turns a polite request to end (SIGTERM, Ctrl-C) into an event that jobs and loops can see."""

import os
import signal
import threading
from types import FrameType

_POLITE = (signal.SIGTERM, signal.SIGINT)


def heed_signals(stopping: threading.Event) -> None:
    """Set `stopping` when this process is asked to end; call it in the main thread.

    A thread sets it, woken through a pipe: the signal may interrupt the very code that holds the
    event's lock, so setting it in the handler could wait for itself.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    for number in _POLITE:
        signal.signal(number, _nothing)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(read_end, stopping), daemon=True, name="stopping").start()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    # Without any handler the signal would end the process, and the pipe would hear nothing.
    return


def _wait(read_end: int, stopping: threading.Event) -> None:
    while os.read(read_end, 1)[0] not in _POLITE:
        pass
    stopping.set()
