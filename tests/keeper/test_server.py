"""A keeper that cannot listen says why; a fault at one client's end is nobody else's."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.keeper import channel
from jobs.keeper.allowance import Allowance
from jobs.keeper.client import Keeper
from jobs.keeper.demand import PoolSize
from jobs.keeper.desk import Desk, Given
from jobs.keeper.pool import Pool
from jobs.keeper.pressure import Pressure
from jobs.keeper.protocol import Start, encode
from jobs.keeper.server import Server
from jobs.sandbox import SandboxError
from tests.keeper.keeper_process import IMAGE, until
from tests.keeper.test_desk import SlowEngine


class FailingDesk(Desk):
    """Gives sandboxes with nothing behind them, and fails when one is taken back."""

    def __init__(self, engine: SlowEngine) -> None:
        engine.gate.set()
        pool = Pool(engine, PoolSize(0, 0), Pressure(0, 100.0))
        super().__init__(engine, pool, Allowance((IMAGE,), (), 9))
        self.taken_back = 0

    def take_back(self, given: Given) -> None:
        """Fail, as nothing should."""
        assert given.container
        self.taken_back += 1
        raise RuntimeError("nobody has thought of that")


@pytest.fixture
def desk() -> Iterator[FailingDesk]:
    engine = SlowEngine()
    yield FailingDesk(engine)
    for end in engine.ends:
        end.close()


@contextmanager
def serving(server: Server) -> Iterator[None]:
    stopping = threading.Event()
    with server:
        serves = threading.Thread(target=server.serve, args=(stopping,))
        serves.start()
        try:
            yield
        finally:
            stopping.set()
            serves.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_at_the_end_of_one_client_takes_no_place_from_the_next(
    desk: FailingDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.keeper.server._MOST_CONNECTIONS", 1)
    path = tmp_path / "keeper.sock"
    with serving(Server(path, desk)):
        with channel.new_socket() as connection, channel.address(path) as address:
            connection.connect(address)
            for _ in range(2):
                channel.send(connection, encode(Start(IMAGE, "k7m2", 1, 60.0, None, None)))
                _, stream = channel.receive_with_descriptor(connection)
                assert stream is not None
                os.close(stream)
        until(lambda: desk.taken_back == 2, "the second is taken back too")
        assert Keeper(path, patience_s=5.0).status().pid == os.getpid()


def test_a_group_that_there_is_not_is_told_in_words(desk: FailingDesk, tmp_path: Path) -> None:
    server = Server(tmp_path / "keeper.sock", desk, group="no-such-group")
    with pytest.raises(SandboxError, match=r"PATCHBAY_KEEPER_GROUP.*no-such-group"), server:
        pass
    assert not (tmp_path / "keeper.sock").exists()


def test_a_place_where_nobody_can_listen_is_told_in_words(
    desk: FailingDesk, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "keeper.sock"
    with pytest.raises(SandboxError, match=f"nobody can listen at {path}"), Server(path, desk):
        pass
