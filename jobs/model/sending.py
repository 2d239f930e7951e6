"""Gets one reply out of a server: tries, waits, deadline and stop."""

import asyncio
import logging
import random
import threading
import time
from dataclasses import dataclass, replace
from typing import Protocol

from jobs.model.background import Background
from jobs.model.connection import Answer, Connection
from jobs.model.failures import Failure
from jobs.model.figures import guessed_tokens
from jobs.model.streams import Gatherer
from jobs.model.wire import ModelError, ModelErrorKind, Reply

_log = logging.getLogger(__name__)
_FEW = 3
_SHORTEST_KEY = 8
"""Anything shorter stands for no key, as local servers have it, and may be a word."""


@dataclass(frozen=True)
class Patience:
    """How long a server that fails is asked again."""

    tries: int = 8
    within_s: float = 1200.0
    try_s: float = 900.0
    """Wall clock of one try, from connecting to the last byte."""
    idle_s: float = 600.0
    """Silence within one try; a model that thinks may say nothing for minutes."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_asked_wait_s: float = 900.0
    """A server may ask to be left alone for so long; when it asks for more, the call fails."""


class Request(Protocol):
    """One question to a server, in the words of one protocol."""

    path: str

    def body(self) -> bytes:
        """Return the request as it should be sent now."""
        ...

    def gatherer(self, server: str) -> Gatherer:
        """Return what puts a streamed reply together."""
        ...

    def read(self, answer: Answer) -> Reply:
        """Return what the answer means; raises Failure when it means nothing."""
        ...

    def cure(self, failure: Failure) -> bool:
        """Change the request so that the server may take it; false when there is nothing to do."""
        ...


class Sender:
    """Sends requests to one server from any thread; connections stay open between them."""

    def __init__(self, api_key: str, base_url: str, patience: Patience) -> None:
        self._key = api_key
        self._base_url = base_url
        self._patience = patience
        self._background = Background()
        # Made here although it is used later: what it imports is then there before a fork.
        self._connection: Connection | None = Connection(api_key, base_url)
        self._loop: asyncio.AbstractEventLoop | None = None

    def send(self, request: Request, *, deadline_s: float, stopped: threading.Event) -> Reply:
        """Return the reply, or raise ModelError within `deadline_s`."""
        began = time.monotonic()
        until = began + min(deadline_s, self._patience.within_s)
        reply = self._background.run(
            lambda: self._persist(request, until), until=until, stopped=stopped
        )
        return replace(reply, seconds=time.monotonic() - began)

    def close(self) -> None:
        """Close the connections; a later `send` opens new ones."""
        self._background.close(self._disconnect)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = self._loop = None

    async def _persist(self, request: Request, until: float) -> Reply:
        failed = lost = 0
        while True:
            try:
                return replace(await self._try(request, until), lost_input=lost)
            except Failure as failure:
                lost += guessed_tokens(len(request.body())) if failure.charged else 0
                if failure.cure is not None and request.cure(failure):
                    _log.warning("asking again in another way: %s", self._hidden(failure.message))
                    continue
                failed += 1
                try:
                    wait_s = self._wait(failure, failed, until)
                except ModelError as error:
                    error.lost_input = lost
                    raise
                _log.warning("again in %.1f s: %s", wait_s, self._hidden(failure.message))
            await asyncio.sleep(wait_s)

    async def _try(self, request: Request, until: float) -> Reply:
        connection = self._connected()
        time_left = min(self._patience.try_s, until - time.monotonic())
        try:
            async with asyncio.timeout(time_left):
                answer = await connection.post(
                    request.path,
                    request.body(),
                    gatherer=request.gatherer,
                    idle_s=self._patience.idle_s,
                )
        except TimeoutError as error:
            words = f"{connection.server} gave no whole answer within {time_left:.0f} s"
            raise Failure(
                ModelErrorKind.RETRY, words, again=True, tries=_FEW, charged=True
            ) from error
        return request.read(answer)

    def _connected(self) -> Connection:
        """Return the connection of this event loop: one that another began is no use here."""
        loop = asyncio.get_running_loop()
        if self._connection is None or self._loop not in {None, loop}:
            self._connection = Connection(self._key, self._base_url)
        self._loop = loop
        return self._connection

    def _wait(self, failure: Failure, failed: int, until: float) -> float:
        """Return how long to wait for the next try; raises ModelError when there is none."""
        patience = self._patience
        if not failure.again:
            raise self._final(failure, failure.message)
        if failed >= min(patience.tries, failure.tries or patience.tries):
            raise self._final(failure, f"{failure.message} (tried {failed} times)")
        if failure.wait_s is not None and failure.wait_s > patience.longest_asked_wait_s:
            words = f"{failure.message} (it asks to be left alone for {failure.wait_s:.0f} s)"
            raise self._final(failure, words)
        pause = min(patience.longest_wait_s, patience.first_wait_s * 2.0 ** (failed - 1))
        # Spread out, so that the tasks that failed together do not come back together.
        wait_s = max(failure.wait_s or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        if time.monotonic() + wait_s >= until:
            raise self._final(failure, f"{failure.message} (no time left to try again)")
        return wait_s

    def _final(self, failure: Failure, words: str) -> ModelError:
        return ModelError(
            failure.kind,
            self._hidden(words),
            retry_after_s=failure.wait_s,
            status=failure.status,
        )

    def _hidden(self, words: str) -> str:
        """Leave the key out: some servers repeat it in their complaint."""
        return words.replace(self._key, "***") if len(self._key) >= _SHORTEST_KEY else words
