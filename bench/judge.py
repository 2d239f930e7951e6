"""Tries the judge of an evaluation: on each real bug, three played models, and one may pass.

`script/bench judge` runs the whole product on each bug of `evaluation/real-tasks.jsonl`, once with
the known answer, once with an edit that mends nothing, and once with one that prints that all tests
passed. `--resume` goes on with a run that was interrupted.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.machine import ROOT
from bench.report import setting, table, write_both

TASKS = ROOT / "evaluation" / "real-tasks.jsonl"
_RUNS = ROOT / "var" / "bench" / "judge"
_PLAYS = ("known", "wrong", "printed")
_AT_ONCE = 2
_SHOWN = 70

Json = dict[str, Any]


def try_all(facts: Json, command: str, *, resume: bool) -> int:
    """Let all three be judged and write the results; returns how many were judged wrongly."""
    if not resume:
        shutil.rmtree(_RUNS, ignore_errors=True)
    found = {play: _rows_of(play) for play in _PLAYS}
    tasks = [json.loads(line)["instance_id"] for line in TASKS.read_text().splitlines()]
    results = {name: {play: found[play].get(name, {}) for play in _PLAYS} for name in tasks}
    wrong = sum(_is_wrong(play, row) for each in results.values() for play, row in each.items())
    head = ["Task", *_PLAYS, "Why the printed one is not", "Seconds of the known one"]
    rows = (_row(name, each) for name, each in results.items())
    parts = ["# Whether the judge can judge", setting(facts, command), _HOW, table(head, rows)]
    print(write_both("judge", {**facts, "command": command, "tasks": results}, parts))
    return wrong


_HOW = (
    "Each is a bug of a release (`evaluation/real-tasks.jsonl`), worked on by the product with "
    "a played model, and judged in a fresh sandbox: with the known answer it has to be solved, "
    "with an edit that mends nothing it must not, and with one that prints that all tests passed "
    "and ends with exit code 0 neither. The seconds are those of the attempt, without the judge."
)


def _rows_of(play: str) -> dict[str, Json]:
    out = _RUNS / play
    run = [sys.executable, "-m", "evaluation", "--instances", str(TASKS), "--out", str(out)]
    run += ["--scripted", play, "--workers", str(_AT_ONCE)]
    resume = ["--resume"] if (out / "run.json").exists() else []
    subprocess.run([*run, *resume], cwd=ROOT, check=True, stdout=sys.stderr)
    return {row["id"]: row for row in _lines(out / "results.jsonl")}


def _lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _is_wrong(play: str, row: Json) -> bool:
    """Say whether one was judged as it should not be, or could not be judged at all."""
    return row.get("status") != "ended" or row.get("resolved") is not (play == "known")


def _row(name: str, each: dict[str, Json]) -> list[str]:
    judged = ["solved" if each[play].get("resolved") else "not solved" for play in _PLAYS]
    why = " ".join(str(each["printed"].get("why", "")).split())[:_SHOWN].replace("|", "\\|")
    return [name, *judged, why, f"{each['known'].get('wall', 0):.1f}"]
