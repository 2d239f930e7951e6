"""The demo as a command: a local GitHub, the bot beside it, and a sample issue to try."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from demo.bot_processes import BotProcesses
from demo.house import House
from demo.model.script import ScriptError
from demo.processes import NotReady
from demo.stage import CannotSetStage, Options, Stage
from demo.story import NoPullRequest, play

_DEFAULT_COMMENT = "/agent fix this"
_DEFAULT_PORT = 8010


def main() -> int:
    """Run the demo; returns the exit status."""
    options = _options(sys.argv[1:])
    interrupted = threading.Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return _run(options, interrupted)
    except (CannotSetStage, NotReady, NoPullRequest, ScriptError) as trouble:
        _say(str(trouble))
        return 1


def _run(options: Options, interrupted: threading.Event) -> int:
    with Stage(options) as stage, BotProcesses(stage) as bot:
        bot.wait_ready()
        if not options.once:
            _say(stage.welcome(bot.logs))
            interrupted.wait()
            _say("Stopping.")
            return 0
        result = play(House(stage, bot), interrupted)
    if options.as_json:
        print(json.dumps(result.to_json(), ensure_ascii=False), flush=True)
    else:
        print(result.in_words(), flush=True)
    return 0


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="script/demo", usage=_usage())
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--repository")
    parser.add_argument("--issue")
    parser.add_argument("--script")
    parser.add_argument("--comment", default=_DEFAULT_COMMENT)
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--latency", type=float)
    given = parser.parse_args(arguments)
    if bool(given.repository) != bool(given.issue):
        parser.error("--repository and --issue go together")
    if given.as_json and not given.once:
        parser.error("--json goes with --once")
    if given.workers < 1:
        parser.error("--workers must be at least 1")
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
        latency_s=given.latency if given.latency is not None else (0.0 if given.once else 0.5),
    )


def _usage() -> str:
    text = (Path(__file__).parent / "usage.txt").read_text()
    return text.removeprefix("usage: ").rstrip()


def _place(folder: Path, where: str | None) -> str | None:
    """Return a git URL as it is, and a path as it was meant in the folder of the caller."""
    if where is None or "://" in where or where.startswith("git@"):
        return where
    return str((folder / where).resolve())


def _file(parser: argparse.ArgumentParser, folder: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    path = (folder / name).resolve()
    if not path.is_file():
        parser.error(f"there is no file {path}")
    return path


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
