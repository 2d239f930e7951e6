"""Heard: what people wrote on an issue while a task worked on it, each comment once."""

import time
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import HeardRow

MOST = 10
"""Comments of one task; who writes more has more to say than a task can take in."""
MOST_STEERS = 20


@dataclass(frozen=True)
class Remark:
    """A comment on the issue; nobody has checked its words."""

    comment_id: int
    author: str
    text: str
    steers: bool = False
    """Whether it is a word to the task, and not only about it."""
    taken_at: int | None = None
    """The step before which the agent was told, once it was."""


class Heard:
    """The remarks of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, task_id: str, remark: Remark) -> bool:
        """Keep a remark for whoever works on the task; False if the task has enough of them."""
        alike = (HeardRow.task_id == task_id) & (HeardRow.steers == remark.steers)
        count = select(func.count()).where(alike)
        most = MOST_STEERS if remark.steers else MOST
        try:
            with self._database.writing() as connection:
                if connection.execute(count).scalar_one() >= most:
                    return False
                values = {"task_id": task_id, **vars(remark), "heard_at": time.time()}
                connection.execute(insert(HeardRow), values)
        except IntegrityError:
            return True  # it was told of twice
        return True

    def of(self, task_id: str) -> tuple[Remark, ...]:
        """Read what was heard for a task, oldest first."""
        names = (HeardRow.comment_id, HeardRow.author, HeardRow.text)
        columns = (*names, HeardRow.steers, HeardRow.taken_at)
        of_task = HeardRow.task_id == task_id
        # A word that is no comment of its own has a number that says nothing about when.
        in_order = (HeardRow.heard_at, HeardRow.comment_id)
        statement = select(*columns).where(of_task).order_by(*in_order)
        with self._database.reading() as connection:
            return tuple(Remark(*row) for row in connection.execute(statement))

    def took(self, task_id: str, comment_id: int, step: int) -> bool:
        """Note before which step the agent was told; False if that was noted before."""
        this = (HeardRow.task_id == task_id) & (HeardRow.comment_id == comment_id)
        new = update(HeardRow).where(this & HeardRow.taken_at.is_(None)).values(taken_at=step)
        with self._database.writing() as connection:
            return connection.execute(new).rowcount == 1
