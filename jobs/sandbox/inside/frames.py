"""Carries requests in and answers out, as length-capped frames over stdin and stdout."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator

from .bounds import MAX_BODY, MAX_HEADER


class Refused(Exception):
    """The request cannot be done; the words go to whoever asked."""


class Broken(Exception):
    """This sandbox cannot serve any more; the words go to whoever starts another."""


class Gone(Exception):
    """The other side closed the stream."""


class Request:
    """One request: its header, and its body in pieces as they come."""

    def __init__(self, header: dict[str, Any], first: bytes) -> None:
        self.header = header
        self._first = [first]
        self._ended = not header["more"]

    def pieces(self) -> Iterator[bytes]:
        """Take the body piece by piece; can be called again for what is left."""
        while self._first:
            yield self._first.pop()
        while not self._ended:
            header, body = receive()
            self._ended = not header["more"]
            yield body

    def body(self, limit: int) -> bytes:
        """Take the whole body, refusing one over `limit`."""
        data = bytearray()
        for piece in self.pieces():
            data += piece
            if len(data) > limit:
                raise Refused(f"the request is over the limit of {limit} bytes")
        return bytes(data)

    def answer(self, fields: dict[str, Any], body: bytes = b"") -> None:
        """Send the answer, after whatever of the body nobody wanted."""
        for _ in self.pieces():
            pass
        number = self.header["id"]
        at = 0
        while len(body) - at > MAX_BODY:
            send({"id": number, "more": True}, body[at : at + MAX_BODY])
            at += MAX_BODY
        send({"id": number, **fields}, body[at:])


def send(header: dict[str, Any], body: bytes = b"") -> None:
    """Write one frame to stdout."""
    encoded = json.dumps(header).encode()
    lengths = len(encoded).to_bytes(4, "big") + len(body).to_bytes(4, "big")
    left = memoryview(lengths + encoded + body)
    try:
        while left:
            left = left[os.write(1, left) :]
    except BrokenPipeError:
        raise Gone from None


def receive() -> tuple[dict[str, Any], bytes]:
    """Read one frame from stdin."""
    lengths = _take(8)
    header_size = int.from_bytes(lengths[:4], "big")
    body_size = int.from_bytes(lengths[4:], "big")
    if header_size > MAX_HEADER or body_size > MAX_BODY:
        raise Gone
    header: dict[str, Any] = json.loads(_take(header_size))
    return header, _take(body_size)


def _take(size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            raise Gone
        data += more
    return bytes(data)
