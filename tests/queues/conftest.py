"""Starts workers as processes, and waits for what they note."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("worker_process.py")


def until(condition: Callable[[], object], what: str, *, within_s: float = 20.0) -> None:
    """Wait until something holds; fail if it does not come to that."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def ends(pid: int, *, within_s: float) -> bool:
    """Wait for the end of any process, child or not; True if it came."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = bool(select.select([watch], [], [], within_s)[0])
    os.close(watch)
    return ended


class Workers:
    """The workers of one test, with their notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        (folder / "notes").touch()

    def start(
        self,
        queue: str,
        *,
        redis_url: str,
        database_url: str = "",
        stubborn: bool = False,
        grace_s: float = 30.0,
    ) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until it serves."""
        options = {
            "queue": queue,
            "redis_url": redis_url,
            "database_url": database_url,
            "folder": str(self.folder),
            "stubborn": stubborn,
            "grace_s": grace_s,
        }
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, str(PROGRAM), json.dumps(options)],
                env={**os.environ, "PYTHONPATH": ".", "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._started.append(worker)
        until(lambda: ["worker", queue, str(worker.pid)] in self.notes(), "the worker starts")
        return worker

    def notes(self) -> list[list[str]]:
        """What the jobs noted: word, id, process."""
        return [line.split() for line in (self.folder / "notes").read_text().splitlines()]

    def noted(self, word: str, subject: str) -> list[int]:
        """The processes that noted this word about this task or delivery."""
        return [int(pid) for what, of, pid in self.notes() if (what, of) == (word, subject)]

    def wait_for(self, word: str, subject: str, *, times: int = 1, within_s: float = 30.0) -> int:
        """Wait for a note; give the process that made it."""
        until(
            lambda: len(self.noted(word, subject)) >= times,
            f"{word} {subject}",
            within_s=within_s,
        )
        return self.noted(word, subject)[times - 1]

    def wait_for_log(self, words: str, *, within_s: float = 30.0) -> None:
        """Wait until a worker has logged these words."""
        until(lambda: words in (self.folder / "log").read_text(), words, within_s=within_s)

    def finish(self) -> None:
        """Let all jobs come to their end."""
        (self.folder / "finish").touch()

    def end(self) -> None:
        for worker in self._started:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    folder = tmp_path / "workers"
    folder.mkdir()
    running = Workers(folder)
    yield running
    running.end()
