"""The command line of an evaluation; `script/evaluate` prepares the machine and calls it."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from evaluation.files import alone_in, write_text
from evaluation.gold import check_gold
from evaluation.instances import BadInstances, read_problems
from evaluation.plays import Play
from evaluation.processes import Children, house, model_chosen
from evaluation.report import NoRun, compare, report
from evaluation.run import Plan, Run, begin, forget_troubles, keep_trajectory
from evaluation.scripted import played
from evaluation.written import Written

_WRONG_USE = 2
_INTERRUPTED = 130
_WIDE = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, report or compare; returns what the process ends with."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        match given:
            case ["report", folder]:
                print(report(Path(folder)), end="")
            case ["compare", first, second]:
                print(compare(Path(first), Path(second)), end="")
            case ["check", *run]:
                _plan(_read_arguments(run))
            case _:
                return _evaluate(_read_arguments(given))
    except (BadInstances, NoRun, ValueError) as wrong:
        print(f"script/evaluate: {wrong}", file=sys.stderr)
        return _WRONG_USE
    return 0


def _plan(asked: argparse.Namespace) -> Plan:
    """Look at all that can be wrong before anything is started; ValueError or BadInstances."""
    problems = read_problems(asked.instances, asked.ids)
    check_gold(asked.instances, {one.instance_id for one in problems})
    if asked.scripted and asked.model:
        raise ValueError("--scripted plays the model, so there is none to be chosen by --model")
    played_here = {"model": f"scripted-{asked.scripted}", "server": "played here"}
    return Plan(
        instances=asked.instances,
        problems=problems,
        out=asked.out,
        attempts=asked.attempts,
        workers=asked.workers,
        model=asked.model,
        best_of=asked.best_of,
        mode=asked.mode,
        asks=played_here if asked.scripted else model_chosen(asked.model),
    )


def _evaluate(asked: argparse.Namespace) -> int:
    plan = _plan(asked)
    with ExitStack() as opened:
        opened.enter_context(alone_in(plan.out))
        written = Written(plan.out)
        begin(plan, written, resume=asked.resume)
        forget_troubles(plan, written)
        settings = opened.enter_context(played(plan, asked.scripted)) if asked.scripted else {}
        images = tuple(sorted({one.image for one in plan.problems if one.image}))
        children, keeper = opened.enter_context(house(plan.out / "data", images, **settings))
        _heed_signals(children)
        for row in Run(plan, children, keeper, written).all():
            keep_trajectory(plan, row)
            why = row.get("infra_error") or row.get("why") or row["status"]
            said = "solved" if row.get("resolved") else " ".join(why.split())[:_WIDE]
            print(f"{row['id']} ({row['attempt']}): {said}", flush=True)
    if children.leaving.is_set():
        print(f"Interrupted; --resume goes on with {plan.out}.", file=sys.stderr)
        return _INTERRUPTED
    write_text(plan.out / "report.md", report(plan.out))
    print(f"\n{report(plan.out)}", end="")
    return 0


def _heed_signals(children: Children) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: children.leave_soon())


def _read_arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/evaluate", description=_DESCRIPTION)
    parser.add_argument("--instances", type=Path, required=True, metavar="FILE.jsonl",
                        help="tasks in SWE-bench's fields")  # fmt: skip
    parser.add_argument("--ids", nargs="+", default=[], help="these tasks alone")
    parser.add_argument("--attempts", type=_positive, default=1, help="of each task")
    parser.add_argument("--workers", type=_positive, default=1, help="attempts at once")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    parser.add_argument("--model", default="", help="one of PATCHBAY_MODELS by its name")
    parser.add_argument("--best-of", type=_positive, default=1, metavar="N",
                        help="runs of which the product chooses one, in each attempt")  # fmt: skip
    parser.add_argument("--mode", choices=("benchmark", "product"), default="benchmark",
                        help="whether changes to the judge's test files count")  # fmt: skip
    parser.add_argument("--scripted", type=Play, choices=list(Play),
                        help="play the model, to try the judge")  # fmt: skip
    return parser.parse_args(given)


_DESCRIPTION = (
    "Lets the agent work on tasks with a known answer and judges what it hands in. Further uses: "
    "`script/evaluate report DIR`, and `script/evaluate compare DIR DIR`. The model is the one of "
    "the worker's settings (MODEL, OPENAI_API_KEY, …); see docs/evaluation.md."
)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number, 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
