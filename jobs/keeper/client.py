"""The keeper as workers and the clock see it: sandboxes, without Docker anywhere near."""

import os
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from jobs.keeper import channel
from jobs.keeper.channel import Over
from jobs.keeper.protocol import (
    MOST_LISTED,
    Answer,
    Digest,
    Done,
    Hosts,
    Image,
    List,
    Listed,
    Refused,
    RefusedHosts,
    Remove,
    Request,
    Save,
    Saved,
    Standing,
    Start,
    Started,
    Status,
    encode,
    read_answer,
)
from jobs.sandbox.errors import ImageMissing, SandboxError, SandboxLost, SnapshotMissing
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import Running, Snapshot
from jobs.sandbox.stream import FrameStream

_ANSWERS_S = 30.0
_STARTS_S = 90.0
_SAVES_S = 900.0
_LOOK_AGAIN_S = 0.05
_ERRORS = {one.__name__: one for one in (ImageMissing, SnapshotMissing, SandboxLost)}

_Wanted = TypeVar("_Wanted", bound=Answer)
_Result = TypeVar("_Result")


class KeeperAway(SandboxError):
    """No keeper answers; one that comes back will."""


class Keeper:
    """Sandboxes from the keeper that listens at `path`; waits `patience_s` for one that is away.

    Nothing is kept between calls, so that a forked job can go on with its parent's. The connection
    of a start lives as long as its sandbox: the keeper removes what nobody holds any more.
    """

    def __init__(self, path: Path, *, patience_s: float = 20.0) -> None:
        self._path = path
        self._patience_s = patience_s

    def start(
        self,
        image: str,
        *,
        task_id: str,
        epoch: int,
        deadline_s: float,
        snapshot: Snapshot | None = None,
        network_hosts: Iterable[str] | None = None,
    ) -> Sandbox:
        """Get a sandbox, from the pool if one waits there; its stream is this process's own."""
        hosts = None if network_hosts is None else tuple(network_hosts)
        request = Start(image, task_id, epoch, deadline_s, snapshot, hosts)
        return self._patiently(partial(self._start, request))

    def save(self, sandbox: Sandbox, snapshot: Snapshot) -> int:
        """End a sandbox that was for setting up and keep its work folder; returns its bytes."""
        # Not a second time: whether a keeper that went away had saved is not known.
        return self._ask(Save(sandbox.container, snapshot), Saved, _SAVES_S).bytes

    def refused_hosts(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the hosts that a sandbox for setting up was not let through to, so far."""
        return self._ask_patiently(RefusedHosts(sandbox.container), Hosts).hosts

    def image_digest(self, image: str) -> str | None:
        """Return the id of an image (`sha256:…`), or None if there is none of that name."""
        return self._ask_patiently(Image(image), Digest).digest

    def running(self) -> tuple[Running, ...]:
        """List the sandboxes that were given to somebody."""
        found: list[Running] = []
        while True:
            after = found[-1].container if found else ""
            listed = self._ask_patiently(List(after), Listed).running
            found += listed
            if len(listed) < MOST_LISTED:
                return tuple(found)

    def remove(self, container: str) -> None:
        """Remove a sandbox, whatever it is doing; one that is gone already is fine."""
        self._ask_patiently(Remove(container), Done)

    def status(self) -> Standing:
        """Say how things stand with the keeper."""
        return self._ask_patiently(Status(), Standing)

    def _start(self, request: Start) -> Sandbox:
        lifeline = self._connect(_STARTS_S)
        try:
            channel.send(lifeline, encode(request))
            data, stream = channel.receive_with_descriptor(lifeline)
        except Over as over:
            lifeline.close()
            raise self._away(over) from over
        return self._taken(lifeline, data, stream)

    def _taken(self, lifeline: socket.socket, data: bytes, stream: int | None) -> Sandbox:
        with ExitStack() as undo:
            undo.callback(lifeline.close)
            if stream is not None:
                undo.callback(os.close, stream)
            started = self._expected(data, Started)
            if stream is None:
                raise SandboxError("the keeper gave a sandbox without its stream")
            undo.pop_all()
        give_back = partial(self._give_back, lifeline, started.container)
        frames = FrameStream(socket.socket(fileno=stream))
        return Sandbox(
            started.container,
            frames,
            give_back,
            image_digest=started.image_digest,
            pooled=started.pooled,
        )

    def _give_back(self, lifeline: socket.socket, container: str) -> None:
        if lifeline.fileno() < 0:
            return
        held = _is_held(lifeline)
        lifeline.close()
        if not held:
            # The keeper that gave it is gone. The sandbox ends with its stream, so that one who
            # is away need not be waited for.
            with suppress(KeeperAway):
                self._ask(Remove(container), Done, _ANSWERS_S)

    def _ask_patiently(self, request: Request, wanted: type[_Wanted]) -> _Wanted:
        return self._patiently(partial(self._ask, request, wanted, _ANSWERS_S))

    def _patiently(self, ask: Callable[[], _Result]) -> _Result:
        until = time.monotonic() + self._patience_s
        while True:
            try:
                return ask()
            except KeeperAway:
                if time.monotonic() >= until:
                    raise
                time.sleep(_LOOK_AGAIN_S)

    def _ask(self, request: Request, wanted: type[_Wanted], within_s: float) -> _Wanted:
        with self._connect(within_s) as connection:
            try:
                channel.send(connection, encode(request))
                data = channel.receive(connection)
            except Over as over:
                raise self._away(over) from over
        return self._expected(data, wanted)

    def _connect(self, within_s: float) -> socket.socket:
        with ExitStack() as undo:
            try:
                connection = undo.enter_context(channel.new_socket())
                connection.settimeout(within_s)
                with channel.address(self._path) as address:
                    connection.connect(address)
            except OSError as error:
                raise self._away(error) from error
            undo.pop_all()
        return connection

    def _expected(self, data: bytes, wanted: type[_Wanted]) -> _Wanted:
        answer = read_answer(data)
        if isinstance(answer, Refused):
            raise _ERRORS.get(answer.error, SandboxError)(answer.words)
        if not isinstance(answer, wanted):
            raise SandboxError("the keeper is of another version: another answer")
        return answer

    def _away(self, error: Exception) -> KeeperAway:
        return KeeperAway(
            f"no keeper answers at {self._path} ({error}): start one with script/keeper, "
            "or set PATCHBAY_KEEPER_SOCKET to where it listens"
        )


def _is_held(lifeline: socket.socket) -> bool:
    """Say whether the keeper at the other end still is the one that gave the sandbox."""
    lifeline.setblocking(False)
    try:
        return bool(lifeline.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
