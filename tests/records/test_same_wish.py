"""Two intakes that hear the same wish in the same moment make one task, on PostgreSQL as well."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import event, text

from records.database import Database, open_database
from records.tasks import Task, Tasks
from tests.records.given import new_task

WAITS_S = 20.0


def _waiters(database: Database) -> int:
    """Count who waits for a lock that a transaction of PostgreSQL holds by a name."""
    statement = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with database.reading() as connection:
        return int(connection.execute(text(statement)).scalar_one())


def _same(_: Task) -> bool:
    return True


@pytest.mark.parametrize("same", [_same, None])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_intakes_at_once_make_one_task_where_the_wish_is_the_same(
    same: Callable[[Task], bool] | None, database_url: str
) -> None:
    """The first has looked and is about to write when the second comes."""
    first, second = open_database(database_url), open_database(database_url)
    is_about_to_write, may_write = threading.Event(), threading.Event()

    def hold(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO tasks"):
            is_about_to_write.set()
            assert may_write.wait(WAITS_S)

    event.listen(first._writer, "before_cursor_execute", hold)
    with ThreadPoolExecutor(2) as intakes:
        one = intakes.submit(Tasks(first).create, new_task("label:1"), same=same)
        assert is_about_to_write.wait(WAITS_S)
        two = intakes.submit(Tasks(second).create, new_task("comment:2"), same=same)
        _wait_for(lambda: two.done() or _waiters(second) > 0, two)
        assert two.done() is (same is None), "who looks for the same wish waits for its turn"
        may_write.set()
        (made, is_new), (found, is_new_too) = one.result(WAITS_S), two.result(WAITS_S)
    assert is_new
    assert is_new_too is (same is None)
    assert (made.id == found.id) is (same is not None)
    for database in (first, second):
        database.close()


def _wait_for(happened: Callable[[], bool], second: Future[Any]) -> None:
    """Ask PostgreSQL, which tells nobody of who begins to wait, until it is so."""
    ends = time.monotonic() + WAITS_S
    while not happened():
        assert time.monotonic() < ends, "the second intake neither waits nor ends"
        wait([second], timeout=0.05)
