"""Counts what the records hold, for whoever watches over the bot."""

import json
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from records.database import Database
from records.live import not_ended
from records.pacing import Pacing, WritesWaiting
from records.pulls import Fate
from records.schema import DeliveryRow, PullRow, TaskRow


@dataclass(frozen=True)
class Spent:
    """What tasks used, of one verb and with one fate of their pull request."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Counted:
    """Everything that is counted."""

    tasks: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """By verb, state and reason."""
    deliveries: dict[str, int] = field(default_factory=dict)
    """By state."""
    pull_requests: dict[str, int] = field(default_factory=dict)
    """By fate; each once, whatever number of tasks it had."""
    spent: dict[tuple[str, str], Spent] = field(default_factory=dict)
    """By verb, and by the fate of the pull request, `none` where there is none."""
    oldest_waiting_since: float | None = None
    """When the task was asked for that waits for a worker longest, in Unix seconds."""
    writes: WritesWaiting = field(default_factory=WritesWaiting)


class Figures:
    """Counts over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> Counted:
        """Count, as it stands now."""
        fates = self._fates()
        return Counted(
            tasks=self._tasks(),
            deliveries=self._deliveries(),
            pull_requests=dict(Counter(fates.values())),
            spent=self._spent(fates),
            oldest_waiting_since=self._oldest(),
            writes=Pacing(self._database).waiting(),
        )

    def _tasks(self) -> dict[tuple[str, str, str], int]:
        by = (TaskRow.verb, TaskRow.state, TaskRow.reason)
        statement = select(*by, func.count()).group_by(*by).order_by(*by)
        with self._database.reading() as connection:
            return {(row[0], row[1], row[2]): row[3] for row in connection.execute(statement)}

    def _deliveries(self) -> dict[str, int]:
        by = DeliveryRow.state
        statement = select(by, func.count()).group_by(by).order_by(by)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def _fates(self) -> dict[tuple[int, int], str]:
        """Return what became of each of the bot's pull requests."""
        opened = select(TaskRow.repository_id, TaskRow.pull_request_number).where(
            TaskRow.pull_request_number.is_not(None), TaskRow.verb == "fix"
        )
        known = select(PullRow.repository_id, PullRow.number, PullRow.fate)
        with self._database.reading() as connection:
            rows = [(row[0], int(row[1] or 0)) for row in connection.execute(opened)]
            found = dict.fromkeys(rows, str(Fate.OPEN))
            for row in connection.execute(known):
                if (row[0], row[1]) in found:
                    found[row[0], row[1]] = row[2]
        return found

    def _spent(self, fates: dict[tuple[int, int], str]) -> dict[tuple[str, str], Spent]:
        columns = (
            TaskRow.verb,
            TaskRow.repository_id,
            TaskRow.pull_request_number,
            TaskRow.progress,
            TaskRow.started_at,
            TaskRow.ended_at,
        )
        found: dict[tuple[str, str], Spent] = {}
        with self._database.reading() as connection:
            for row in connection.execute(select(*columns)):
                number = row.pull_request_number or 0
                key = (row.verb, fates.get((row.repository_id, number), "none"))
                had, progress = found.get(key, Spent()), json.loads(row.progress)
                took = (row.ended_at - row.started_at) if row.ended_at and row.started_at else 0.0
                found[key] = Spent(
                    had.input_tokens + int(progress["input_tokens"]),
                    had.output_tokens + int(progress["output_tokens"]),
                    had.usd + float(progress["cost_usd"]),
                    had.seconds + max(0.0, took),
                )
        return found

    def _oldest(self) -> float | None:
        statement = select(func.min(TaskRow.created_at)).where(not_ended(), TaskRow.epoch == 0)
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one_or_none()
