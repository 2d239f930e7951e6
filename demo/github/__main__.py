"""`python -m demo.github --port P --data DIR`: this GitHub as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from demo.github.server import LocalGitHub


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m demo.github", description=__doc__)
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="a folder for the repositories")
    parser.add_argument("--url", default="", help="the address to show, if not the one served on")
    parser.add_argument("--socket", type=Path, help="serve on this Unix socket too")
    asked = parser.parse_args()
    github = LocalGitHub(asked.data)
    github.state.url = asked.url.rstrip("/")
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    github.start(asked.port, asked.host)
    if asked.socket is not None:
        github.listen_on_socket(asked.socket)
    sys.stdout.write(f"GitHub is at {github.url}\n")
    sys.stdout.flush()
    stopped.wait()
    github.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
