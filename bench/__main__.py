"""The command line of the bench; `script/bench` prepares the machine and calls it."""

import argparse
import os
import signal
import sys

from bench import judge, measures, projects, real_tasks, report
from bench.machine import facts

_FEWEST_RUNS = 5


def main() -> int:
    """Measure, or work on the real tasks; returns what the process ends with."""
    # A shell that runs this in the background has told it to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked = _read_arguments()
    docker_host = os.environ["DOCKER_HOST"]
    command = " ".join(["script/bench", *sys.argv[1:]])
    known = facts(docker_host)
    try:
        if asked.what == "real-tasks":
            return real_tasks.work_on_all(docker_host, known, command)
        if asked.what == "projects":
            return projects.prepare_all(docker_host, known, command, tuple(asked.package))
        if asked.what == "judge":
            return judge.try_all(known, command, resume=asked.resume)
        taken = measures.take(docker_host, tuple(asked.only), asked.runs, quick=asked.quick)
        whole = not asked.quick and set(asked.only) == set(measures.NAMES)
        words = report.write("latest" if whole else "partial", known, list(taken), command)
    except KeyboardInterrupt:
        print("Interrupted; no results are written.", file=sys.stderr)
        return 130
    print(words.read_text())
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=_DESCRIPTION)
    parser.add_argument("what", nargs="?", choices=_WORK, default="measures")
    parser.add_argument(
        "--runs", type=_runs, default=_FEWEST_RUNS, help="of each measure: 5, or more"
    )
    parser.add_argument("--quick", action="store_true", help="two short runs of each measure")
    parser.add_argument(
        "--only", nargs="+", choices=measures.NAMES, default=list(measures.NAMES), help="measures"
    )
    parser.add_argument(
        "--package", nargs="+", default=[], help="these projects alone, by their names"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the judge where it was interrupted"
    )
    return parser.parse_args()


_WORK = ("measures", "real-tasks", "projects", "judge")
_DESCRIPTION = (
    "Measures Patchbay on this machine and writes bench/results/latest.json and latest.md (with "
    "--quick or --only: partial.json and partial.md); or works on real bugs of real packages and "
    "writes bench/results/real-tasks.json and real-tasks.md; or prepares real projects and writes "
    "bench/results/projects.json and projects.md; or tries the judge of an evaluation and writes "
    "bench/results/judge.json and judge.md."
)


def _runs(text: str) -> int:
    if not text.isdecimal() or int(text) < _FEWEST_RUNS:
        raise argparse.ArgumentTypeError(f"{_FEWEST_RUNS} runs at least, or --quick")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
