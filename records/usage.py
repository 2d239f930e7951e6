"""Counts what has been used lately: tasks of a person, of a repository, and what they cost."""

from sqlalchemy import func, select

from records.database import Database
from records.schema import TaskRow
from records.task import progress_from_json


class Usage:
    """What the tasks of one database have used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tasks(self, repository_id: int, since: float, *, requester_id: int | None = None) -> int:
        """Count the tasks that were asked for in a repository since then, by all or by one."""
        statement = select(func.count()).where(
            TaskRow.repository_id == repository_id, TaskRow.created_at >= since
        )
        if requester_id is not None:
            statement = statement.where(TaskRow.requester_id == requester_id)
        with self._database.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def usd(self, repository_id: int, since: float) -> float:
        """Add up what the tasks of a repository cost that were asked for since then."""
        return sum(usd for _, usd in self.costs(repository_id, since))

    def costs(self, repository_id: int, since: float) -> list[tuple[float, float]]:
        """List the tasks of a repository that were asked for since then, oldest first.

        Of each: when it was asked for, in Unix seconds, and what it has cost so far, in dollars.
        """
        lately = (TaskRow.repository_id == repository_id) & (TaskRow.created_at >= since)
        statement = select(TaskRow.created_at, TaskRow.progress).where(lately)
        with self._database.reading() as connection:
            found = connection.execute(statement.order_by(TaskRow.created_at)).all()
        return [(at, progress_from_json(text).cost_usd) for at, text in found]
