"""A webhook receiver on a free port, for tests of deliveries."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as it came in."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def what(self) -> str:
        """Event and action."""
        return f"{self.headers['X-GitHub-Event']}.{self.json.get('action', '')}".rstrip(".")


class Receiver:
    """What came in, and what is answered."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.status = 202
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.changed = threading.Condition()
        self.url = ""

    def wait_for(self, count: int, timeout_s: float = 20) -> list[Received]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= count, timeout_s), [
                each.what for each in self.requests
            ]
        return list(self.requests)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen until the end of the block."""
    received = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with received.changed:
                received.requests.append(Received(dict(self.headers), body))
                received.changed.notify_all()
            received.may_answer.wait(30)
            self.send_response(received.status)
            self.end_headers()
            self.wfile.write(b"thanks")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_address[1]}/webhook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield received
    finally:
        received.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
