"""The demo as a command: a local GitHub, the bot beside it, and a sample issue to try."""

import json
import signal
import sys
import threading
from subprocess import CalledProcessError
from types import FrameType

from demo import conversation
from demo.bot_processes import LOGS, BotProcesses
from demo.house import House, NotSeen
from demo.model.script import ScriptError
from demo.options import DEFAULT_PORT, Options, read_options
from demo.processes import NotReady
from demo.source import CannotSetStage
from demo.stage import Stage
from demo.story import NoPullRequest, play

_INTERRUPTED = 130
_EXPECTED = (CannotSetStage, NotReady, NoPullRequest, NotSeen, ScriptError, CalledProcessError)


def main() -> int:
    """Run the demo; returns the exit status."""
    options = read_options(sys.argv[1:])
    interrupted = threading.Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    try:
        return _run(options, interrupted)
    except _EXPECTED as trouble:
        # Ctrl-C reaches the git commands under way too; that they failed is then no news.
        _say("Stopping." if interrupted.is_set() else str(trouble))
        return _INTERRUPTED if interrupted.is_set() else 1


def _run(options: Options, interrupted: threading.Event) -> int:
    with Stage(options) as stage:
        # A second demo of this checkout is at another port, and keeps its logs apart.
        own_logs = LOGS if stage.port == DEFAULT_PORT else LOGS.with_name(f"demo-{stage.port}")
        with BotProcesses(stage, own_logs) as bot:
            return _play(stage, bot, interrupted)


def _play(stage: Stage, bot: BotProcesses, interrupted: threading.Event) -> int:
    bot.wait_ready(interrupted)
    house = House(stage, bot, interrupted)
    if stage.options.conversation:
        conversation.play(house, lambda turn: _say(f"  {turn.name}: {turn.page}"))
        if stage.options.once:
            return 0
        _say("That was all of it. Everything stays as it is until Ctrl-C.")
        interrupted.wait()
        return _INTERRUPTED
    if not stage.options.once:
        _say(stage.welcome(bot.logs))
        interrupted.wait()
        _say("Stopping.")
        return _INTERRUPTED
    told = play(house, interrupted)
    as_json = stage.options.as_json
    print(json.dumps(told.to_json(), ensure_ascii=False) if as_json else told.in_words())
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
