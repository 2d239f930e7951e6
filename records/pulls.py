"""What became of the bot's pull requests, and what people switched on them."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import PullRow, TaskRow


class Fate(StrEnum):
    """What became of a pull request."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    """Without being merged."""
    REVERTED = "reverted"
    """It was merged, and taken back by another pull request or commit."""


@dataclass(frozen=True)
class PullRecord:
    """What is known of a pull request that is not open any more, or was switched."""

    fate: Fate
    fate_at: float | None
    fate_by: str
    """Who did it, by login."""
    merge_sha: str
    """The commit that it was merged as, where GitHub said so."""
    autofix: bool | None
    """Whether failing checks are mended by themselves; None where nobody has said."""


_NOTHING = PullRecord(Fate.OPEN, None, "", "", None)


class Pulls:
    """The bot's pull requests in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def with_head(self, repository_id: int, sha: str) -> tuple[str, int] | None:
        """Return the newest task whose commit this is, and the pull request that it is in."""
        statement = (
            select(TaskRow.id, TaskRow.pull_request_number)
            .where(
                TaskRow.repository_id == repository_id,
                TaskRow.head_sha == sha,
                TaskRow.pull_request_number.is_not(None),
            )
            .order_by(TaskRow.created_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return (row.id, row.pull_request_number) if row else None

    def get(self, repository_id: int, number: int) -> PullRecord:
        """Read what is known of a pull request; without a word it is open."""
        statement = select(PullRow.__table__).where(*_this(repository_id, number))
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return _NOTHING
        return PullRecord(Fate(row.fate), row.fate_at, row.fate_by, row.merge_sha, row.autofix)

    def merged_as(self, repository_id: int, sha: str) -> int | None:
        """Return the number of the pull request that was merged as this commit."""
        statement = select(PullRow.number).where(
            PullRow.repository_id == repository_id, PullRow.merge_sha == sha
        )
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def decide(
        self, repository_id: int, number: int, fate: Fate, *, by: str, merge_sha: str = ""
    ) -> None:
        """Record what became of a pull request, now."""
        said = {"fate": fate, "fate_at": time.time(), "fate_by": by}
        self._set(repository_id, number, said | ({"merge_sha": merge_sha} if merge_sha else {}))

    def switch_autofix(self, repository_id: int, number: int, *, on: bool) -> None:
        """Record whether failing checks are to be mended by themselves."""
        self._set(repository_id, number, {"autofix": on})

    def _set(self, repository_id: int, number: int, values: dict[str, Any]) -> None:
        here = {"repository_id": repository_id, "number": number}
        first = {"fate": Fate.OPEN, "fate_at": None, "fate_by": "", "merge_sha": ""}
        change = update(PullRow).where(*_this(repository_id, number)).values(values)
        try:
            with self._database.writing() as connection:
                if not connection.execute(change).rowcount:
                    connection.execute(insert(PullRow), first | {"autofix": None} | here | values)
        except IntegrityError:
            # Another process put the row there between our look and our insert.
            with self._database.writing() as connection:
                connection.execute(change)


def _this(repository_id: int, number: int) -> tuple[Any, ...]:
    return PullRow.repository_id == repository_id, PullRow.number == number
