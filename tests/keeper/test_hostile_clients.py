"""What a client sends, or does not send, costs nobody else anything."""

import array
import json
import os
import resource
import secrets
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from jobs.keeper.channel import MAX_MESSAGE
from jobs.keeper.client import Keeper
from jobs.keeper.protocol import Refused, Standing, Status, encode, read_answer
from tests.keeper.keeper_process import IMAGE, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def connect(keeper: KeeperProcess) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(keeper.socket))
    connection.settimeout(15)
    return connection


@pytest.fixture
def connection(keeper: KeeperProcess) -> Iterator[socket.socket]:
    with connect(keeper) as made:
        yield made


def still_well(keeper: KeeperProcess) -> None:
    began = time.monotonic()
    with keeper.client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
        assert box.exec("echo here", workdir="/").output == "here"
    assert time.monotonic() - began < 30


def test_garbage_is_answered_and_the_conversation_goes_on(
    keeper: KeeperProcess, connection: socket.socket
) -> None:
    for _ in range(200):
        connection.send(secrets.token_bytes(100))
        assert isinstance(read_answer(connection.recv(MAX_MESSAGE)), Refused)
    connection.send(encode(Status()))
    assert isinstance(read_answer(connection.recv(MAX_MESSAGE)), Standing)
    still_well(keeper)


def test_a_message_over_the_limit_ends_the_conversation(
    keeper: KeeperProcess, connection: socket.socket
) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_MESSAGE)
    connection.send(b'{"is": "Status"}' + b" " * (MAX_MESSAGE + 1))
    assert connection.recv(MAX_MESSAGE) == b""
    still_well(keeper)


def test_descriptors_that_nobody_asked_for_are_dropped(
    keeper: KeeperProcess, connection: socket.socket
) -> None:
    before = keeper.open_files()
    for _ in range(50):
        read_end, write_end = os.pipe()
        gift = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read_end] * 20))]
        connection.sendmsg([encode(Status())], gift)
        os.close(read_end)
        connection.recv(MAX_MESSAGE)
        # Nobody else has the other end, or this would not fail.
        with pytest.raises(BrokenPipeError):
            os.write(write_end, b"x")
        os.close(write_end)
    # The keeper has some connections to the engine; a leak would be a thousand.
    assert keeper.open_files() <= before + 20
    still_well(keeper)


def test_who_says_nothing_is_sent_away(keeper: KeeperProcess, connection: socket.socket) -> None:
    began = time.monotonic()
    assert connection.recv(MAX_MESSAGE) == b""
    assert 5 < time.monotonic() - began < 14
    still_well(keeper)


def test_a_crowd_of_silent_clients_keeps_nobody_out_for_long(keeper: KeeperProcess) -> None:
    memory = keeper.memory_kb()
    with ExitStack() as crowd:
        for _ in range(300):
            crowd.enter_context(connect(keeper))
        keeper.client.status()
        still_well(keeper)
        assert keeper.memory_kb() - memory < 30_000
    until(lambda: keeper.open_files() < 40, "their connections are closed")


def test_who_does_not_take_the_answers_is_left(
    keeper: KeeperProcess, connection: socket.socket
) -> None:
    connection.setblocking(False)
    for _ in range(100_000):
        try:
            connection.send(encode(Status()))
        except BlockingIOError:
            break
        except OSError:
            break
    still_well(keeper)
    end = select.poll()
    end.register(connection, 0)  # nothing is waited for but the other side's end
    assert end.poll(20_000), "the keeper still waits for it"


def test_who_leaves_before_the_sandbox_is_there_leaves_none(
    keeper: KeeperProcess, client: Keeper
) -> None:
    request = {
        "is": "Start",
        "image": IMAGE,
        "task_id": "gone",
        "epoch": 1,
        "deadline_s": 60.0,
        "snapshot": None,
        "network_hosts": None,
    }
    for _ in range(3):
        with connect(keeper) as connection:
            connection.send(json.dumps(request).encode())
            # Closed with what may be unread: the keeper's next word fails.
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    until(lambda: keeper.words().count("sandbox.given") == 3, "all were started")
    until(lambda: not keeper.containers(), "none is left")
    assert client.status().given == 0


def test_who_holds_a_sandbox_and_talks_nonsense_keeps_it(
    keeper: KeeperProcess, connection: socket.socket
) -> None:
    with keeper.client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
        connection.send(b"nonsense")
        connection.recv(MAX_MESSAGE)
        assert box.exec("echo here", workdir="/").output == "here"
    assert f"uid={os.getuid()}" in keeper.words()


def test_a_keeper_without_a_free_file_waits_for_one(keeper: KeeperProcess, client: Keeper) -> None:
    assert keeper.process
    pid = keeper.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    with connect(keeper):
        until(lambda: "keeper.not_accepted" in keeper.words(), "it cannot take the connection")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert client.status().pid == pid
