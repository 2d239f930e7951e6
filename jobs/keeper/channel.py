"""Carries messages over a unix socket: packets with a border that the kernel keeps, and a cap."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAX_MESSAGE = 64 * 1024
_CREDENTIALS = "3i"


class Over(Exception):
    """The other side is gone, or sends what nobody can mean; the words say which."""


@dataclass(frozen=True)
class Peer:
    """Who is at the other end, as the kernel knows it."""

    pid: int
    uid: int
    gid: int


def new_socket() -> socket.socket:
    """Make a socket of the kind that both sides speak through."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


@contextmanager
def address(path: Path) -> Iterator[str]:
    """Give a socket's path in a form that is short enough, however long the path is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def peer_of(connection: socket.socket) -> Peer:
    """Say who connected."""
    size = struct.calcsize(_CREDENTIALS)
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return Peer(*struct.unpack(_CREDENTIALS, found))


def send(connection: socket.socket, data: bytes, descriptor: int | None = None) -> None:
    """Send one message, with a file descriptor or without; Over if nobody takes it."""
    try:
        socket.send_fds(connection, [data], [] if descriptor is None else [descriptor])
    except OSError as error:
        raise Over(f"the other side does not listen ({error})") from error


def receive(connection: socket.socket) -> bytes:
    """Take one message; descriptors that come with it are dropped. Over at its end."""
    try:
        # Without room for them, the kernel closes descriptors that come along.
        data, _, flags, _ = connection.recvmsg(MAX_MESSAGE)
    except OSError as error:
        raise Over(f"the other side is silent ({error})") from error
    return _whole(data, flags)


def receive_with_descriptor(connection: socket.socket) -> tuple[bytes, int | None]:
    """Take one message, and the file descriptor that came with it."""
    try:
        data, found, flags, _ = socket.recv_fds(
            connection, MAX_MESSAGE, 1, flags=socket.MSG_CMSG_CLOEXEC
        )
    except OSError as error:
        raise Over(f"the other side is silent ({error})") from error
    try:
        return _whole(data, flags), found[0] if found else None
    except Over:
        for descriptor in found:
            os.close(descriptor)
        raise


def _whole(data: bytes, flags: int) -> bytes:
    if not data:
        raise Over("the other side has closed")
    if flags & socket.MSG_TRUNC:
        raise Over("a message over the limit")
    return data
