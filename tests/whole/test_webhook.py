"""The webhook is quick, never fails whatever is posted, and lets in only what GitHub signed."""

import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from app import LARGEST_DELIVERY, create_app
from bot.comments import Limits
from bot.github_app import GitHubApp
from bot.request import Context
from bot.settings import Settings
from bot.webhook import signature
from demo.github.server import LocalGitHub
from demo.processes import Processes, free_port
from jobs.handle_delivery import Intake, handle_delivery
from records.database import open_database
from records.deliveries import Deliveries, Delivery, DeliveryState
from records.effects import Effects
from records.tasks import Tasks
from tests.whole.given import log_given_back
from web_worker import REQUEST_S

EXAMPLES = Path(__file__).parents[1] / "node/node_modules/@octokit/webhooks-examples"
SECRET = "a secret of the tests, of more than 32 bytes"
FINISHED = {DeliveryState.HANDLED, DeliveryState.IGNORED, DeliveryState.REFUSED}
GITHUB_GIVES_UP_S = 10.0
QUICK_S = 0.5
"""Redis has 0.05 s to connect and 0.05 s to answer; the rest is room for a busy machine."""


@dataclass(frozen=True)
class Front:
    """The web process's application, and what it stored."""

    client: FlaskClient
    deliveries: Deliveries

    def post(self, body: bytes, event: str = "issues", **headers: str | None) -> TestResponse:
        """Post a delivery as GitHub does; a header given as None is left out."""
        usual = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": signature(SECRET.encode(), body),
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        every = {name: value for name, value in {**usual, **given}.items() if value is not None}
        return self.client.post("/webhook", data=body, headers=every)

    def stored(self, delivery_id: str) -> Delivery:
        found = self.deliveries.get(delivery_id)
        assert found is not None
        return found


def settings_for(folder: Path, redis_url: str) -> Settings:
    return Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr(SECRET),
        data_dir=folder,
        redis_url=redis_url,
    )


def open_front(folder: Path, redis_url: str = "unix:///nowhere/redis.sock") -> Front:
    settings = settings_for(folder, redis_url)
    client = create_app(settings).test_client()
    return Front(client, Deliveries(open_database(settings.database())))


