"""The web process's worker: a request has to be there in time, however slowly it is sent.

gunicorn's threads wait for a request that has begun for as long as its bytes keep dripping in, so
that a few hundred such connections hold them all.
"""

import select
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

REQUEST_S = 8.0
"""From a request's first byte to its last. GitHub itself gives up on a delivery after ten."""


class InTime:
    """A connection that reads as closed when a request has taken too long to arrive."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.begin()

    def __getattr__(self, name: str) -> Any:
        """Be the connection in all else."""
        return getattr(self._connection, name)

    def begin(self) -> None:
        """Give the next request its time."""
        self._until = time.monotonic() + REQUEST_S

    def recv(self, most: int) -> bytes:
        """Return what came, or nothing once the time is over."""
        waiting = select.poll()
        waiting.register(self._connection, select.POLLIN)
        left_s = self._until - time.monotonic()
        return self._connection.recv(most) if waiting.poll(max(0.0, left_s) * 1000) else b""


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads, whose connections are in time."""

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection; a thread of the pool's runs this."""
        if not isinstance(conn.sock, InTime):
            conn.sock = InTime(conn.sock)
        conn.sock.begin()
        return super().handle(conn)
