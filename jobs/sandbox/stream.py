"""Speaks in frames with the tool server inside; what comes back is hostile until it is parsed.

A frame is two lengths (u32, big-endian), a JSON header and a raw body. Whatever the other side
sends costs this side at most one frame of memory and the time until the caller's deadline.
"""

import json
import socket
import time
from typing import Any

from jobs.sandbox.errors import SandboxLost
from jobs.sandbox.inside.bounds import MAX_BODY, MAX_HEADER

_READ = 64 * 1024
_DOCKER_HEADER = 8
_STDERR = 2
_STDERR_KEPT = 4096
_STDERR_MOST = 16 * 1024 * 1024
"""Over the life of a sandbox; a tool server that is well says nothing."""
_EMPTY_MOST = 1_000
"""Chunks of the engine with nothing in them; it has no reason to send even one."""


class FrameStream:
    """Frames over a container's attached stdin and stdout, one caller at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._docker = bytearray()
        self._frames = bytearray()
        self._stderr = b""
        self._stderr_size = 0
        self._empty_chunks = 0
        self._left_in_chunk = 0
        self._chunk_is_stderr = False

    @property
    def complaints(self) -> str:
        """The end of what the tool server wrote to stderr: its last words, when it died."""
        return self._stderr.decode("utf-8", "replace").strip()

    def send(self, header: dict[str, Any], body: bytes, deadline: float) -> None:
        """Send one frame before `deadline` (monotonic), or lose the sandbox."""
        encoded = json.dumps(header).encode()
        lengths = len(encoded).to_bytes(4, "big") + len(body).to_bytes(4, "big")
        self.send_raw(lengths + encoded + body, deadline)

    def send_raw(self, data: bytes, deadline: float) -> None:
        """Send bytes as they are; only the boot of the tool server needs this."""
        left = memoryview(data)
        try:
            while left:
                self._connection.settimeout(_remaining(deadline))
                left = left[self._connection.send(left) :]
        except TimeoutError:
            raise SandboxLost("the sandbox stopped listening") from None
        except OSError as error:
            raise SandboxLost(self._last_words("the sandbox is gone")) from error

    def receive(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Take the next frame before `deadline` (monotonic), or lose the sandbox."""
        lengths = self._take(8, deadline)
        header_size = int.from_bytes(lengths[:4], "big")
        body_size = int.from_bytes(lengths[4:], "big")
        if header_size > MAX_HEADER or body_size > MAX_BODY:
            raise SandboxLost("the sandbox broke the protocol: a frame over the limit")
        try:
            header = json.loads(self._take(header_size, deadline))
        except (ValueError, RecursionError):
            raise SandboxLost("the sandbox broke the protocol: a header that is no JSON") from None
        if not isinstance(header, dict):
            raise SandboxLost("the sandbox broke the protocol: a header that is no object")
        return header, self._take(body_size, deadline)

    def detach(self) -> socket.socket:
        """Give the connection away; only between answers, when nothing has been read ahead."""
        if self._frames or self._docker or self._left_in_chunk:
            raise SandboxLost("the sandbox broke the protocol: it speaks without being asked")
        return self._connection

    def shut(self) -> None:
        """End the stream; a call that waits in another thread ends at once."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed by the other side

    def close(self) -> None:
        """Give the connection back; nobody may be waiting in it."""
        self._connection.close()

    def _take(self, size: int, deadline: float) -> bytes:
        while len(self._frames) < size:
            self._docker += self._read(deadline)
            self._unpack()
        taken = bytes(self._frames[:size])
        del self._frames[:size]
        return taken

    def _read(self, deadline: float) -> bytes:
        try:
            self._connection.settimeout(_remaining(deadline))
            data = self._connection.recv(_READ)
        except TimeoutError:
            raise SandboxLost("the sandbox did not answer in time") from None
        except OSError as error:
            raise SandboxLost(self._last_words("the sandbox is gone")) from error
        if not data:
            raise SandboxLost(self._last_words("the sandbox is gone"))
        return data

    def _unpack(self) -> None:
        """Sort what the engine sent, in chunks with a small header each, into stdout and stderr."""
        while self._docker:
            if not self._left_in_chunk:
                if len(self._docker) < _DOCKER_HEADER:
                    return
                self._chunk_is_stderr = self._docker[0] == _STDERR
                self._left_in_chunk = int.from_bytes(self._docker[4:8], "big")
                del self._docker[:_DOCKER_HEADER]
                self._empty_chunks += not self._left_in_chunk
                if self._empty_chunks > _EMPTY_MOST:
                    raise SandboxLost("the sandbox broke the protocol: chunks without content")
                continue
            chunk = bytes(self._docker[: self._left_in_chunk])
            del self._docker[: len(chunk)]
            self._left_in_chunk -= len(chunk)
            if self._chunk_is_stderr:
                self._complain(chunk)
            else:
                self._frames += chunk

    def _complain(self, chunk: bytes) -> None:
        self._stderr = (self._stderr + chunk)[-_STDERR_KEPT:]
        self._stderr_size += len(chunk)
        if self._stderr_size > _STDERR_MOST:
            raise SandboxLost("the sandbox broke the protocol: it complains without end")

    def _last_words(self, text: str) -> str:
        return f"{text}: {self.complaints}" if self._stderr else text


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
