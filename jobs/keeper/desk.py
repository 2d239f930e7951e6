"""Does what clients ask for: each request comes to one method of the engine."""

import socket
import threading
from dataclasses import dataclass
from os import getpid
from typing import assert_never

import structlog

from jobs.keeper.allowance import Allowance
from jobs.keeper.channel import Peer
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
)
from jobs.sandbox.engine import Engine
from jobs.sandbox.errors import SandboxError, SandboxLost
from jobs.sandbox.sandbox import Sandbox

_LONGEST_WORDS = 8000

log = structlog.get_logger()


@dataclass(frozen=True)
class Given:
    """A sandbox on its way to whoever asked for it."""

    container: str
    stream: socket.socket


class Desk:
    """Answers for one engine; may be asked from many threads at once."""

    def __init__(self, engine: Engine, allowance: Allowance) -> None:
        self._engine = engine
        self._allowance = allowance
        self._lock = threading.Lock()
        self._given: dict[str, Sandbox] = {}

    def answer(self, request: Request, peer: Peer) -> tuple[Answer, Given | None]:
        """Do what is asked; what went wrong is an answer too."""
        try:
            return self._do(request, peer)
        except SandboxError as error:
            return Refused(type(error).__name__, str(error)[:_LONGEST_WORDS]), None
        except Exception:
            # The door of the keeper: whatever one request does, the others are answered.
            log.exception("keeper.failed", request=type(request).__name__)
            return Refused("", "the keeper failed inside; its log says how"), None

    def take_back(self, given: Given) -> None:
        """Remove a sandbox that nobody holds any more."""
        with self._lock:
            self._given.pop(given.container, None)
        try:
            self._engine.remove(given.container)
        except SandboxError as error:
            log.warning("sandbox.not_removed", container=given.container, why=str(error))

    def _do(self, request: Request, peer: Peer) -> tuple[Answer, Given | None]:
        answer: Answer
        given: Given | None = None
        match request:
            case Start():
                answer, given = self._start(request, peer)
            case Save():
                answer = Saved(self._engine.save(self._held(request.container), request.snapshot))
            case RefusedHosts():
                answer = Hosts(self._engine.refused_hosts(self._held(request.container)))
            case Image():
                answer = Digest(self._engine.image_digest(request.image))
            case List():
                answer = self._list(request.after)
            case Remove():
                answer = self._remove(request.container)
            case Status():
                answer = Standing(getpid(), len(self._given), 0, False)
            case _:
                assert_never(request)
        return answer, given

    def _start(self, request: Start, peer: Peer) -> tuple[Answer, Given]:
        self._allowance.check(request, len(self._given))
        sandbox = self._engine.start(
            request.image,
            task_id=request.task_id,
            epoch=request.epoch,
            deadline_s=request.deadline_s,
            snapshot=request.snapshot,
            network_hosts=request.network_hosts,
        )
        given = Given(sandbox.container, sandbox.detach())
        with self._lock:
            self._given[given.container] = sandbox
        log.info(
            "sandbox.given",
            task=request.task_id,
            container=given.container[:12],
            pid=peer.pid,
            uid=peer.uid,
        )
        return Started(given.container, sandbox.image_digest, False), given

    def _list(self, after: str) -> Listed:
        found = sorted(self._engine.running(), key=lambda one: one.container)
        return Listed(tuple(one for one in found if one.container > after)[:MOST_LISTED])

    def _remove(self, container: str) -> Done:
        # Whatever else runs on this engine is not ours to end.
        if any(one.container == container for one in self._engine.running()):
            self._engine.remove(container)
        return Done()

    def _held(self, container: str) -> Sandbox:
        with self._lock:
            sandbox = self._given.get(container)
        if sandbox is None:
            raise SandboxLost("the keeper that gave this sandbox is gone: start another")
        return sandbox
