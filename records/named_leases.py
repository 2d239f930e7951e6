"""Named leases: of several processes that could do a thing, one does."""

from sqlalchemy import delete, insert, or_, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import DatabaseTime, NamedLeaseRow


class NamedLeases:
    """The named leases of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, owner: str, seconds: float) -> bool:
        """Take or keep a lease for so many seconds; False while another owner has it."""
        statement = (
            update(NamedLeaseRow)
            .where(
                NamedLeaseRow.name == name,
                or_(NamedLeaseRow.owner == owner, NamedLeaseRow.expires_at < DatabaseTime()),
            )
            .values(owner=owner, expires_at=DatabaseTime() + seconds)
        )
        try:
            with self._database.writing() as connection:
                if connection.execute(statement).rowcount == 1:
                    return True
                connection.execute(
                    insert(NamedLeaseRow).values(
                        name=name, owner=owner, expires_at=DatabaseTime() + seconds
                    )
                )
        except IntegrityError:
            return False
        return True

    def give_back(self, name: str, owner: str) -> None:
        """Let another owner take the lease at once."""
        statement = delete(NamedLeaseRow).where(
            NamedLeaseRow.name == name, NamedLeaseRow.owner == owner
        )
        with self._database.writing() as connection:
            connection.execute(statement)
