"""Refusals: the comments in which something was refused, until they are folded away."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import DatabaseTime, RefusalRow


@dataclass(frozen=True)
class Refusal:
    """A comment of the bot's in which it refused something, and where it stands."""

    comment_id: int
    installation_id: int
    repository_id: int
    issue_number: int


class Refusals:
    """The refusals of one database that nobody has folded away yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, refusal: Refusal, stays_s: float) -> None:
        """Remember a refusal that is to be folded away after so many seconds; each once."""
        values = {**vars(refusal), "fold_at": DatabaseTime() + stays_s}
        try:
            with self._database.writing() as connection:
                connection.execute(insert(RefusalRow).values(values))
        except IntegrityError:
            return  # the same words, said once for several events

    def due(self, most: int) -> list[Refusal]:
        """Name those whose time has come, the oldest first."""
        where = RefusalRow.fold_at < DatabaseTime()
        fields = (
            RefusalRow.comment_id,
            RefusalRow.installation_id,
            RefusalRow.repository_id,
            RefusalRow.issue_number,
        )
        statement = select(*fields).where(where).order_by(RefusalRow.fold_at).limit(most)
        with self._database.reading() as connection:
            return [Refusal(*row) for row in connection.execute(statement)]

    def put_off(self, comment_id: int, wait_s: float) -> None:
        """Come back to one after so many seconds."""
        statement = (
            update(RefusalRow)
            .where(RefusalRow.comment_id == comment_id)
            .values(fold_at=DatabaseTime() + wait_s)
        )
        with self._database.writing() as connection:
            connection.execute(statement)

    def forget(self, comment_id: int) -> None:
        """Drop one: it is folded away, or cannot be."""
        with self._database.writing() as connection:
            connection.execute(delete(RefusalRow).where(RefusalRow.comment_id == comment_id))