@pytest.fixture(scope="module", autouse=True)
def _own_logging() -> Iterator[None]:
    with log_given_back():
        yield


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    return open_front(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def intake(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    """The intake worker's part, with a GitHub on which the App is installed nowhere."""
    with LocalGitHub(tmp_path_factory.mktemp("github")) as github:
        app_id, key = github.create_app("patchbay", "", SECRET)
        database = front.deliveries._database
        context = Context(
            tasks=Tasks(database),
            effects=Effects(database),
            github=GitHubApp(app_id, key, github.api_url),
            wake=lambda _task_id: None,
            secret=b"markers",
            limits=Limits(turns=200, minutes=60, tokens=4_000_000),
        )
        yield Intake(front.deliveries, context)


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(EXAMPLES.glob("*/index.json")):
        for event in json.loads(file.read_text()):
            for example in event["examples"]:
                yield event["name"], example


def test_every_published_payload_is_stored_and_handled(front: Front, intake: Intake) -> None:
    if not EXAMPLES.exists():
        pytest.fail("the published payloads are missing: run `npm ci` in tests/node")
    outcomes = []
    for event, payload in examples():
        delivery_id = str(uuid.uuid4())
        body = json.dumps(payload).encode()
        assert front.post(body, event, X_GitHub_Delivery=delivery_id).status_code == 202
        handle_delivery(delivery_id, intake)
        outcomes.append(front.stored(delivery_id).state)
    assert len(outcomes) > 700
    assert set(outcomes) <= FINISHED


@pytest.mark.parametrize("event", ["issue_comment", "issues"])
def test_a_command_for_an_installation_that_is_not_ours_starts_nothing(
    front: Front, intake: Intake, event: str
) -> None:
    """Each published payload of the event, with a command written into it."""
    found = [payload for name, payload in examples() if name == event]
    assert found
    for payload in found:
        body = {**payload, "installation": {"id": 77}}
        for written in (body.get("comment"), body["issue"]):
            if written:
                written["body"] = "/agent fix"
        delivery_id = str(uuid.uuid4())
        answer = front.post(json.dumps(body).encode(), event, X_GitHub_Delivery=delivery_id)
        assert answer.status_code == 202
        handle_delivery(delivery_id, intake)
        assert front.stored(delivery_id).state is DeliveryState.IGNORED
    assert intake.context.tasks.recent(1) == []


HOSTILE = {
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "twice": b'{"action": "created", "action": "deleted"}',
    "not a number": b'{"action": NaN}',
    "huge number": b'{"installation": {"id": ' + b"9" * 5_000 + b"}}",
    "not UTF-8": b'{"action": "\xff\xfe"}',
    "array": b"[]",
    "NUL": b'{"action": "created\\u0000"}',
    "half a pair": b'{"action": "\\ud800"}',
    "empty": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_json_that_is_signed_is_ignored(front: Front, intake: Intake, body: bytes) -> None:
    delivery_id = str(uuid.uuid4())
    answer = front.post(body, "issue_comment", X_GitHub_Delivery=delivery_id)
    assert answer.status_code == 202
    handle_delivery(delivery_id, intake)
    assert front.stored(delivery_id).state is DeliveryState.IGNORED


SHA1 = "sha1=6a0f2b2a0b1d3e5f6a0f2b2a0b1d3e5f6a0f2b2a"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Hub_Signature_256": None}, 401),
        ({"X_Hub_Signature_256": None, "X_Hub_Signature": SHA1}, 401),
        ({"X_Hub_Signature_256": signature(b"of somebody else, also over 32 bytes", b"{}")}, 401),
        ({"X_Hub_Signature_256": "sha256=" + "0" * 64}, 401),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": None}, 415),
        ({"X_GitHub_Delivery": None}, 400),
        ({"X_GitHub_Event": None}, 400),
        ({"X_GitHub_Event": "issues " + "x" * 200}, 400),
        ({"X_GitHub_Delivery": "'; drop table deliveries; --"}, 400),
    ],
)
def test_a_request_that_is_no_delivery_is_refused_and_not_stored(
    front: Front, headers: dict[str, str | None], status: int
) -> None:
    delivery_id = str(uuid.uuid4())
    answer = front.post(b"{}", "issues", **{"X_GitHub_Delivery": delivery_id, **headers})
    assert answer.status_code == status
    assert front.deliveries.get(delivery_id) is None


def test_one_changed_byte_is_refused(front: Front) -> None:
    body = b'{"action": "created"}'
    good = signature(SECRET.encode(), body)
    assert (
        front.post(body.replace(b"created", b"deleted"), X_Hub_Signature_256=good).status_code
        == 401
    )


def test_a_body_that_is_too_large_is_refused(front: Front) -> None:
    assert front.post(b" " * (LARGEST_DELIVERY + 1)).status_code == 413


def test_a_delivery_that_is_known_is_answered_and_not_stored_again(front: Front) -> None:
    delivery_id = str(uuid.uuid4())
    assert front.post(b'{"n": 1}', X_GitHub_Delivery=delivery_id).status_code == 202
    assert front.post(b'{"n": 2}', X_GitHub_Delivery=delivery_id).status_code == 200
    assert front.stored(delivery_id).payload == b'{"n": 1}'


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """A Redis that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


@pytest.fixture
def full_redis() -> Iterator[str]:
    """A Redis whose machine takes no more connections, so that each attempt hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        yield f"redis://127.0.0.1:{address[1]}/0"
        for one in waiting:
            one.close()


@pytest.mark.parametrize("kind", ["no socket", "silent_redis", "full_redis"])
def test_an_answer_comes_quickly_while_redis_is_away(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dead = f"unix://{tmp_path / 'redis.sock'}"
    url = dead if kind == "no socket" else str(request.getfixturevalue(kind))
    front = open_front(tmp_path, url)
    for _ in range(5):
        delivery_id = str(uuid.uuid4())
        began = time.monotonic()
        assert front.post(b"{}", X_GitHub_Delivery=delivery_id).status_code == 202
        assert time.monotonic() - began < QUICK_S
        assert front.stored(delivery_id).state is DeliveryState.RECEIVED


@pytest.mark.parametrize("secret", ["", "shorter than 32 bytes"])
def test_nothing_starts_without_a_webhook_secret(tmp_path: Path, secret: str) -> None:
    """The way a server starts it: from the environment."""
    environment = environment_for(tmp_path)
    environment["PATCHBAY_WEBHOOK_SECRET"] = secret
    ran = subprocess.run(
        [sys.executable, "-c", "import app; app.create_app()"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "PATCHBAY_WEBHOOK_SECRET" in ran.stderr
    assert not secret or secret not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def environment_for(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "PATCHBAY_GITHUB_APP_ID": "1",
        "PATCHBAY_GITHUB_PRIVATE_KEY": "none",
        "PATCHBAY_WEBHOOK_SECRET": SECRET,
        "PATCHBAY_DATA_DIR": str(folder),
        "REDIS_URL": "unix:///nowhere/redis.sock",
        **more,
    }


@dataclass(frozen=True)
class Served:
    """The web process as a server runs it."""

    port: int
    pid: int
    database: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def post(self, body: bytes, delivery_id: str) -> int:
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": delivery_id,
            "X-Hub-Signature-256": signature(SECRET.encode(), body),
        }
        with closing(self.connect()) as connection:
            connection.request("POST", "/webhook", body, headers)
            return connection.getresponse().status

    def count(self, delivery_id: str) -> int:
        with closing(sqlite3.connect(self.database)) as database:
            question = "select count(*) from deliveries where id = ?"
            return int(database.execute(question, (delivery_id,)).fetchone()[0])

    def memory_mb(self) -> float:
        """The most that any of its processes has held at once."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        peaks = []
        for pid in (str(self.pid), *children):
            status = Path(f"/proc/{pid}/status").read_text()
            peaks.append(int(status.partition("VmHWM:")[2].split()[0]))
        return max(peaks) / 1024


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Gunicorn, as the Procfile starts it."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    argv = ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
    environment = environment_for(folder / "data", PORT=str(port))
    with Processes(folder / "logs") as processes:
        process = processes.start("web", argv, env=environment, ready="Booting worker")
        process.wait_ready()
        yield Served(port, process.pid, folder / "data/patchbay.db")


def test_one_delivery_sent_a_hundred_times_at_once_is_stored_once(served: Served) -> None:
    delivery_id = str(uuid.uuid4())
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: served.post(b"{}", delivery_id), range(100)))
    assert sorted(answers) == [200] * 99 + [202]
    assert served.count(delivery_id) == 1


def test_a_body_without_a_length_is_read_no_further_than_a_delivery_is_long(
    served: Served,
) -> None:
    before = served.memory_mb()
    piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=20)) as raw:
        raw.sendall(
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            for _ in range(64):
                raw.sendall(piece)
            raw.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # it has heard enough
        answer = raw.recv(100)
    assert answer.split()[1] in {b"413", b"400", b"401"}
    assert served.memory_mb() - before < 80


def test_a_length_that_is_a_lie_keeps_nobody_else_waiting(served: Served) -> None:
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=20)) as raw:
        raw.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{}")
        began = time.monotonic()
        assert served.post(b"{}", str(uuid.uuid4())) == 202
        assert time.monotonic() - began < 2.0


def test_of_a_burst_none_is_lost_and_none_waits_too_long_for_github(served: Served) -> None:
    ids = [str(uuid.uuid4()) for _ in range(300)]

    def timed(delivery_id: str) -> tuple[int, float]:
        began = time.monotonic()
        return served.post(b"{}", delivery_id), time.monotonic() - began

    assert served.post(b"{}", str(uuid.uuid4())) == 202  # both processes have begun
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(timed, ids))
    assert {status for status, _ in answers} == {202}
    assert max(seconds for _, seconds in answers) < GITHUB_GIVES_UP_S
    assert [served.count(delivery_id) for delivery_id in ids] == [1] * len(ids)


def test_connections_that_drip_keep_no_delivery_waiting(served: Served) -> None:
    """Two hundred requests that never end, half in their headers and half in their bodies."""
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\n"
    with ExitStack() as opened:
        slow = [
            opened.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=20))
            for _ in range(200)
        ]
        began = time.monotonic()
        for at, connection in enumerate(slow):
            length = b"Content-Length: 100\r\n\r\n{" if at % 2 else b"X-"
            connection.sendall(head + length)
        taken = []
        for at in range(20):
            sent = time.monotonic()
            assert served.post(b"{}", str(uuid.uuid4())) == 202
            taken.append(time.monotonic() - sent)
            slow[at].sendall(b"x")  # a byte now and then is no reason to wait longer
        assert max(taken) < 1.0
        for connection in slow:
            connection.settimeout(max(0.1, began + REQUEST_S + 5.0 - time.monotonic()))
            with suppress(ConnectionResetError):
                while connection.recv(4096):
                    pass


@pytest.mark.parametrize(
    "value", [b"x" * 200_000, b"issues\x00", b"issues\x1b[31m", b"a\r\n\r\nGET / HTTP/1.1"]
)
def test_no_header_gets_past_the_server_as_something_else(served: Served, value: bytes) -> None:
    delivery_id = str(uuid.uuid4())
    signed = signature(SECRET.encode(), b"{}").encode()
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=20)) as raw:
        raw.sendall(
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 2\r\nConnection: close\r\nX-Hub-Signature-256: "
            + signed
            + b"\r\nX-GitHub-Delivery: "
            + delivery_id.encode()
            + b"\r\nX-GitHub-Event: "
            + value
            + b"\r\n\r\n{}"
        )
        status = raw.recv(200).split()[1]
    assert status.startswith(b"4")
    assert served.count(delivery_id) == 0
