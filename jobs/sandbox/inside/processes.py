"""Starts, watches and ends the processes of a sandbox, as process 1 must: nobody else reaps."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress

from .bounds import POLITE_S
from .frames import Gone

_NICE = 10
_POLL_S = 0.02
_SWEEP_S = 5.0
_statuses: dict[int, int] = {}
_wakeups: list[int] = []
_events = select.poll()
_STDIN = 0


def set_up() -> None:
    """Make the end of a child wake up whoever waits."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _wakeups.append(reader)
    _events.register(reader, select.POLLIN)
    _events.register(_STDIN, 0)  # no event but the end of the stream


def start(
    command: list[str], environment: dict[str, str], output: int, *more: tuple[int, int]
) -> int:
    """Start `command` in a session of its own, writing to the file `output`; return its id.

    Each of `more` is another open file, and the number that it has in there.
    """
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
            *((os.POSIX_SPAWN_DUP2, *each) for each in more),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT],
    )
    _step_back(pid)
    return pid


def _step_back(pid: int) -> None:
    """Let the server go first: to the processor, and last when memory runs out."""
    with suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write("1000")
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)


def reap() -> None:
    """Take note of every child that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _statuses[pid] = status


def wait(pid: int, until: float) -> int | None:
    """Return the exit code of `pid` if it ends before `until`, or one poll from now."""
    reap()
    if pid not in _statuses:
        left = min(_POLL_S, until - time.monotonic())
        if left > 0:
            _pause(left)
            reap()
    if pid not in _statuses:
        return None
    status = _statuses.pop(pid)
    _statuses.clear()  # orphans that nobody asks for
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def is_running(pid: int) -> bool:
    """Tell whether a child has not ended yet."""
    reap()
    if pid in _statuses:
        return False
    try:
        return not os.waitpid(pid, os.WNOHANG)[0]
    except ChildProcessError:
        return False


def end_group(pid: int, *, politely: bool) -> int:
    """End `pid` and what it started in its group: TERM, two seconds, KILL; return its exit code."""
    until = time.monotonic()
    if politely:
        signal_group(pid, signal.SIGTERM)
        until += POLITE_S
    while True:
        code = wait(pid, until)
        if code is not None or time.monotonic() >= until:
            break
    signal_group(pid, signal.SIGKILL)
    while code is None:
        code = wait(pid, time.monotonic() + _POLL_S)
    return code


def sweep() -> None:
    """Kill every process but this one; process 1 is what all of them answer to in the end."""
    until = time.monotonic() + _SWEEP_S
    while time.monotonic() < until:
        _signal(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        _pause(_POLL_S)


def _pause(seconds: float) -> None:
    """Wait for the end of a child, but not without a worker who still wants to know."""
    for number, event in _events.poll(seconds * 1000):
        if number == _STDIN and event & (select.POLLHUP | select.POLLERR):
            raise Gone
    with suppress(BlockingIOError):
        os.read(_wakeups[0], 4096)


def signal_group(pid: int, number: int) -> None:
    """Send a signal to all of a group that is still there."""
    _signal(-pid, number)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
