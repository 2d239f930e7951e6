"""Plays a tool server that is hostile, and measures what it costs the worker.

Run as a program with the name of an attack, it prints as JSON how the call ended, and by how much
the worker's memory (KiB) grew meanwhile, at its highest.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.sandbox import Sandbox, SandboxError
from jobs.sandbox.inside.bounds import MAX_BODY, MAX_HEADER
from jobs.sandbox.stream import FrameStream
from tests.peak import Peak

Answer = Callable[[socket.socket, int], None]
MB = 1024 * 1024


def chunk(data: bytes, *, stderr: bool = False) -> bytes:
    """Wrap bytes as the engine does on an attached stream."""
    return bytes([2 if stderr else 1, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def frame(header: object, body: bytes = b"") -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(encoded).to_bytes(4, "big") + len(body).to_bytes(4, "big") + encoded + body


@contextmanager
def hostile(answer: Answer) -> Iterator[Sandbox]:
    """Give a sandbox whose first request is answered by `answer`, with its socket and number."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        lengths = theirs.recv(8, socket.MSG_WAITALL)
        header = theirs.recv(int.from_bytes(lengths[:4], "big"), socket.MSG_WAITALL)
        try:
            answer(theirs, json.loads(header)["id"])
            theirs.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the sandbox has had enough

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield Sandbox("none", FrameStream(ours), lambda: None)
    finally:
        ours.close()
        theirs.close()
        thread.join(10)


def endless(data: bytes) -> Answer:
    def send(peer: socket.socket, _number: int) -> None:
        while True:
            peer.sendall(data)

    return send


def pieces(peer: socket.socket, number: int) -> None:
    piece = chunk(frame({"id": number, "more": True}, bytes(MAX_BODY)))
    while True:
        peer.sendall(piece)


def one_endless_chunk(peer: socket.socket, number: int) -> None:
    """The engine's own chunk never ends, nor does what is in it."""
    header = json.dumps({"id": number, "more": True}).encode()
    lengths = len(header).to_bytes(4, "big") + MAX_BODY.to_bytes(4, "big")
    peer.sendall(b"\x01\0\0\0\xff\xff\xff\xff")
    while True:
        peer.sendall(lengths + header + bytes(MAX_BODY))


def header_of(text: bytes) -> Answer:
    return lambda peer, _number: peer.sendall(chunk(frame(text)))


def answer_of(**fields: object) -> Answer:
    return lambda peer, number: peer.sendall(chunk(frame({"id": number, **fields})))


ATTACKS: dict[str, Answer] = {
    "garbage": endless(chunk(b"\xff" * MB)),
    "zeroes": endless(chunk(bytes(MB))),
    "no chunks": endless(b"\x01" * MB),
    "complaints": endless(chunk(b"woe! " * 10_000, stderr=True)),
    "pieces": pieces,
    "one endless chunk": one_endless_chunk,
    "empty chunks": endless(chunk(b"") * 10_000),
    "a deep list": header_of(b"[" * MAX_HEADER),
    "a deep object": header_of(b'{"a":' * (MAX_HEADER // 5)),
    "a long number": header_of(b'{"id": ' + b"9" * (MAX_HEADER - 8) + b"}"),
    "many keys": header_of(json.dumps({str(n): n for n in range(4_000)}).encode()),
    "a long refusal": answer_of(refused="\ud800" * 10_000),
    "many limits": answer_of(limits=[{"kind": "memory", "size": n} for n in range(1_000)]),
}


def main(name: str) -> None:
    peak = Peak()
    began = time.monotonic()
    with hostile(ATTACKS[name]) as box:
        try:
            box.collect(max_bytes=4 * MB)
            ended = "answered"
        except SandboxError as error:
            ended = f"{type(error).__name__}: {str(error)[:60]}"
    grown = peak.grown_kb()
    said = {"ended": ended, "grown": grown, "seconds": time.monotonic() - began}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
