"""The table of what the bot itself ran, on the base and on the change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.comments.neutral import cell, code, words
from bot.comments.readable import span

_ROWS = 30
_FAILED_NAMES = 10
_NAMES = 5
_TOUCHED = 8
_LONGEST_NAME = 160
_SIGNS = {
    "fixed": "✅",
    "passes": "✅",
    "newly failing": "❌",
    "still failing": "⚠️",
    "flaky": "⚠️",
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
    notes += filter(None, (_touched(evidence.get("touched") or ()), _one_by_one(rows)))
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


def _newly_failing(rows: Sequence[Mapping[str, Any]]) -> str:
    names: list[str] = []
    for row in rows:
        if (cases := row.get("cases")) is not None:
            names += (cases.get("newly failing") or {}).get("names") or ()
            continue
        before = set((row.get("base") or {}).get("failed") or ())
        after = (row.get("change") or {}).get("failed") or ()
        names += [name for name in after if name not in before]
    return _some(names, _FAILED_NAMES)


_TESTS = {
    "fixed": "Fixed",
    "still failing": "Still failing",
    "flaky": "Flaky (failed, and passed when run again, alone)",
    "not run": "Not run any more",
}


def _one_by_one(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the single tests that matter, folded; what newly fails stands above, unfolded."""
    lines, counts = [], []
    for verdict, title in _TESTS.items():
        groups = [(row.get("cases") or {}).get(verdict) or {} for row in rows]
        # Two checks may run the same test: as many as the largest counts, named once.
        count = max((int(group.get("count") or 0) for group in groups), default=0)
        names = list(dict.fromkeys(name for group in groups for name in group.get("names") or ()))
        if count and names:
            count = max(count, len(names))
            lines.append(f"- {title}: {_some(names, _NAMES, count)}")
            counts.append(f"{count} {verdict}")
    if not lines:
        return ""
    summary = f"<summary>Test by test: {', '.join(counts)}</summary>"
    return "\n".join(["<details>" + summary, "", *lines, "", "</details>"])


def _touched(touched: Sequence[Mapping[str, Any]]) -> str:
    """Name the tests of the base that are not as they were, the worst kind first."""
    if not touched:
        return ""
    lines = ["⚠️ **Tests that were there before:**", ""]
    for kind in ("deleted", "skipped", "weakened", "changed", "renamed"):
        lines += [_touch(one) for one in touched if one.get("touch") == kind]
    more = [f"- … and {len(touched) - _TOUCHED} more"] if len(touched) > _TOUCHED else []
    return "\n".join([*lines[: _TOUCHED + 2], *more])


def _touch(one: Mapping[str, Any]) -> str:
    detail = words(str(one.get("detail") or ""), 200)
    test = f"{code(str(one.get('name')), _LONGEST_NAME)} in {code(str(one.get('path')), 200)}"
    return f"- {one.get('touch')}: {test}" + (f" ({detail})" if detail else "")


def _some(names: Iterable[str], most: int, count: int = 0) -> str:
    known = list(dict.fromkeys(map(str, names)))
    shown = ", ".join(code(name, _LONGEST_NAME) for name in known[:most])
    more = max(count, len(known)) - most
    return f"{shown} and {more} more" if more > 0 else shown
