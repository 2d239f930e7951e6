"""Starts the demo's processes, keeps what they print, and ends every one of them."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_READY_S = 60.0
_POLITE_S = 8.0
_LOOK_AGAIN_S = 0.1
# The kernel tells a child when the demo is gone, also when that had no chance to say so itself.
_NOT_WITHOUT_US = ("setpriv", "--pdeathsig", "TERM", "--")


class NotReady(Exception):
    """A process ended, or stayed silent, before it said that it is ready."""


class Process:
    """One child process in a group of its own; its output goes to a log file as it comes."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log: Path, ready: str
    ) -> None:
        self.name = name
        self.log = log
        self._ready_words = ready
        self._ready = threading.Event()
        self._child = subprocess.Popen(
            [*_NOT_WITHOUT_US, *argv],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._keep_output, name=f"log of {name}")
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._child.pid

    def wait_ready(self, give_up: threading.Event | None = None) -> None:
        """Return once the process printed its words of readiness; raises NotReady."""
        deadline = time.monotonic() + _READY_S
        while not self._ready.wait(_LOOK_AGAIN_S) and time.monotonic() < deadline:
            if give_up and give_up.is_set():
                raise NotReady(f"{self.name} was not waited for any longer.")
        if self._child.poll() is not None or not self._ready.is_set():
            raise NotReady(f"{self.name} did not start; its last words:\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the whole group."""
        if self._child.poll() is None:
            os.killpg(self.pid, signal.SIGTERM)

    def end(self) -> None:
        """Wait for the end, and enforce it."""
        try:
            self._child.wait(_POLITE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()
        self._reader.join()

    def kill(self) -> None:
        """End this process, and only this one, without a chance to clean up."""
        self._child.kill()
        self._child.wait()

    def _keep_output(self) -> None:
        output = self._child.stdout
        if output is None:
            raise NotReady(f"{self.name} has no output to read")
        with output, self.log.open("ab", buffering=0) as log:
            for line in output:
                log.write(line)
                if self._ready_words.encode() in line:
                    self._ready.set()
        self._ready.set()


class Processes:
    """All processes of one demo; leaving the block ends them, the newest first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Process] = []

    def __enter__(self) -> Self:
        """Make an empty folder for the logs."""
        shutil.rmtree(self._logs, ignore_errors=True)
        self._logs.mkdir(parents=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; what was started first, and the others need, goes last."""
        for group in (self._started[1:], self._started[:1]):
            for process in group:
                process.ask_to_stop()
            for process in group:
                process.end()

    def start(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], ready: str
    ) -> Process:
        """Start one and return at once; `wait_ready` tells when it serves."""
        log = self._logs / f"{name}.log"
        process = Process(name, argv, env=env, log=log, ready=ready)
        self._started.append(process)
        return process


def free_port(wanted: int = 0) -> int:
    """Return the wanted port of the loopback address if it is free, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
