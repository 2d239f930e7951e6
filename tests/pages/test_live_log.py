"""However many people watch a task, deliveries are answered, and a watcher who goes makes room."""

import http.client
import os
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.webhook import signature
from demo.processes import Processes, free_port
from records.database import open_database
from records.tasks import Tasks
from tests.records.given import new_task

SECRET = "a secret of the tests, of more than 32 bytes"
WATCHERS = 40
"""More than two processes of 16 threads could hold."""
PLACES = 16
"""Eight in each of two processes."""
COME_BACK, GOES_ON = b"retry: 5000\n", b"retry: 1000\n"


@dataclass(frozen=True)
class Served:
    """The web process as a server runs it, and a task that has not ended."""

    port: int
    task_id: str

    def deliver(self) -> int:
        """Post a signed delivery; its status, within the ten seconds that GitHub waits."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            headers = {
                "Content-Type": "application/json",
                "X-GitHub-Event": "ping",
                "X-GitHub-Delivery": str(uuid.uuid4()),
                "X-Hub-Signature-256": signature(SECRET.encode(), b"{}"),
            }
            connection.request("POST", "/webhook", b"{}", headers)
            return connection.getresponse().status

    def watch(self) -> "Watcher":
        """Open the live log and read its first line."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", f"/tasks/{self.task_id}/live")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        return Watcher(connection, answer, answer.readline())


@dataclass(frozen=True)
class Watcher:
    """One who reads a live log."""

    connection: http.client.HTTPConnection
    answer: http.client.HTTPResponse
    first_line: bytes

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self.connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Gunicorn, as the Procfile starts it."""
    port, data = free_port(), tmp_path / "data"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "PORT": str(port),
        "PATCHBAY_GITHUB_APP_ID": "1",
        "PATCHBAY_GITHUB_PRIVATE_KEY": "none",
        "PATCHBAY_WEBHOOK_SECRET": SECRET,
        "PATCHBAY_DATA_DIR": str(data),
        "REDIS_URL": "unix:///nowhere/redis.sock",
    }
    data.mkdir()
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    argv = [gunicorn, "--config", "gunicorn.conf.py", "app:create_app()"]
    with Processes(tmp_path / "logs") as processes:
        web = processes.start("web", argv, env=environment, ready="Booting worker")
        web.wait_ready()
        database = open_database(f"sqlite:///{data / 'patchbay.db'}")
        wait_for_tables(port)
        task, _ = Tasks(database).create(new_task())
        database.close()
        yield Served(port, task.id)


def wait_for_tables(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


def test_many_who_watch_keep_no_delivery_waiting(served: Served) -> None:
    with ThreadPoolExecutor(WATCHERS) as pool:
        watchers = list(pool.map(lambda _: served.watch(), range(WATCHERS)))
    sent_away = [each for each in watchers if each.first_line == COME_BACK]
    reading = [each for each in watchers if each.first_line == GOES_ON]
    assert len(sent_away) + len(reading) == WATCHERS
    assert 1 <= len(reading) <= PLACES
    assert all(each.answer.read() == b"\n" for each in sent_away)
    assert [served.deliver() for _ in range(20)] == [202] * 20

    for each in watchers:
        each.close()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with closing(served.watch()) as again:
            if again.first_line == GOES_ON:
                return
    pytest.fail("nobody is let in although everybody has gone")
