"""The desk gives out no more sandboxes than there are places, however many ask at once."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.keeper.allowance import Allowance
from jobs.keeper.channel import Peer
from jobs.keeper.demand import PoolSize
from jobs.keeper.desk import Desk
from jobs.keeper.pool import Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.protocol import Answer, Refused, Start, Started
from jobs.sandbox import Sandbox, SandboxError
from jobs.sandbox.engine import Engine
from jobs.sandbox.stream import FrameStream
from tests.keeper.keeper_process import IMAGE, until

HERE = Peer(1, 2, 3)
MOST = 2


class SlowEngine(Engine):
    """Starts nothing before the gate is open, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.fails = False
        self.asked = 0
        self.ends: list[socket.socket] = []

    def start(self, *_: object, **__: object) -> Sandbox:
        self.asked += 1
        number = self.asked
        assert self.gate.wait(20)
        if self.fails:
            raise SandboxError("the engine refused a sandbox")
        ours, theirs = socket.socketpair()
        self.ends.append(theirs)
        name = f"{number:064x}"
        return Sandbox(name, FrameStream(ours), lambda: None, image_digest=f"sha256:{name}")

    def remove(self, container: str) -> None:
        """There is nothing behind the name."""


@pytest.fixture
def engine() -> Iterator[SlowEngine]:
    made = SlowEngine()
    yield made
    for end in made.ends:
        end.close()


@pytest.fixture
def desk(engine: SlowEngine) -> Desk:
    pool = Pool(engine, PoolSize(0, 0), Pressure(0, 100.0))
    return Desk(engine, pool, Allowance((IMAGE,), (), MOST))


def ask(desk: Desk) -> Answer:
    """Ask for one, and hold it without its stream."""
    answer, given = desk.answer(Start(IMAGE, "k7m2", 1, 60.0, None, None), HERE)
    if given:
        given.stream.close()
    return answer


def test_those_asked_for_at_once_count_before_they_have_started(
    desk: Desk, engine: SlowEngine
) -> None:
    with ThreadPoolExecutor(5) as clients:
        answers = [clients.submit(ask, desk) for _ in range(5)]
        until(lambda: sum(one.done() for one in answers) == 3, "three are refused")
        engine.gate.set()
    found = [one.result() for one in answers]
    assert sum(isinstance(one, Started) for one in found) == MOST
    refused = [one.words for one in found if isinstance(one, Refused)]
    assert len(refused) == 3
    assert all("PATCHBAY_SANDBOX_MOST" in words for words in refused)


def test_a_start_that_failed_takes_no_place(desk: Desk, engine: SlowEngine) -> None:
    engine.gate.set()
    engine.fails = True
    for _ in range(MOST + 1):
        answer = ask(desk)
        assert isinstance(answer, Refused)
        assert "the engine refused" in answer.words
    engine.fails = False
    assert [type(ask(desk)) for _ in range(MOST + 1)] == [Started, Started, Refused]
