"""Writes the results, for programs and for people."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.figures import Breakdown, Figure, Json, Measured, rounded

RESULTS = Path(__file__).parent / "results"


def write(name: str, facts: Json, measured: Sequence[Measured], command: str) -> Path:
    """Write `results/NAME.json` and `results/NAME.md`; returns the latter."""
    figures = [figure for one in measured for figure in one.figures]
    breakdowns = [breakdown for one in measured for breakdown in one.breakdowns]
    content = {
        **facts,
        "command": command,
        "figures": {figure.name: figure.to_json() for figure in figures},
        "breakdowns": {breakdown.of: breakdown.to_json() for breakdown in breakdowns},
    }
    parts = [
        "# What Patchbay costs",
        setting(facts, command),
        "## Figures",
        _figures(figures),
        "## How each was measured",
        "\n".join(f"- `{figure.name}`: {figure.how}" for figure in figures),
        *[part for breakdown in breakdowns for part in _breakdown(breakdown)],
    ]
    return write_both(name, content, parts)


def write_both(name: str, content: Json, parts: Iterable[str]) -> Path:
    """Write one result as JSON and as Markdown; returns the latter's path."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    words = RESULTS / f"{name}.md"
    words.write_text("\n\n".join(parts) + "\n")
    return words


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def setting(facts: Json, command: str) -> str:
    """Return when, on what and how it was measured."""
    machine: dict[str, Any] = facts["machine"]
    versions: dict[str, Any] = facts["versions"]
    load = ", ".join(f"{value:g}" for value in machine["load_at_start"])
    waiting = machine["waiting_for_a_cpu_percent"]
    quiet = (
        "" if waiting is None else f" (something waited for a processor {waiting:g} % of the time)"
    )
    named = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in versions.items())
    return (
        f"Measured {facts['date']} at commit {facts['commit']} with `{command}`.\n\n"
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, "
        f"{machine['distribution']}, kernel {machine['kernel']}; load at the start {load}{quiet}; "
        f"a page of 4 KiB is on disk in {machine['fsync_ms']:g} ms (median). Versions: {named}."
    )


def _figures(figures: Iterable[Figure]) -> str:
    head = ["Figure", "Median", "Min to max", "p95", "Runs", "Aim", ""]
    return table(head, map(_row, figures))


def _row(figure: Figure) -> list[str]:
    unit = f" {figure.unit}" if figure.unit else ""
    sign = "≥" if figure.at_least else "≤"
    return [
        f"`{figure.name}`",
        f"**{rounded(figure.value):g}**{unit}",
        f"{rounded(min(figure.values)):g} to {rounded(max(figure.values)):g}",
        "" if figure.p95 is None else f"{rounded(figure.p95):g}",
        str(len(figure.values)),
        "" if figure.aim is None else f"{sign} {figure.aim:g}",
        {None: "", True: "met", False: "not met"}[figure.met],
    ]


def _breakdown(breakdown: Breakdown) -> list[str]:
    rows = [
        [stage, f"{took['median_ms']:g}", f"{took['p95_ms']:g}"]
        for stage, took in breakdown.to_json().items()
    ]
    title = f"## Where the time of `{breakdown.of}` goes"
    return [title, table(["Stage, in ms", "Median", "p95"], rows)]
