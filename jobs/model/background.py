"""Runs coroutines for threads that must be able to stop waiting at any moment."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import wait
from typing import Any, TypeVar

from jobs.model.wire import ModelError, ModelErrorKind

R = TypeVar("R")

_LOOK_EVERY_S = 0.2
_CLOSE_S = 2.0


class Background:
    """An event loop in a thread of its own, begun when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def run(
        self,
        work: Callable[[], Coroutine[Any, Any, R]],
        *,
        until: float,
        stopped: threading.Event,
    ) -> R:
        """Return what `work` returns; leave it within a second of `stopped`, or of `until`."""
        if stopped.is_set():
            raise _stopped()
        future = asyncio.run_coroutine_threadsafe(work(), self._running_loop())
        try:
            while not wait([future], timeout=_LOOK_EVERY_S).done:
                _look(until=until, stopped=stopped)
            return future.result()
        finally:
            future.cancel()

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cancel what runs, do one last thing on the loop, and end the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(last), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        thread.join(_CLOSE_S)
        if not thread.is_alive():
            loop.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # A forked child has the loop's memory, but not its thread.
            if self._loop is None or self._process != os.getpid():
                self._process = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="model-wire", daemon=True
                )
                self._thread.start()
            return self._loop


def _look(*, until: float, stopped: threading.Event) -> None:
    if stopped.is_set():
        raise _stopped()
    # The work keeps its own deadline; this one holds when the loop itself is too busy to.
    if time.monotonic() > until + 1:
        raise ModelError(ModelErrorKind.RETRY, "the model's answer could not be read in time")


async def _wind_up(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last()


def _stopped() -> ModelError:
    return ModelError(ModelErrorKind.STOPPED, "stopped while waiting for the model")
