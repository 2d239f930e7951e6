"""Shows the action log of a task as a table that folds away."""

from collections.abc import Sequence

from bot.comments.neutral import cell
from bot.comments.readable import clock, plural
from bot.comments.views import LogLine

LONGEST = 20_000
_ROOM_FOR_FRAME = 600
_TITLE, _RESULT = 160, 120


def action_log(lines: Sequence[LogLine], *, started_at: float, head: str, task_url: str) -> str:
    """Return the log in at most 20,000 characters, the middle left out if need be."""
    if not lines:
        return ""
    steps = sum(line.step is not None for line in lines)
    chain = f" · chain <code>{head[:4]}…{head[-4:]}</code>" if head else ""
    whole = f"[The whole log]({task_url}) is on the task's page.\n\n" if task_url else ""
    rows = _rows(lines, started_at)
    return (
        f"<details><summary>Action log · {plural(steps, 'step')}{chain}</summary>\n\n"
        f"| # | t | action | result |\n|--:|--:|:--|:--|\n{rows}\n{whole}</details>"
    )


def _row(line: LogLine, started_at: float) -> str:
    number = "·" if line.step is None else str(line.step)
    at = clock(line.at - started_at)
    return f"| {number} | {at} | {cell(line.title, _TITLE)} | {cell(line.result, _RESULT)} |\n"


def _rows(lines: Sequence[LogLine], started_at: float) -> str:
    """Return as many rows as fit, from both ends; a long log is not written out to be cut."""
    room = LONGEST - _ROOM_FOR_FRAME
    beginning: list[str] = []
    end: list[str] = []
    while len(beginning) + len(end) < len(lines):
        # The end tells more than the beginning, so it is served first.
        at_end = len(end) <= len(beginning)
        row = _row(lines[-len(end) - 1] if at_end else lines[len(beginning)], started_at)
        room -= len(row)
        if room < 0:
            missing = plural(len(lines) - len(beginning) - len(end), "line")
            beginning.append(f"| … |  | *{missing} left out here* |  |\n")
            break
        (end if at_end else beginning).append(row)
    return "".join((*beginning, *reversed(end)))
