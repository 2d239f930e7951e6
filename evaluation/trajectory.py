"""Writes what happened in an attempt, and counts it, from its action log."""

from pathlib import Path

from evaluation.files import write_lines
from evaluation.instances import Json
from evaluation.jobs_alone import Order
from jobs.job import Job

_EDITS = {"edit", "write", "apply_patch"}
_WENT_WRONG = {"failed", "timeout", "misread"}
_COMPACTIONS = {"mask", "recap"}


def figures(job: Job) -> Json:
    """Count tokens, turns and troubles; nothing that the agent said of itself.

    The cost is None where nobody has said what the model's tokens cost.
    """
    tokens = dict.fromkeys(("in", "cached", "write", "out", "reasoning"), 0)
    counted = dict.fromkeys(
        ("turns", "tool_errors", "edit_failures", "gate_rounds", "compactions"), 0
    )
    for kind, entry in job.log.entries():
        if kind == "reply":
            counted["turns"] += 1
        elif kind == "observation" and entry["status"] in _WENT_WRONG:
            counted["tool_errors"] += 1
            counted["edit_failures"] += entry["name"] in _EDITS
        _add(tokens, entry.get("usage") or {})  # recaps, reviews and helpers have one too
        counted["gate_rounds"] += kind == "gate"
        counted["compactions"] += kind in _COMPACTIONS
    progress = job.services.tasks.get(job.task.id).progress
    priced = job.services.settings.model_named(job.task.model).has_prices
    cost = round(progress.cost_usd, 6) if priced else None
    return {"cost": cost, "tokens": tokens, **counted}


def _add(tokens: dict[str, int], usage: Json) -> None:
    names = {"in": "input", "cached": "cached", "write": "cache_write", "out": "output",
             "reasoning": "reasoning"}  # fmt: skip
    for ours, theirs in names.items():
        tokens[ours] += usage.get(theirs) or 0


def write_trajectory(job: Job, order: Order, outcome: Json, path: Path) -> None:
    """Write what was asked, the whole action log, and the end, one object a line."""
    problem = order.problem
    begin = {
        "kind": "run_start",
        "instance_id": problem.instance_id,
        "attempt": order.attempt,
        "model": outcome["model"],
        "repo": problem.repo,
        "base_commit": outcome["base_sha"],
    }
    entries = [
        {
            "kind": one.kind,
            "number": one.number,
            "at": one.at,
            "hash": one.hash,
            "content": one.content,
        }
        for one in job.services.actions.all(job.task.id)
    ]
    write_lines(path, [begin, *entries, {"kind": "run_end", **outcome}])
