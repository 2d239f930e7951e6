"""Serves on a unix socket: a thread for each connection, whose end gives back what it started."""

import fcntl
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from jobs.keeper import channel
from jobs.keeper.channel import Over, Peer
from jobs.keeper.desk import Desk, Given
from jobs.keeper.protocol import Malformed, Refused, encode, read_request
from jobs.sandbox.errors import SandboxError

_SOLE = "sole-keeper.lock"
_MOST_CONNECTIONS = 256
_SPEAKS_S = 10.0
"""A client that holds no sandbox has so long to say what it wants."""
_PAUSE_S = 0.5
"""Before the next try, when the machine let nobody in."""

_log = structlog.get_logger()


class Occupied(SandboxError):
    """Another keeper has this socket, or this data folder."""


@contextmanager
def sole_in(data_dir: Path) -> Iterator[None]:
    """Be the one keeper of a data folder: another would remove what waits in this one's pool."""
    with _held(data_dir / _SOLE, f"uses {data_dir.resolve()}: each needs a data folder of its own"):
        yield


@contextmanager
def _held(path: Path, what: str) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(f"another keeper already {what}") from None
        yield


class Server:
    """Listens at `path`, for its own user only, or for a `group` too."""

    def __init__(self, path: Path, desk: Desk, *, group: str = "") -> None:
        self._path = path
        self._desk = desk
        self._group = group
        self._room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._end = ExitStack()

    def __enter__(self) -> Self:
        """Listen; Occupied if another keeper does, SandboxError if nobody can."""
        with ExitStack() as partly:
            what = f"serves at {self._path}: one is enough for a machine"
            try:
                partly.enter_context(_held(self._path.with_suffix(".lock"), what))
                self._listener = partly.enter_context(channel.new_socket())
                self._listen()
            except OSError as error:
                raise SandboxError(f"nobody can listen at {self._path}: {error}") from error
            partly.callback(self._path.unlink, missing_ok=True)
            self._end = partly.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more; whoever has a sandbox keeps it."""
        self._end.close()

    def serve(self, stopping: threading.Event) -> None:
        """Take connections until asked to end."""
        self._listener.settimeout(0.5)
        while not stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                # Too many open files, or a client that has gone again: no reason to end.
                _log.warning("keeper.not_accepted", why=str(error))
                stopping.wait(_PAUSE_S)
                continue
            self._let_in(connection)

    def _let_in(self, connection: socket.socket) -> None:
        if not self._room.acquire(blocking=False):
            _log.warning("keeper.full", most=_MOST_CONNECTIONS)
            connection.close()
            return
        try:
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()
        except RuntimeError as error:
            # The machine gives no further thread; the client asks again.
            _log.warning("keeper.not_accepted", why=str(error))
            self._room.release()
            connection.close()

    def _listen(self) -> None:
        """Come into being under the name at once with the right mode, whatever lay there."""
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with channel.address(new) as address:
            self._listener.bind(address)
        if self._group:
            self._give_to_group(new)
        new.chmod(0o660 if self._group else 0o600)
        self._listener.listen(_MOST_CONNECTIONS)
        new.rename(self._path)

    def _give_to_group(self, socket_file: Path) -> None:
        try:
            shutil.chown(socket_file, group=self._group)
        except (LookupError, PermissionError) as error:
            raise SandboxError(
                f"PATCHBAY_KEEPER_GROUP cannot be let in, a group of this machine that the "
                f"keeper's user is in: {error}"
            ) from error

    def _attend(self, connection: socket.socket) -> None:
        given: list[Given] = []
        try:
            with connection:
                self._converse(connection, channel.peer_of(connection), given)
        except OSError as error:
            _log.warning("keeper.connection_failed", why=str(error))
        finally:
            # Each is done, whatever becomes of the others.
            with ExitStack() as at_the_end:
                at_the_end.callback(self._room.release)
                for one in given:
                    at_the_end.callback(self._desk.take_back, one)

    def _converse(self, connection: socket.socket, peer: Peer, given: list[Given]) -> None:
        while True:
            # A sandbox is held by saying nothing.
            connection.settimeout(None if given else _SPEAKS_S)
            try:
                data = channel.receive(connection)
                connection.settimeout(_SPEAKS_S)
                self._answer(connection, data, peer, given)
            except Over as over:
                if not given:
                    _log.debug("keeper.over", peer=peer.pid, why=str(over))
                return

    def _answer(
        self, connection: socket.socket, data: bytes, peer: Peer, given: list[Given]
    ) -> None:
        try:
            request = read_request(data)
        except Malformed as malformed:
            _log.warning("keeper.refused", peer=peer.pid, uid=peer.uid, why=str(malformed))
            channel.send(connection, encode(Refused("", f"the keeper refuses: {malformed}")))
            return
        answer, one = self._desk.answer(request, peer)
        if one is None:
            channel.send(connection, encode(answer))
            return
        given.append(one)
        with one.stream:
            # The other process has it from now on; here it is closed, or it would never end.
            channel.send(connection, encode(answer), one.stream.fileno())
