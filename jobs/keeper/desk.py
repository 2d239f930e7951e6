"""Does what clients ask for: each request comes to one method of the engine, or of the pool."""

import socket
import threading
import time
from dataclasses import dataclass
from os import getpid
from typing import assert_never

import structlog

from jobs.keeper.allowance import Allowance
from jobs.keeper.channel import Peer
from jobs.keeper.pool import POOL, Pool
from jobs.keeper.protocol import (
    LONGEST_WORDS,
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
)
from jobs.keeper.waiting import Kind
from jobs.sandbox.engine import Engine
from jobs.sandbox.errors import SandboxError, SandboxLost
from jobs.sandbox.sandbox import Sandbox

_LATE_S = 10.0
"""So much later than it should have ended by itself, a sandbox is removed."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Given:
    """A sandbox on its way to whoever asked for it."""

    container: str
    stream: socket.socket


class Desk:
    """Answers for one engine and its pool; may be asked from many threads at once."""

    def __init__(self, engine: Engine, pool: Pool, allowance: Allowance) -> None:
        self._engine = engine
        self._pool = pool
        self._allowance = allowance
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        """When each sandbox that somebody has shall have ended by itself (monotonic)."""
        self._starting = 0
        """Those on their way to somebody have a place too: many may be asked for at once."""
        self._left: set[str] = set()

    def answer(self, request: Request, peer: Peer) -> tuple[Answer, Given | None]:
        """Do what is asked; what went wrong is an answer too."""
        try:
            return self._do(request, peer)
        except SandboxError as error:
            return Refused(type(error).__name__, str(error)[:LONGEST_WORDS]), None
        except Exception:
            # The door of the keeper: whatever one request does, the others are answered.
            log.exception("keeper.failed", request=type(request).__name__)
            return Refused("", "the keeper failed inside; its log says how"), None

    def take_back(self, given: Given) -> None:
        """Remove a sandbox that nobody holds any more."""
        with self._lock:
            self._ends.pop(given.container, None)
        self.remove_or_remember(given.container)

    def remove_leftovers(self) -> None:
        """Try again where removing failed, and end what has outlived its time."""
        now = time.monotonic()
        with self._lock:
            overdue = [name for name, ends in self._ends.items() if ends < now]
            left, self._left = self._left, set()
        for container in {*overdue, *left}:
            self.remove_or_remember(container)

    def remove_or_remember(self, container: str) -> None:
        """Remove a container; one that the engine does not remove now is tried again."""
        try:
            self._engine.remove(container)
        except SandboxError as error:
            log.warning("sandbox.not_removed", container=container[:12], why=str(error))
            with self._lock:
                self._left.add(container)

    def _do(self, request: Request, peer: Peer) -> tuple[Answer, Given | None]:
        answer: Answer
        given: Given | None = None
        match request:
            case Start():
                answer, given = self._start(request, peer)
            case Save(container=container, snapshot=snapshot):
                self._must_be_ours(container)
                answer = Saved(self._engine.keep(container, snapshot))
            case RefusedHosts(container=container):
                answer = Hosts(self._engine.refused_to(container))
            case Image():
                answer = Digest(self._engine.image_digest(request.image))
            case List():
                answer = self._list(request.after)
            case Remove():
                answer = self._remove(request.container)
            case Status():
                answer = self._standing()
            case _:
                assert_never(request)
        return answer, given

    def _standing(self) -> Standing:
        return Standing(
            pid=getpid(),
            given=len(self._ends),
            idle=len(self._pool.containers()),
            pooling=self._pool.has_room,
        )

    def _start(self, request: Start, peer: Peer) -> tuple[Answer, Given]:
        self._take_place(request)
        began = time.monotonic()
        given: Given | None = None
        try:
            sandbox, pooled = self._sandbox(request)
            given = Given(sandbox.container, sandbox.detach())
        finally:
            with self._lock:
                self._starting -= 1
                if given is not None:
                    self._ends[given.container] = began + request.deadline_s + _LATE_S
        log.info(
            "sandbox.given",
            task=request.task_id,
            container=given.container[:12],
            pooled=pooled,
            seconds=round(time.monotonic() - began, 3),
            pid=peer.pid,
            uid=peer.uid,
        )
        return Started(given.container, sandbox.image_digest, pooled), given

    def _take_place(self, request: Start) -> None:
        with self._lock:
            self._allowance.check(request, len(self._ends) + self._starting)
            self._starting += 1

    def _sandbox(self, request: Start) -> tuple[Sandbox, bool]:
        """Take one out of the pool, or start one; the second says which."""
        if request.network_hosts is not None:
            return self._fresh(request), False
        kind = Kind(request.image, request.snapshot)
        sandbox = self._pool.take(kind, request.task_id, request.epoch, request.deadline_s)
        pooled = sandbox is not None
        if sandbox is None:
            with self._pool.held_back():
                sandbox = self._fresh(request)
        self._pool.note(kind)
        return sandbox, pooled

    def _fresh(self, request: Start) -> Sandbox:
        return self._engine.start(
            request.image,
            task_id=request.task_id,
            epoch=request.epoch,
            deadline_s=request.deadline_s,
            snapshot=request.snapshot,
            network_hosts=request.network_hosts,
        )

    def _list(self, after: str) -> Listed:
        given = [one for one in self._engine.running() if one.task_id != POOL]
        given.sort(key=lambda one: one.container)
        return Listed(tuple(one for one in given if one.container > after)[:MOST_LISTED])

    def _remove(self, container: str) -> Done:
        # Whatever else runs on this engine is not ours to end.
        if self._is_ours(container):
            self._engine.remove(container)
        return Done()

    def _must_be_ours(self, container: str) -> None:
        if not self._is_ours(container):
            raise SandboxLost("the sandbox is gone")

    def _is_ours(self, container: str) -> bool:
        return any(one.container == container for one in self._engine.running())
