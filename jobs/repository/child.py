"""Runs one child process in a group of its own, to a deadline; nothing of it is left over."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CHUNK = 64 * 1024
MAX_WORDS = 64 * 1024


@dataclass(frozen=True)
class Ended:
    """How a child ended, and what it said on its error stream."""

    exit_code: int
    words: bytes
    timed_out: bool
    timeout_s: float


class Child:
    """A running process; leaving the `with` block ends it and all it started."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, timeout_s: float) -> None:
        self._process = process
        self._timeout_s = timeout_s
        self._words = bytearray()
        self._timed_out = False
        self._ended = False
        self._lock = threading.Lock()
        self._deadline = threading.Timer(timeout_s, self._too_late)
        self._deadline.daemon = True
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._feed, args=(stdin,), daemon=True),
        ]

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        environment: Mapping[str, str],
        stdin: bytes,
        timeout_s: float,
        pass_fds: tuple[int, ...],
    ) -> Self:
        """Start the program; what is in `environment` is all that it gets."""
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
            pass_fds=pass_fds,
        )
        return cls(process, stdin, timeout_s)

    def __enter__(self) -> Self:
        self._deadline.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._deadline.cancel()
        self._kill()
        self._reap()

    def chunks(self) -> Iterator[bytes]:
        """Hand on what the child prints until it closes its output."""
        output = self._process.stdout
        while output and (chunk := os.read(output.fileno(), CHUNK)):
            yield chunk

    def end(self) -> Ended:
        """Wait until the child has ended, or its time has."""
        for thread in self._threads:
            thread.join()
        self._reap()
        return Ended(self._process.returncode, bytes(self._words), self._timed_out, self._timeout_s)

    def _listen(self) -> None:
        errors = self._process.stderr
        while errors and (chunk := os.read(errors.fileno(), CHUNK)):
            self._words += chunk
            del self._words[:-MAX_WORDS]

    def _feed(self, stdin: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it may end without reading everything
            if self._process.stdin:
                with self._process.stdin as feed:
                    feed.write(stdin)

    def _too_late(self) -> None:
        with self._lock:
            self._timed_out = not self._ended
        self._kill()

    def _kill(self) -> None:
        with self._lock:
            # Not reaped yet: the leader may be a zombie, but its number is still its own.
            if not self._ended:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _reap(self) -> None:
        if self._ended:
            return
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._ended = True
            self._process.wait()
        self._deadline.cancel()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
