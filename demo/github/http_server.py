"""A threaded HTTP/1.1 server for WSGI that keeps connections open and can drop them."""

import contextlib
import socket
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit
from wsgiref.types import WSGIApplication

DROP_CONNECTION = "demo.drop_connection"
KEEP_IN_MEMORY = 1_000_000
PIECE = 65_536


class RequestHandler(BaseHTTPRequestHandler):
    """Serves the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: "Server"

    def setup(self) -> None:
        """Let small answers go at once instead of waiting for those before to be acknowledged."""
        super().setup()
        if self.server.address_family != socket.AF_UNIX:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def handle_one_request(self) -> None:
        """Read one request and answer it."""
        self.raw_requestline = self.rfile.readline(PIECE + 1)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        with tempfile.SpooledTemporaryFile(max_size=KEEP_IN_MEMORY) as body:
            length = self._read_body(cast("IO[bytes]", body))
            body.seek(0)
            self._run(self._environment(cast("IO[bytes]", body), length))
        self.wfile.flush()

    def _read_body(self, body: IO[bytes]) -> int:
        """Take the whole body in, so that the next request begins where this one ends."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body.write(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
        else:
            left = int(self.headers.get("Content-Length") or 0)
            while left > 0 and (piece := self.rfile.read(min(left, PIECE))):
                body.write(piece)
                left -= len(piece)
        return body.tell()

    def _environment(self, body: IO[bytes], length: int) -> dict[str, Any]:
        parts = urlsplit(self.path)
        environment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(parts.path, "latin-1"),
            "QUERY_STRING": parts.query,
            "RAW_URI": self.path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = f"HTTP_{name.upper().replace('-', '_')}"
            if key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}:
                environment[key] = value
        return environment

    def _run(self, environment: dict[str, Any]) -> None:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], _error: Any = None, /
        ) -> Callable[[bytes], object]:
            began.append((status, headers))
            return self.wfile.write

        pieces = self.server.application(environment, start)
        try:
            if environment.get(DROP_CONNECTION):
                self.close_connection = True
                return
            self._answer(*began[-1], pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _answer(self, status: str, headers: list[tuple[str, str]], pieces: Iterable[bytes]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or code in {"204", "304"}
        chunked = "content-length" not in names and not bodiless
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            if piece and not bodiless:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Write the Date header by the clock of this GitHub, which tests may move."""
        return super().date_time_string(self.server.clock() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Write one line per request, when somebody wants them."""
        if self.server.chatty:
            super().log_message(format, *args)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on a port of the loopback interface, or on a Unix socket."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, application: WSGIApplication, host: str, port: int, unix_socket: Path | None = None
    ) -> None:
        self.application = application
        self.chatty = False
        self.clock: Callable[[], float] = time.time
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if unix_socket is not None:
            self.address_family = socket.AF_UNIX
        address = str(unix_socket) if unix_socket is not None else (host, port)
        super().__init__(cast("Any", address), RequestHandler)
        self.port = 0 if unix_socket is not None else int(self.server_address[1])

    def get_request(self) -> tuple[Any, Any]:
        """Remember a new connection, so that stopping can close it."""
        connection, address = super().get_request()
        with self._open_lock:
            self._open.add(connection)
        return connection, address or ("local", 0)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that went away; show everything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Serve nothing more and close every connection."""
        self.shutdown()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()
