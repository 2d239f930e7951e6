"""Brings webhooks to the Apps: signed, in order, within ten seconds, and never tried again."""

import heapq
import hmac
import http.client
import itertools
import queue
import threading
import time
from urllib.parse import urlsplit

from demo.github.delivery_records import Delivery
from demo.github.state import State

PATIENCE_S = 10.0
MOST_RESPONSE_BYTES = 100_000
GATEWAY_TIMEOUT = 504
BAD_GATEWAY = 502


class Deliverer:
    """One thread that sends what the acts put into the outbox, when it is due."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._stopping = threading.Event()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Delivery]] = []
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stopping.set()
        self._state.outbox.put(None)
        self._thread.join(PATIENCE_S + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._take()
            while self._due and self._due[0][0] <= time.monotonic():
                self._deliver(heapq.heappop(self._due)[2])

    def _take(self) -> None:
        patience = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
        try:
            delivery = self._state.outbox.get(timeout=patience)
        except queue.Empty:
            return
        if delivery is not None:
            due = time.monotonic() + delivery.wait_s
            heapq.heappush(self._due, (due, next(self._order), delivery))

    def _deliver(self, delivery: Delivery) -> None:
        headers = signed_headers(delivery)
        delivery.request_headers = headers
        began = time.monotonic()
        try:
            status, response_headers, text = _post(delivery.app.webhook_url, headers, delivery.body)
        except TimeoutError:
            _finish(delivery, "timed out", GATEWAY_TIMEOUT)
        except (OSError, http.client.HTTPException):
            _finish(delivery, "failed to connect to host", BAD_GATEWAY)
        else:
            delivery.response_headers, delivery.response_body = response_headers, text
            _finish(delivery, "OK" if status < http.client.BAD_REQUEST else f"{status}", status)
        delivery.duration_s = time.monotonic() - began
        delivery.delivered_at = self._state.now()
        with self._state.changed:
            self._state.changed.notify_all()


def _finish(delivery: Delivery, status: str, code: int) -> None:
    delivery.status, delivery.status_code = status, code


def signed_headers(delivery: Delivery) -> dict[str, str]:
    """Write the headers of a delivery, with the signature over its bytes."""
    app, body = delivery.app, delivery.body
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if app.webhook_secret:
        secret = app.webhook_secret.encode()
        headers["X-Hub-Signature"] = "sha1=" + hmac.digest(secret, body, "sha1").hex()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.digest(secret, body, "sha256").hex()
    return headers


def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        target = parts.path or "/"
        connection.request("POST", f"{target}?{parts.query}".rstrip("?"), body, headers)
        answer = connection.getresponse()
        text = answer.read(MOST_RESPONSE_BYTES).decode(errors="replace")
        return answer.status, dict(answer.getheaders()), text
    finally:
        connection.close()
