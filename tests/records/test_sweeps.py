"""What the clock asks again and again is answered from an index, whatever number has ended."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from records.database import Database
from records.deliveries import Deliveries
from records.schema import DeliveryRow, TaskRow, WaitRow
from records.tasks import Tasks
from records.waits import NewWait, WaitKind
from tests.records.given import lease

MANY = 1_500
Asked = list[tuple[str, Any]]


@pytest.fixture
def old(database: Database) -> Database:
    """A database in which thousands of tasks, waits and deliveries have come to their end."""
    held = lease(database)
    Tasks(database).waits.ask(held, NewWait("call:1", WaitKind.QUESTION, {}, 60.0))
    Deliveries(database).store("guid", "ping", b"{}")
    other = {"issue_number": "i", "state": "'succeeded'"}
    _copied(database, TaskRow, id="'t' || i", semantic_key="'k' || i", **other)
    _copied(database, WaitRow, task_id="'t' || i", key="'k' || i", answered_at="i")
    _copied(database, DeliveryRow, id="'d' || i", state="'handled'")
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))
    return database


def _copied(database: Database, row: Any, **other: str) -> None:
    """Put in the one row of a table many times, with other columns by their SQL."""
    names = [column.name for column in row.__table__.columns]
    values = ", ".join(other.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
    table = row.__tablename__
    copies = f"INSERT INTO {table} ({listed}) {numbers} SELECT {values} FROM {table}, n"  # noqa: S608 - our own names
    with database.writing() as connection:
        connection.execute(text(copies), {"many": MANY})


@contextmanager
def _heard(database: Database) -> Iterator[Asked]:
    """Note what is asked of the database, as it is sent."""
    asked: Asked = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database._engine, "before_cursor_execute", hear)
    event.listen(database._writer, "before_cursor_execute", hear)
    yield asked
    event.remove(database._engine, "before_cursor_execute", hear)
    event.remove(database._writer, "before_cursor_execute", hear)


def _plan(database: Database, statement: str, parameters: Any) -> str:
    is_sqlite = database._engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    with database.reading() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


LIVE = ("tasks_not_ended", "tasks_one_at_work_in_thread")
SWEEPS: dict[str, tuple[Callable[[Database], object], tuple[str, ...]]] = {
    "unattended": (lambda database: Tasks(database).unattended(), LIVE),
    "left alone": (lambda database: Tasks(database).left_alone(), LIVE),
    "anybody works": (lambda database: Tasks(database).anybody_works(), LIVE),
    "deadlines": (lambda database: Tasks(database).waits.expire(), ("waits_open",)),
    "orphans": (lambda database: Tasks(database).waits.requeue_orphans(), LIVE),
    "deliveries": (lambda database: Deliveries(database).unhandled(5.0), ("deliveries_waiting",)),
    "behind": (lambda database: Deliveries(database).behind("x", 1.0), ("deliveries_waiting",)),
    "a day": (lambda database: Tasks(database).usage.costs(1, 0.0), ("tasks_of_repository",)),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_the_clocks_questions_are_answered_from_an_index(name: str, old: Database) -> None:
    sweep, indexes = SWEEPS[name]
    with _heard(old) as asked:
        sweep(old)
    plans = [_plan(old, *one) for one in asked if "FROM" in one[0] or "UPDATE" in one[0]]
    assert any(index in plan for plan in plans for index in indexes), plans
    whole = re.compile(r"SCAN (?:tasks|waits|deliveries)(?!.*INDEX)|Seq Scan")
    assert [plan for plan in plans if whole.search(plan)] == []
