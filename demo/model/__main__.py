"""Starts the scripted model by hand: `python -m demo.model --port 8002 --scripts FOLDER`."""

import argparse
import signal
import sys
from pathlib import Path

from demo.model.script import ScriptError
from demo.model.server import ScriptedModel


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m demo.model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--scripts", type=Path, required=True, help="a file, or a folder of *.jsonl"
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    chosen = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM}
    # Blocked before any thread starts, so that no thread but this one is asked to stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        model = ScriptedModel(
            chosen.scripts, latency=chosen.latency, host=chosen.host, port=chosen.port
        )
        with model:
            sys.stdout.write(f"scripted model: {model.base_url}\n")
            sys.stdout.flush()
            signal.sigwait(signals)
    except (ScriptError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
