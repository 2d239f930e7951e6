"""Says what a run came to, and how two runs compare, in Markdown."""

from collections.abc import Iterable
from pathlib import Path

from evaluation.files import read_json, read_lines
from evaluation.instances import Json
from evaluation.statistics import mcnemar, wilson

_LITTLE = 0.05
_WHY = 100


class NoRun(Exception):
    """There is no run in a folder."""


def report(folder: Path) -> str:
    """Return the report of one run."""
    rows, run = _read(folder), read_json(folder / "run.json") or {}
    solved = sum(row["resolved"] for row in map(_whole, rows))
    troubles = [row for row in rows if row.get("infra_error")]
    invalid = [row for row in rows if row.get("invalid")]
    expected = len(run.get("ids", [])) * run.get("attempts", 1)
    unfinished = f" **{expected - len(rows)} are not finished.**" if expected > len(rows) else ""
    share = f"{solved} of {len(rows)} solved ({_percent(solved, len(rows))})"
    lines = [
        f"# {folder.name}",
        "",
        f"**{share}**, {_interval(solved, len(rows))} (Wilson).{unfinished}",
        "",
        _cost(rows, solved),
        f"- Not solved because of this side (counted as not solved): {len(troubles)}.",
        f"- Judged on nothing (counted as not solved): {len(invalid)}.",
        *_attempts(rows, run.get("attempts", 1)),
        "",
        *_table(rows),
    ]
    return "\n".join(lines) + "\n"


def compare(first: Path, second: Path) -> str:
    """Return how two runs compare on the tasks that both have finished."""
    ours, theirs = _by_task(_read(first)), _by_task(_read(second))
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        raise NoRun(f"{first} and {second} have no task in common")
    a, b = sum(ours[one] for one in both), sum(theirs[one] for one in both)
    only_a = [one for one in both if ours[one] and not theirs[one]]
    only_b = [one for one in both if theirs[one] and not ours[one]]
    chance = mcnemar(len(only_a), len(only_b))
    verdict = "differ" if chance < _LITTLE else "cannot be told apart by this"
    only = f"{len(only_a)} by {first.name}, {len(only_b)} by {second.name}"
    left = len(ours.keys() ^ theirs.keys())
    lines = [
        f"# {first.name} and {second.name}, on {len(both)} tasks",
        "",
        f"- {first.name}: {a} solved ({_percent(a, len(both))}), {_interval(a, len(both))}",
        f"- {second.name}: {b} solved ({_percent(b, len(both))}), {_interval(b, len(both))}",
        f"- Solved by one only: {only}; exact McNemar test p = {chance:.4f}: they {verdict}.",
        *([f"- In one of the two only, and left out: {left}."] if left else []),
        *_named(first.name, only_a),
        *_named(second.name, only_b),
    ]
    return "\n".join(lines) + "\n"


def _read(folder: Path) -> list[Json]:
    rows = read_lines(folder / "results.jsonl")
    if not rows:
        raise NoRun(f"{folder} has no results")
    return rows


def _cost(rows: list[Json], solved: int) -> str:
    if unpriced := sum(map(_unpriced, rows)):
        some = f" of {unpriced} attempts" if unpriced < len(rows) else ""
        return f"- Cost{some}: not known (no price is set for the model)."
    cost = sum(row.get("cost", 0.0) for row in rows)
    per_solved = f"${cost / solved:.4f}" if solved else "none is solved"
    return f"- Cost: ${cost:.4f}; for each that is solved: {per_solved}."


def _unpriced(row: Json) -> bool:
    """Say whether what an attempt cost cannot be known; one that never began cost nothing."""
    return "cost" in row and row["cost"] is None


def _whole(row: Json) -> Json:
    return {"resolved": False, **row}


def _by_task(rows: Iterable[Json]) -> dict[tuple[str, int], bool]:
    return {(row["id"], row["attempt"]): bool(row.get("resolved")) for row in rows}


def _attempts(rows: list[Json], attempts: int) -> list[str]:
    """Say how often each task was solved, where each was tried more than once."""
    if attempts == 1:
        return []
    ever = {row["id"] for row in rows if row.get("resolved")}
    tasks = {row["id"] for row in rows}
    never = {row["id"] for row in rows if not row.get("resolved")}
    once = f"{len(ever)} of {len(tasks)} tasks, {_interval(len(ever), len(tasks))}"
    always = len(tasks - never)
    return [f"- {attempts} attempts each; solved at least once: {once}; each time: {always}."]


def _table(rows: list[Json]) -> list[str]:
    head = (
        "| Task | Attempt | Solved | Ended | Turns | Tokens in / out | Cost | Seconds | Why not |"
    )
    lines = [head, "| --- | --: | --- | --- | --: | --: | --: | --: | --- |"]
    for row in rows:
        tokens = row.get("tokens", {})
        why = row.get("infra_error") or row.get("why") or ""
        cells = [
            row["id"],
            str(row["attempt"]),
            "yes" if row.get("resolved") else "no",
            row.get("exit_reason", row["status"]),
            str(row.get("turns", "")),
            f"{tokens.get('in', 0):,} / {tokens.get('out', 0):,}",
            "not known" if _unpriced(row) else f"${row.get('cost', 0.0):.4f}",
            f"{row.get('wall', 0.0):.1f}",
            " ".join(why.split())[:_WHY].replace("|", "\\|"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _named(name: str, tasks: list[tuple[str, int]]) -> list[str]:
    words = ", ".join(f"{task} ({attempt})" for task, attempt in tasks)
    return [f"- Only {name}: {words}"] if tasks else []


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"


def _interval(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"95 % interval {low:.1%} to {high:.1%}"
