"""A tool server that lies costs its worker a bounded amount of time and memory."""

import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from jobs.sandbox import Sandbox, SandboxLost, ToolRefused
from jobs.sandbox.stream import MAX_BODY, FrameStream

Serve = Callable[[Callable[[socket.socket, int], None]], Sandbox]


def chunk(data: bytes, *, stderr: bool = False) -> bytes:
    """Wrap bytes as the engine does on an attached stream."""
    return bytes([2 if stderr else 1, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def frame(header: object, body: bytes = b"") -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(encoded).to_bytes(4, "big") + len(body).to_bytes(4, "big") + encoded + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer a sandbox's first request by a function that gets the socket and the request's id."""
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answer: Callable[[socket.socket, int], None]) -> Sandbox:
        ours, theirs = socket.socketpair()
        sockets.extend((ours, theirs))

        def run() -> None:
            lengths = theirs.recv(8, socket.MSG_WAITALL)
            header = theirs.recv(int.from_bytes(lengths[:4], "big"), socket.MSG_WAITALL)
            try:
                answer(theirs, json.loads(header)["id"])
            except OSError:
                return  # the sandbox has had enough

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return Sandbox("none", FrameStream(ours), lambda: None)

    yield start
    for each in sockets:
        each.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def send(data: bytes) -> Callable[[socket.socket, int], None]:
    return lambda peer, _number: peer.sendall(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(chunk(b"\xff" * 100), "over the limit", id="garbage"),
        pytest.param(chunk(b"\xff\xff\xff\xff" + bytes(4)), "over the limit", id="long header"),
        pytest.param(chunk(bytes(3) + b"\x02\xff\xff\xff\xff{}"), "over the limit", id="long body"),
        pytest.param(chunk(frame(b"nonsense")), "no JSON", id="header is no JSON"),
        pytest.param(chunk(frame(b"\xff\xfe")), "no JSON", id="header is no text"),
        pytest.param(chunk(frame(b"[" * 60_000)), "no JSON", id="header is deep"),
        pytest.param(chunk(frame([1])), "no object", id="header is a list"),
        pytest.param(chunk(frame({"id": 1})), "not asked", id="another id"),
        pytest.param(chunk(frame({})), "not asked", id="no id"),
    ],
)  # fmt: skip
def test_a_frame_that_is_none_ends_the_sandbox(serve: Serve, data: bytes, words: str) -> None:
    box = serve(send(data))
    with pytest.raises(SandboxLost, match=words):
        box.read("x")
    with pytest.raises(SandboxLost, match=words):
        box.read("x")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"exit_code": "many"}, id="words"),
        pytest.param({"exit_code": None}, id="null"),
        pytest.param({"exit_code": [1]}, id="a list"),
        pytest.param({"exit_code": 1, "seconds": 1e999, "lines": 1e999}, id="infinity"),
    ],
)
def test_an_answer_with_wrong_parts_ends_the_sandbox(
    serve: Serve, answer: dict[str, object]
) -> None:
    box = serve(lambda peer, number: peer.sendall(chunk(frame({"id": number, **answer}))))
    with pytest.raises(SandboxLost, match="parts missing"):
        box.exec("true")
    with pytest.raises(SandboxLost):
        box.exec("true")


def test_an_answer_without_end_is_cut_off(serve: Serve) -> None:
    def flood(peer: socket.socket, number: int) -> None:
        piece = chunk(frame({"id": number, "more": True}, bytes(MAX_BODY)))
        while True:
            peer.sendall(piece)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SandboxLost, match="over the limit"):
        serve(flood).collect(max_bytes=4 * MAX_BODY)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_an_answer_in_crumbs_is_cut_off(serve: Serve) -> None:
    box = serve(lambda peer, number: peer.sendall(chunk(frame({"id": number, "more": True}, b"x"))))
    with pytest.raises(SandboxLost, match="not full"):
        box.collect()


def test_a_flood_of_complaints_is_kept_short(serve: Serve) -> None:
    def complain(peer: socket.socket, _number: int) -> None:
        for _ in range(200):
            peer.sendall(chunk(b"woe! " * 10_000, stderr=True))
        peer.sendall(chunk(b"the last words", stderr=True))
        peer.close()

    box = serve(complain)
    with pytest.raises(SandboxLost) as lost:
        box.read("x")
    assert str(lost.value).endswith("the last words")
    assert len(str(lost.value)) < 5_000


@pytest.mark.parametrize("data", [b"", b"\x00", chunk(b"\x00\x00"), chunk(frame({"id": 1}))[:-1]])
def test_silence_ends_at_the_deadline(serve: Serve, data: bytes) -> None:
    def be_silent(peer: socket.socket, _number: int) -> None:
        peer.sendall(data)
        while peer.recv(1024):
            pass

    box = serve(be_silent)
    began = time.monotonic()
    with pytest.raises(SandboxLost, match="in time"):
        box.exec("true", timeout_s=-11.5)
    assert time.monotonic() - began < 3


def test_dribbling_ends_at_the_deadline(serve: Serve) -> None:
    def dribble(peer: socket.socket, _number: int) -> None:
        enough = threading.Event()
        while not enough.wait(0.05):
            peer.sendall(chunk(b"\x00"))

    box = serve(dribble)
    began = time.monotonic()
    with pytest.raises(SandboxLost, match=r"in time|over the limit|no JSON"):
        box.exec("true", timeout_s=-11)
    assert time.monotonic() - began < 4


def test_a_listener_that_stops_listening_is_left(serve: Serve) -> None:
    stop = threading.Event()

    def stop_listening(_peer: socket.socket, _number: int) -> None:
        stop.wait(20)

    box = serve(stop_listening)
    began = time.monotonic()
    with pytest.raises(SandboxLost, match="stopped listening"):
        box.exec("x" * (8 << 20), timeout_s=-11)
    stop.set()
    assert time.monotonic() - began < 4


def test_frames_may_come_in_any_pieces(serve: Serve) -> None:
    def crumble(peer: socket.socket, number: int) -> None:
        for byte in frame({"id": number}, b"some text"):
            for part in chunk(bytes([byte])):
                peer.sendall(bytes([part]))

    assert serve(crumble).read("x") == "some text"


def test_a_refusal_is_no_loss(serve: Serve) -> None:
    box = serve(lambda peer, n: peer.sendall(chunk(frame({"id": n, "refused": "no such file"}))))
    with pytest.raises(ToolRefused, match="no such file"):
        box.read("x")
    box.close()
    with pytest.raises(SandboxLost):
        box.read("x")
