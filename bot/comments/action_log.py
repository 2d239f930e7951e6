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
    rows = [_row(line, started_at) for line in lines]
    whole = f"[The whole log]({task_url}) is on the task's page.\n\n" if task_url else ""
    return (
        f"<details><summary>Action log · {plural(steps, 'step')}{chain}</summary>\n\n"
        f"| # | t | action | result |\n|--:|--:|:--|:--|\n{_fitting(rows)}\n{whole}</details>"
    )


def _row(line: LogLine, started_at: float) -> str:
    number = "·" if line.step is None else str(line.step)
    at = clock(line.at - started_at)
    return f"| {number} | {at} | {cell(line.title, _TITLE)} | {cell(line.result, _RESULT)} |\n"


def _fitting(rows: list[str]) -> str:
    """Return as many rows as fit, from both ends."""
    room = LONGEST - _ROOM_FOR_FRAME
    if sum(map(len, rows)) <= room:
        return "".join(rows)
    first, last = 0, len(rows)
    while True:
        # The end tells more than the beginning, so it is served first.
        from_end = first * 2 >= len(rows) - last
        row = rows[last - 1] if from_end else rows[first]
        room -= len(row)
        if room < 0:
            break
        first, last = (first, last - 1) if from_end else (first + 1, last)
    left_out = f"| … |  | *{plural(last - first, 'line')} left out here* |  |\n"
    return "".join((*rows[:first], left_out, *rows[last:]))
