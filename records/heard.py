"""Heard: what people wrote on an issue while a task worked on it, each comment once."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import HeardRow

MOST = 10
"""Comments of one task; who writes more has more to say than a task can take in."""


@dataclass(frozen=True)
class Remark:
    """A comment on the issue; nobody has checked its words."""

    comment_id: int
    author: str
    text: str


class Heard:
    """The remarks of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, task_id: str, remark: Remark) -> bool:
        """Keep a remark for whoever works on the task; False if the task has enough of them."""
        count = select(func.count()).where(HeardRow.task_id == task_id)
        try:
            with self._database.writing() as connection:
                if connection.execute(count).scalar_one() >= MOST:
                    return False
                connection.execute(insert(HeardRow), {"task_id": task_id, **vars(remark)})
        except IntegrityError:
            return True  # it was told of twice
        return True

    def of(self, task_id: str) -> tuple[Remark, ...]:
        """Read what was heard for a task, oldest first."""
        columns = (HeardRow.comment_id, HeardRow.author, HeardRow.text)
        of_task = HeardRow.task_id == task_id
        statement = select(*columns).where(of_task).order_by(HeardRow.comment_id)
        with self._database.reading() as connection:
            return tuple(Remark(*row) for row in connection.execute(statement))
