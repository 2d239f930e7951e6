"""Sandboxes started in advance: each is given once, and a fresh one takes its place.

One thread tends the pool (`run`): it fills up, drops what ended, waited too long or is of an old
image, and gives everything up while the machine is short of memory. The threads of clients take.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from jobs.keeper.demand import Demand, PoolSize
from jobs.keeper.pressure import Pressure
from jobs.keeper.waiting import Kind, Waiting
from jobs.sandbox.engine import Engine
from jobs.sandbox.errors import SandboxError, SnapshotMissing
from jobs.sandbox.sandbox import Sandbox

POOL = "pool"
"""Stands for a task in the name of a sandbox that waits."""

_LOOK_AGAIN_S = 5.0
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 10.0
"""Between tries to start one, while they fail."""
_ANSWERS_S = 2.0
"""One that waited and takes longer to answer is of no use: a fresh one starts faster."""
_AFTER_YOU_S = 1.0
_USUAL_LIFE_S = 6 * 3600.0
_SLACK_S = 60.0
"""Lived longer than is promised, for the moment between a promise and its beginning."""

log = structlog.get_logger()


class Pool:
    """Waiting sandboxes of the images in `always`, and of what was asked for lately."""

    def __init__(
        self, engine: Engine, size: PoolSize, pressure: Pressure, *, always: tuple[str, ...] = ()
    ) -> None:
        self._engine = engine
        self._idle_s = size.idle_s
        self._demand = Demand(size, always)
        self._pressure = pressure
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._life_s = _USUAL_LIFE_S
        self._held_back = 0
        self._failures = 0
        self._not_before = 0.0
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.has_room = True
        """There is memory for a pool."""

    def containers(self) -> set[str]:
        """Name the containers that wait."""
        with self._lock:
            return {one.container for one in self._waiting}

    def take(self, kind: Kind, task_id: str, epoch: int, deadline_s: float) -> Sandbox | None:
        """Give one to a task, to end itself after `deadline_s`; None if there is none."""
        with self._lock:
            self._life_s = max(self._life_s, deadline_s)
        while one := self._take_out_first(kind, deadline_s):
            sandbox = one.awake(self._engine.remove)
            try:
                self._engine.assign(one.container, task_id, epoch)
                sandbox.set_deadline(deadline_s, within_s=_ANSWERS_S)
            except SandboxError as error:
                log.warning("pool.lost", container=one.container[:12], why=str(error))
                self._drop([one])
            else:
                # Whoever got it has work to do now; filling up comes after.
                self._not_before = max(self._not_before, time.monotonic() + _AFTER_YOU_S)
                return sandbox
        return None

    def note(self, kind: Kind) -> None:
        """Remember that a task got one of this kind: the next may want one too."""
        self._demand.note(kind)
        self.ring()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Start none while a task waits for one of its own."""
        with self._lock:
            self._held_back += 1
        try:
            yield
        finally:
            with self._lock:
                self._held_back -= 1
            self.ring()

    def ring(self) -> None:
        """Have `run` look again at once."""
        os.eventfd_write(self._bell, 1)

    def run(self, stopping: threading.Event) -> None:
        """Tend the pool until asked to end (and rung); leaves nothing behind."""
        try:
            while not stopping.is_set():
                self._tend_and_survive()
                self._listen()
        finally:
            self._drop(self._take_out(lambda _: True))
            self._engine.close()

    def tend(self) -> None:
        """Drop what nobody shall get, and start what is missing."""
        self._look_at_memory()
        self._drop(self._take_out(lambda one: not one.is_well()))
        if time.monotonic() < self._not_before:
            return
        wanted = self._demand.wanted() if self.has_room else {}
        try:
            self._drop(self._take_out_unfit(wanted))
            while kind := self._lacking(wanted):
                self._start(kind)
            if any(kind.snapshot for kind in wanted):
                self._engine.prepare(next(iter(wanted)).image)
        except SandboxError as error:
            self._pause(error)

    def _tend_and_survive(self) -> None:
        try:
            self.tend()
        except Exception as error:
            # The door of this thread: without it there would be no pool until the next keeper.
            log.exception("pool.failed")
            self._pause(error)

    def _look_at_memory(self) -> None:
        had, self.has_room = self.has_room, self._pressure.room()
        if had and not self.has_room:
            log.warning("pool.given_up", why="the machine is short of memory")
        if self.has_room and not had:
            log.info("pool.taken_up")

    def _take_out_unfit(self, wanted: dict[Kind, int]) -> list[Waiting]:
        digests = {kind.image: self._engine.image_digest(kind.image) for kind in wanted}
        left = dict(wanted)
        oldest = time.monotonic() - self._idle_s

        def unfit(one: Waiting) -> bool:
            fresh = one.since > oldest and one.image_digest == digests.get(one.kind.image)
            fits = fresh and left.get(one.kind, 0) > 0
            left[one.kind] = left.get(one.kind, 0) - fits
            return not fits

        return self._take_out(unfit)

    def _lacking(self, wanted: dict[Kind, int]) -> Kind | None:
        with self._lock:
            if self._held_back or time.monotonic() < self._not_before:
                return None
            have = [one.kind for one in self._waiting]
        return next((kind for kind, count in wanted.items() if have.count(kind) < count), None)

    def _start(self, kind: Kind) -> None:
        life_s = self._life_s + self._idle_s
        # Its label and its own clock count from a moment within the start, so from later than this.
        ends = time.monotonic() + life_s
        try:
            sandbox = self._engine.start(
                kind.image,
                task_id=POOL,
                epoch=0,
                deadline_s=life_s + _SLACK_S,
                snapshot=kind.snapshot,
            )
        except SnapshotMissing:
            # It was thrown away: tried again and again, it would keep the rest from being filled.
            self._demand.forget(kind)
            raise
        with self._lock:
            self._waiting.append(Waiting.of(sandbox, kind, ends))
        if self._failures:
            log.info("pool.filling_again")
        self._failures = 0

    def _pause(self, error: Exception) -> None:
        if not self._failures:
            log.warning("pool.not_filled", why=str(error))
        self._failures += 1
        self._not_before = time.monotonic() + min(
            _SHORTEST_PAUSE_S * 2 ** min(self._failures, 10), _LONGEST_PAUSE_S
        )

    def _listen(self) -> None:
        """Wait for the bell, for a word from one that should be silent, or for a while."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        with self._lock:
            for one in self._waiting:
                poll.register(one.stream, select.POLLIN)
        until = self._not_before - time.monotonic()
        poll.poll(1000 * (until if 0 < until < _LOOK_AGAIN_S else _LOOK_AGAIN_S))
        try:
            os.eventfd_read(self._bell)
        except BlockingIOError:
            return  # it was not the bell

    def _take_out_first(self, kind: Kind, deadline_s: float) -> Waiting | None:
        ends = time.monotonic() + deadline_s
        with self._lock:
            for place, one in enumerate(self._waiting):
                if one.kind == kind and one.ends >= ends:
                    return self._waiting.pop(place)
        return None

    def _take_out(self, which: Callable[[Waiting], bool]) -> list[Waiting]:
        with self._lock:
            out = [one for one in self._waiting if which(one)]
            self._waiting = [one for one in self._waiting if one not in out]
        return out

    def _drop(self, dropped: list[Waiting]) -> None:
        for one in dropped:
            one.stream.close()  # it ends by itself, also where the engine cannot be asked
        for one in dropped:
            try:
                self._engine.remove(one.container)
            except SandboxError as error:
                log.warning("pool.not_removed", container=one.container[:12], why=str(error))
