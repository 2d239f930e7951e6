"""Batches: several tasks that were asked for at once, and the comment with the table of them."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import BatchRow
from records.task import canonical_json


@dataclass(frozen=True)
class Part:
    """One thing of several; without a task, `why_not` says why there is none, once it is known."""

    what: str
    issue_number: int | None = None
    """The issue that it is about, where it is another than the one with the table."""
    task_id: str = ""
    why_not: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has looked yet if a task can be started for it."""
        return not self.task_id and not self.why_not


@dataclass(frozen=True)
class Batch:
    """Several tasks, in their order, and where their table stands."""

    id: str
    repository_id: int
    issue_number: int
    requester: str
    created_at: float
    parts: tuple[Part, ...]
    comment_id: int | None = None


class Batches:
    """The batches of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, batch: Batch) -> None:
        """Keep a batch; what is there already stays, since the same request makes the same."""
        parts = canonical_json([asdict(part) for part in batch.parts])
        try:
            with self._database.writing() as connection:
                connection.execute(insert(BatchRow), {**vars(batch), "parts": parts})
        except IntegrityError:
            return

    def get(self, batch_id: str) -> Batch | None:
        """Read one batch."""
        statement = select(*BatchRow.__table__.columns).where(BatchRow.id == batch_id)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
        parts = tuple(Part(**part) for part in json.loads(fields["parts"]))
        return Batch(**{**fields, "parts": parts})

    def take_row(self, batch_id: str, task_id: str, *, instead_of: str) -> bool:
        """Let a task stand where another stood; False if that one stands there no more."""
        this = BatchRow.id == batch_id
        with self._database.writing() as connection:
            statement = select(BatchRow.parts).where(this).with_for_update()
            parts = json.loads(connection.execute(statement).scalar_one_or_none() or "[]")
            rows = [part for part in parts if part["task_id"] == instead_of]
            for row in rows:
                row["task_id"] = task_id
            if rows:
                values = {"parts": canonical_json(parts)}
                connection.execute(update(BatchRow).where(this).values(values))
        return bool(rows)

    def set_part(self, batch_id: str, at: int, part: Part) -> None:
        """Say what became of one of a batch's parts, by its place."""
        this = BatchRow.id == batch_id
        with self._database.writing() as connection:
            found = select(BatchRow.parts).where(this).with_for_update()
            parts = json.loads(connection.execute(found).scalar_one())
            parts[at] = asdict(part)
            values = {"parts": canonical_json(parts)}
            connection.execute(update(BatchRow).where(this).values(values))

    def set_comment(self, batch_id: str, comment_id: int) -> None:
        """Remember which comment has the table."""
        this = update(BatchRow).where(BatchRow.id == batch_id)
        with self._database.writing() as connection:
            connection.execute(this.values(comment_id=comment_id))
