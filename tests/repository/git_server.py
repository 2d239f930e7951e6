"""A git server over HTTP for the tests: real `git http-backend`, with faults to switch on."""

import base64
import gzip
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

READ_TOKEN = "ghs_12345_read.only-token-of-the-test-0123456789abcdef"
WRITE_TOKEN = "ghs_12345_write.token-of-the-test-0123456789abcdefgh"


@dataclass
class GitServer:
    """The state of one server."""

    root: Path
    port: int = 0
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    bytes_sent: int = 0
    answer: Callable[["Handler"], bool] | None = None
    """Called first for each request; true means that it has answered."""
    after_push: Callable[["Handler"], bool] | None = None
    """Called when a push was carried out, before its answer is sent."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Handler(BaseHTTPRequestHandler):
    """Hands each request to `git http-backend`."""

    server_state: GitServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def refuse(self, status: int, text: bytes = b"", **headers: str) -> bool:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        return True

    @property
    def pushing(self) -> bool:
        return "git-receive-pack" in self.path

    def _serve(self, body: bytes) -> None:
        state = self.server_state
        state.requests.append(f"{self.command} {self.path}")
        given = self.headers.get("Authorization", "")
        state.authorizations.append(given)
        if state.answer and state.answer(self):
            return
        tokens = {_basic(WRITE_TOKEN)} | (set() if self.pushing else {_basic(READ_TOKEN)})
        if not given:
            self.refuse(401, WWW_Authenticate='Basic realm="git"')
        elif given not in tokens:
            self.refuse(403, b"this token may not")
        else:
            self._backend(body)

    def _backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": "/usr/bin:/bin",
            "GIT_PROJECT_ROOT": str(self.server_state.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "REMOTE_USER": "app",
            "REMOTE_ADDR": "127.0.0.1",
        }
        ran = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
        )
        head, _, content = ran.stdout.partition(b"\r\n\r\n")
        after = self.server_state.after_push
        if self.command == "POST" and self.pushing and after and after(self):
            return
        self._send(head.decode(), content)

    def _send(self, head: str, content: bytes) -> None:
        headers = [line.partition(": ") for line in head.split("\r\n") if line]
        status = next((value for key, _, value in headers if key == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for key, _, value in headers:
            if key != "Status":
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.server_state.bytes_sent += len(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = bytearray()
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = bytearray(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(bytes(body)) if zipped else bytes(body)


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()


@contextmanager
def serving(root: Path) -> Iterator[GitServer]:
    """Serve every repository under a folder until the block ends."""
    state = GitServer(root)
    handler = type("BoundHandler", (Handler,), {"server_state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
