"""The tasks that have not ended, of a repository or of an installation."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from records.database import Database
from records.live import not_ended
from records.schema import TaskRow


class Living:
    """Tasks of one database that something may still happen to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_repository(self, repository_id: int) -> list[str]:
        """Name the tasks of a repository, the oldest first."""
        return self._named(TaskRow.repository_id == repository_id)

    def of_installation(self, installation_id: int, repository_ids: Sequence[int]) -> list[str]:
        """Name the tasks in these repositories, in all of the installation's without any."""
        here = TaskRow.installation_id == installation_id
        if repository_ids:
            here &= TaskRow.repository_id.in_(repository_ids)
        return self._named(here)

    def _named(self, which: ColumnElement[bool]) -> list[str]:
        statement = select(TaskRow.id).where(which, not_ended()).order_by(TaskRow.created_at)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())
