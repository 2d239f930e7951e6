"""The table of what the bot itself ran, on the base and on the change."""

from collections.abc import Mapping
from typing import Any

from bot.comments.neutral import cell, code, words
from bot.comments.readable import span

_ROWS = 30
_FAILED_NAMES = 10
_SIGNS = {
    "fixed": "✅",
    "passes": "✅",
    "newly failing": "❌",
    "still failing": "⚠️",
    "not run": "▫️",
    "no tests": "▫️",
}


def evidence_table(evidence: Mapping[str, Any] | None, base_sha: str) -> str:
    """Return the table, and under it what keeps the evidence from being clean."""
    if evidence is None:
        return ""
    rows = evidence.get("rows") or []
    why = words(str(evidence.get("why_not_clean") or ""), 600)
    if not rows:
        return f"**No evidence.** {why or 'There was no check that the bot could run.'}"
    base = f"base {code(base_sha[:10])}" if base_sha else "base"
    lines = [
        f"| Evidence, run by the bot and not by the agent | {base} | this change | |",
        "|:--|:--|:--|:--|",
        *(_row(row) for row in rows[:_ROWS]),
    ]
    if len(rows) > _ROWS:
        lines.append(f"| … and {len(rows) - _ROWS} more |  |  |  |")
    notes = [f"**Not clean:** {why}"] if why and not evidence.get("clean") else []
    if failing := _newly_failing(rows):
        notes.append(f"**Newly failing:** {failing}")
    return "\n".join(lines) + "".join(f"\n\n{note}" for note in notes)


def _row(row: Mapping[str, Any]) -> str:
    verdict = str(row.get("verdict", ""))
    name = str(row.get("name", ""))
    command = str(row.get("command", ""))
    title = cell(f"`{command}`" if "`" not in command else command, 200)
    if name and name != command:
        title += f" ({cell(name, 80)})"
    note = f" — {cell(str(row['note']), 200)}" if row.get("note") else ""
    sign = _SIGNS.get(verdict, "")
    return (
        f"| {title} | {_side(row.get('base') or {})} | {_side(row.get('change') or {})} "
        f"| {sign} {cell(verdict, 40)}{note} |"
    )


def _side(side: Mapping[str, Any]) -> str:
    exit_code = side.get("exit_code")
    if exit_code is None:
        return cell(str(side.get("summary") or "not run"), 120)
    sign = "✅" if exit_code == 0 else "❌"
    summary = cell(str(side.get("summary") or f"exit {exit_code}"), 120)
    return f"{sign} {summary} · {span(float(side.get('seconds') or 0.0))}"


def _newly_failing(rows: list[Mapping[str, Any]]) -> str:
    names: list[str] = []
    for row in rows:
        before = set((row.get("base") or {}).get("failed") or ())
        after = (row.get("change") or {}).get("failed") or ()
        names += [name for name in after if name not in before]
    shown = ", ".join(code(str(name), 160) for name in names[:_FAILED_NAMES])
    more = len(names) - _FAILED_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
