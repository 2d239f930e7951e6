"""Keeps what was asked, for tests and measurements to read."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_BYTES_KEPT = 256 * 1024 * 1024


@dataclass
class Recorded:
    """One request as it came in."""

    number: int
    at: float
    """When its last byte was read."""
    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    answered_at: float | None = None
    """When the answer was ready to be sent, its latency waited for."""
    status: int | None = None

    @property
    def parsed(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass
class Record:
    """All requests in order; the bodies of the oldest are let go when there are too many bytes."""

    bytes_kept: int = _BYTES_KEPT
    _requests: list[Recorded] = field(default_factory=list)
    _held: int = 0
    _oldest_held: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, path: str, headers: dict[str, str], body: bytes) -> Recorded:
        """Write down a request."""
        with self._changed:
            number = len(self._requests)
            entry = Recorded(number, time.time(), path, headers, body, len(body))
            self._requests.append(entry)
            self._held += len(body)
            while self._held > self.bytes_kept and self._oldest_held < number:
                oldest = self._requests[self._oldest_held]
                self._held -= len(oldest.body)
                oldest.body = b""
                self._oldest_held += 1
            self._changed.notify_all()
        return entry

    def all(self) -> list[Recorded]:
        """Return the requests so far, oldest first."""
        with self._changed:
            return list(self._requests)

    def wait_for(self, count: int, timeout_s: float) -> list[Recorded]:
        """Return once there are `count` requests; TimeoutError when there never are."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout_s):
                raise TimeoutError(f"{len(self._requests)} requests came, not {count}")
            return list(self._requests)

    def as_json(self, since: int = 0, *, bodies: bool = True) -> Iterator[dict[str, Any]]:
        """Yield the requests from number `since` on, fit for JSON."""
        for entry in self.all()[since:]:
            body = {"body": entry.parsed} if bodies else {}
            yield body | {
                "number": entry.number,
                "at": entry.at,
                "answered_at": entry.answered_at,
                "status": entry.status,
                "path": entry.path,
                "headers": entry.headers,
                "size": entry.size,
            }
