"""Serves scripts over HTTP as an OpenAI-compatible API does, fast enough to measure others by."""

import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from demo.model import faults
from demo.model.casting import Casting
from demo.model.chat_replies import chat_events, chat_reply
from demo.model.conversation import Conversation, read_chat, read_responses
from demo.model.faults import Answer, FaultCounter
from demo.model.record import Record, Recorded
from demo.model.response_replies import response_events, response_reply
from demo.model.script import Script, Turn, read_scripts

NOT_SCRIPTED = (
    "This scripted model knows only the sample issues. Set OPENAI_API_KEY to use a real model."
)
_CHAT, _RESPONSES = "/chat/completions", "/responses"
_LAST_CHUNK = b"0\r\n\r\n"
_ENDLESS = 1_000_000
_PLAIN_TURNS = Mapping[str, Any]


class ScriptedModel:
    """The server: `start()` it or use it in a `with`; then give `base_url` to a client."""

    def __init__(
        self,
        scripts: Path | Sequence[Script] | Sequence[Turn] | Sequence[_PLAIN_TURNS],
        *,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.scripts = _scripts(scripts)
        self._casting = Casting()
        self.latency = latency
        self.record = Record()
        self.faults = FaultCounter()
        self.stopping = threading.Event()
        self.connections = 0
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen, and answer in threads of its own."""
        self._server = _Server(self._address, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="scripted-model",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Cut every connection and give the port back; harmless when called twice."""
        self.stopping.set()
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.cut_connections()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the scripted model is not started")
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """What a client is given as its base URL."""
        return f"http://{self._address[0]}:{self.port}/v1"

    @property
    def requests(self) -> list[Recorded]:
        """The model calls so far, oldest first."""
        return self.record.all()

    def wait_for_requests(self, count: int, timeout_s: float = 10.0) -> list[Recorded]:
        """Return once there were `count` model calls; TimeoutError when there never are."""
        return self.record.wait_for(count, timeout_s)

    def answer(self, path: str, body: dict[str, Any], size: int) -> tuple[Answer, float]:
        """Return what is sent to a model call, and the seconds to wait before."""
        is_chat = path.endswith(_CHAT)
        conversation = read_chat(body) if is_chat else read_responses(body)
        if conversation.complaint:
            return faults.refusal(400, "invalid_history", conversation.complaint), 0.0
        script = self._casting.script_of(conversation, self.scripts)
        if script is None:
            return faults.refusal(400, "model_not_scripted", NOT_SCRIPTED), 0.0
        number = conversation.turn
        if number < len(script.turns):
            turn = script.turns[number]
        elif script.ends_by_submitting:
            # A script need not know how often its work is looked over before it is accepted.
            turn = script.turns[-1]
        else:
            words = f"The script has {len(script.turns)} turns; turn {number + 1} was asked for."
            return faults.refusal(400, "script_ended", words), 0.0
        return self._play(turn, conversation, body, size, is_chat=is_chat)

    def _play(
        self,
        turn: Turn,
        conversation: Conversation,
        body: dict[str, Any],
        size: int,
        *,
        is_chat: bool,
    ) -> tuple[Answer, float]:
        fault = self.faults.next(conversation.first_user_message, conversation.turn, turn)
        turn = fault.play or turn
        make = chat_reply if is_chat else response_reply
        reply = make(turn, conversation.turn, body, size, time.time())
        if not body.get("stream"):
            answer = faults.whole(reply)
        elif is_chat:
            answer = faults.streamed(list(chat_events(reply, body)))
        else:
            answer = faults.streamed(list(response_events(reply)))
        latency = self.latency if turn.latency is None else turn.latency
        return faults.spoil(answer, fault), latency


def _scripts(
    given: Path | Sequence[Script] | Sequence[Turn] | Sequence[_PLAIN_TURNS],
) -> tuple[Script, ...]:
    if isinstance(given, Path):
        return read_scripts(given)
    if given and all(isinstance(each, Script) for each in given):
        return tuple(cast(Sequence[Script], given))
    turns = cast(Iterable[Turn | _PLAIN_TURNS], given)
    read = (each if isinstance(each, Turn) else Turn.read(dict(each)) for each in turns)
    return (Script(match="", turns=tuple(read)),)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], model: ScriptedModel) -> None:
        self.model = model
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        self.model.connections += 1
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; they are part of the play."""

    def cut_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        model = self.server.model
        url = urlsplit(self.path)
        if url.path.endswith("/models"):
            named = {"id": "scripted", "object": "model", "created": 0, "owned_by": "demo"}
            self._send(faults.whole({"object": "list", "data": [named]}))
        elif url.path == "/_control/requests":
            asked = dict(parse_qsl(url.query))
            since, bodies = int(asked.get("since", 0)), asked.get("bodies") != "0"
            self._send(faults.whole(list(model.record.as_json(since, bodies=bodies))))
        else:
            self._send(faults.refusal(404, "not_found", f"There is nothing at {url.path}."))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        if not path.endswith((_CHAT, _RESPONSES)):
            self._send(faults.refusal(404, "not_found", f"There is nothing at {path}."))
            return
        model = self.server.model
        entry = model.record.add(path, dict(self.headers.items()), body)
        parsed = entry.parsed
        if not isinstance(parsed, dict):
            self._send(faults.refusal(400, "invalid_json", "The body is not a JSON object."))
            return
        answer, latency = model.answer(path, parsed, len(body))
        if latency + answer.delay > 0 and model.stopping.wait(latency + answer.delay):
            self.close_connection = True
            return
        entry.status = answer.status
        entry.answered_at = time.time()
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.drop:
            self.close_connection = True
            return
        if answer.dribble is not None:
            self._dribble(answer, answer.dribble)
        elif answer.cut is not None:
            self.close_connection = True
            self._write(self._head(answer) + self._body(answer)[: answer.cut])
        elif answer.repeat > 1:
            self._write_often(answer)
        else:
            self._write(self._head(answer) + self._body(answer))

    def _head(self, answer: Answer) -> bytes:
        headers = {**answer.headers, "X-Request-Id": f"req_{time.monotonic_ns()}"}
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(sum(map(len, answer.pieces)) * answer.repeat)
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Unnamed"
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _body(self, answer: Answer) -> bytes:
        whole = b"".join(answer.pieces)
        # Nothing lies between the events of an instant stream, so they travel together.
        return _chunk(whole) + _LAST_CHUNK if answer.chunked else whole

    def _write_often(self, answer: Answer) -> None:
        self._write(self._head(answer))
        piece = b"".join(answer.pieces)
        for _ in range(answer.repeat):
            self._write(_chunk(piece) if answer.chunked else piece)
        if answer.chunked:
            self._write(_LAST_CHUNK)

    def _dribble(self, answer: Answer, every: float) -> None:
        self.close_connection = True
        self._write(self._head(replace(answer, repeat=_ENDLESS)))
        filler = _chunk(answer.filler) if answer.chunked else answer.filler
        while not self.server.model.stopping.wait(every):
            self._write(filler)

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own name
        """Say nothing; the record has it all."""


def _chunk(piece: bytes) -> bytes:
    if not piece:
        return b""  # an empty chunk would end the body
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
