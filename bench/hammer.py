"""Sends deliveries over kept connections and times every answer; runs as a process of its own.

`python -m bench.hammer PORT COUNT CONNECTIONS SIGNATURE <BODY` prints one JSON object. The body is
the same each time, as its signature is; the delivery's id is another one each time.
"""

import json
import re
import selectors
import socket
import sys
import time
import uuid

_WITHIN_S = 120.0
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class WrongAnswer(Exception):
    """The receiver did something else than store a delivery."""


class Connection:
    """One connection, with the delivery that it waits for an answer to."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def send(self, head: bytes, body: bytes) -> None:
        """Send the next delivery."""
        request = head.replace(b"DELIVERY", str(uuid.uuid4()).encode()) + body
        self._received, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Take what has come; say whether that is the whole answer."""
        piece = self.socket.recv(65536)
        if not piece:
            raise WrongAnswer(f"the connection was closed after {self._received[:200]!r}")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return False
        if not head.startswith(b"HTTP/1.1 202 "):
            raise WrongAnswer(self._received[:200].decode(errors="replace"))
        return True


def hammer(port: int, count: int, connections: int, signature: str, body: bytes) -> list[float]:
    """Send `count` deliveries, as many at once as there are connections; return the seconds."""
    head = _head(port, signature, len(body))
    took: list[float] = []
    left = count
    deadline = time.monotonic() + _WITHIN_S
    with selectors.DefaultSelector() as selector:
        for _ in range(min(connections, count)):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(head, body)
            left -= 1
        while len(took) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(took)} of {count} answers in {_WITHIN_S:g} s")
            for key, _ in selector.select(timeout=1.0):
                connection = key.data
                if not connection.answered():
                    continue
                took.append(time.perf_counter() - connection.sent_at)
                if left:
                    connection.send(head, body)
                    left -= 1
    return took


def _head(port: int, signature: str, length: int) -> bytes:
    lines = [
        "POST /webhook HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: GitHub-Hookshot/bench",
        "Accept: */*",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "X-GitHub-Event: issue_comment",
        "X-GitHub-Delivery: DELIVERY",
        f"X-Hub-Signature-256: {signature}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> None:
    """Read what to do, do it, print how it went."""
    port, count, connections = map(int, sys.argv[1:4])
    body = sys.stdin.buffer.read()
    began, used = time.perf_counter(), time.process_time()
    took = hammer(port, count, connections, sys.argv[4], body)
    seconds = time.perf_counter() - began
    share = (time.process_time() - used) / seconds
    print(json.dumps({"seconds": seconds, "took_s": took, "cpu_share": share}))


if __name__ == "__main__":
    main()
