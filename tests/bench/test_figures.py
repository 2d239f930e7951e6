"""The arithmetic of the bench, and that its load generator tells a stored delivery from another."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench.figures import Figure, percentile, rounded


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, 0), (0.012341, 0.01234), (1.23456, 1.235), (999.96, 1000), (12345.6, 12346), (1.0, 1)],
)
def test_four_digits_are_shown(value: float, shown: float) -> None:
    assert rounded(value) == pytest.approx(shown)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 95) == 95
    assert percentile([3.0], 99) == 3.0
    assert percentile([1.0, 2.0], 99) == 2.0


def test_an_aim_is_met_by_the_median_not_by_the_best_run() -> None:
    assert Figure("f", "s", [1.0, 3.0, 9.0], "", aim=2.0).met is False
    assert Figure("f", "s", [1.0, 1.5, 9.0], "", aim=2.0).met is True
    assert Figure("f", "", [0.9, 1.0, 1.0], "", aim=1.0, at_least=True).met is True
    assert Figure("f", "s", [1.0], "").met is None


@pytest.mark.parametrize(("status", "code"), [(202, 0), (200, 1), (500, 1)])
def test_only_deliveries_that_were_stored_count(status: int, code: int) -> None:
    seen: set[str] = set()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.rfile.read(int(self.headers["Content-Length"])) == b"{}"
            seen.add(self.headers["X-GitHub-Delivery"])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        command = [sys.executable, "-m", "bench.hammer", str(server.server_port), "40", "4", "x"]
        ran = subprocess.run(command, input=b"{}", capture_output=True, check=False)
        server.shutdown()
    assert ran.returncode == code, ran.stderr
    assert code or len(seen) == 40
