"""Looks, while a task works, whether its repository has used up what it may in 24 hours."""

import time
from collections.abc import Iterable

from bot.limits import Allowance
from bot.project import ProjectLimits
from jobs.job import Job
from records.waits import NewWait, Wait, WaitKind

DAY = "day"
"""What such a pause says has run out."""
_DAY_S = 86_400
_MOST_PAUSES = 3
"""Where others use up each day's money first, a task would wait for its share without an end."""
_LEAST_S = 60.0
"""The clocks of two machines may differ: a pause that ends at once would begin again at once."""


def day_pause(job: Job, limits: ProjectLimits) -> NewWait | None:
    """Return what a task asks of people once its repository's money for a day is used up, or None.

    What people gave the task by `/agent budget` counts beyond the repository's own limit, never
    beyond the operator's. Without an answer the pause ends when there is money again.
    """
    allowance = Allowance.of(job.services.settings)
    most, source = allowance.smaller("usd_day", limits.usd_day)
    if most is None:
        return None
    now, task, tasks = time.time(), job.task, job.services.tasks
    waits = tasks.waits.all(task.id)
    given = sum(float(wait.answer.get("usd", 0.0)) for wait in waits)
    may_use = min(most + given, allowance.usd_day or most + given)
    costs = tasks.usage.costs(task.repository_id, now - _DAY_S)
    spent = sum(usd for _, usd in costs)
    if spent < may_use:
        return None
    until = _room_at(costs, spent - may_use)
    number = sum(is_of_a_day(wait) and not wait.is_open for wait in waits) + 1
    asked = {"what": DAY, "usd": may_use, "spent": spent, "source": source, "until": until}
    return NewWait(f"{DAY}:{number}", WaitKind.BUDGET, asked, max(_LEAST_S, until - now))


def _room_at(costs: list[tuple[float, float]], too_much: float) -> float:
    """Return when so much has been spent more than a day ago that there is money again."""
    for asked_at, usd in costs:
        too_much -= usd
        if too_much < 0:
            return asked_at + _DAY_S
    return costs[-1][0] + _DAY_S


def is_of_a_day(wait: NewWait | Wait) -> bool:
    """Say whether a task waits, or waited, for a day's money."""
    return wait.kind is WaitKind.BUDGET and wait.asked.get("what") == DAY


def may_pause(waits: Iterable[Wait]) -> bool:
    """Say whether a task may wait for a day's money again; what people ended does not count."""
    return sum(is_of_a_day(wait) and wait.expired for wait in waits) < _MOST_PAUSES
