"""What the demo was asked for: its command line, read without anything that must be installed.

`python3 -m demo.options …` only checks one, so that script/demo refuses before it installs.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 8010
_DEFAULT_COMMENT = "/agent fix this"
_THINKS_S = 0.5
_HIGHEST_PORT = 65535
_MOST_WORKERS = 64
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:")


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    once: bool
    as_json: bool
    repository: str | None
    issue: Path | None
    script: Path | None
    comment: str
    port: int
    workers: int
    latency_s: float
    conversation: bool = False
    """Whether the long conversation is played, by the scripted model and scripted people."""
    database_url: str = ""
    """For the bot's records; without one, SQLite in the demo's own folder."""
    models: Path | None = None
    """A file of models for the bot; without one, it has the one model of the stage."""


def read_options(arguments: Sequence[str]) -> Options:
    """Read a command line; what cannot be meant ends this process with status 2."""
    parser = argparse.ArgumentParser(prog="script/demo", usage=_usage(), add_help=False)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--conversation", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--repository")
    parser.add_argument("--issue")
    parser.add_argument("--script")
    parser.add_argument("--comment", default=_DEFAULT_COMMENT)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--latency", type=float)
    given = parser.parse_args(arguments)
    _refuse_nonsense(parser, given)
    folder = Path(os.environ.get("PATCHBAY_CALLED_FROM", "."))
    return Options(
        once=given.once,
        as_json=given.as_json,
        repository=_place(folder, given.repository),
        issue=_file(parser, folder, given.issue),
        script=_file(parser, folder, given.script),
        comment=given.comment,
        port=given.port,
        workers=given.workers,
        latency_s=given.latency if given.latency is not None else _latency(once=given.once),
        conversation=given.conversation,
    )


def _refuse_nonsense(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if bool(given.repository) != bool(given.issue):
        parser.error("--repository and --issue go together")
    if given.as_json and not given.once:
        parser.error("--json goes with --once")
    if given.conversation and (given.repository or given.script or given.as_json):
        parser.error("--conversation is about the sample, with turns of its own, and told in words")
    if not given.comment.strip():
        parser.error("--comment needs a text")
    if not 1 <= given.workers <= _MOST_WORKERS:
        parser.error(f"--workers is a number from 1 to {_MOST_WORKERS}")
    if not 0 <= given.port <= _HIGHEST_PORT:
        parser.error(f"--port is a number from 0 to {_HIGHEST_PORT}")
    if given.latency is not None and not 0 <= given.latency < float("inf"):
        parser.error("--latency is a number of seconds")


def _latency(*, once: bool) -> float:
    return 0.0 if once else _THINKS_S


def _usage() -> str:
    text = (Path(__file__).parent / "usage.txt").read_text()
    return text.removeprefix("usage: ").rstrip()


def _place(folder: Path, where: str | None) -> str | None:
    """Return a git URL as it is, and a path as it was meant in the folder of the caller."""
    if where is None:
        return None
    path = (folder / where).resolve()
    return where if _URL.match(where) and not path.exists() else str(path)


def _file(parser: argparse.ArgumentParser, folder: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    path = (folder / name).resolve()
    if not path.is_file():
        parser.error(f"there is no file {path}")
    return path


if __name__ == "__main__":
    read_options(sys.argv[1:])
