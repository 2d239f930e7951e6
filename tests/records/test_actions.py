"""Actions: in order, append-only, and a change that was made behind our back is seen."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from records.actions import Actions
from records.database import Database, migrate, open_database
from records.tasks import Progress, TaskNotFound, Tasks
from tests.records.given import lease, new_task


def test_entries_come_back_in_order_each_chained_to_the_one_before(database: Database) -> None:
    actions, held = Actions(database), lease(database)
    made = [actions.append(held, "event", {"n": n, "text": "ü\0\ud800"}) for n in range(3)]
    assert actions.all(held.task_id) == made
    assert [entry.number for entry in made] == [1, 2, 3]
    assert [entry.previous for entry in made] == ["", made[0].hash, made[1].hash]
    assert actions.head(held.task_id) == made[2].hash
    assert actions.since(held.task_id, 2) == [made[2]]
    assert actions.verify(held.task_id)


def test_an_empty_log_holds_and_an_unknown_task_has_none(database: Database) -> None:
    held = lease(database)
    assert Actions(database).verify(held.task_id)
    with pytest.raises(TaskNotFound):
        Actions(database).head("none")


def test_progress_is_written_with_the_entry(database: Database) -> None:
    held = lease(database)
    Actions(database).append(held, "event", {}, Progress(doing="testing", steps=4))
    assert Tasks(database).get(held.task_id).progress == Progress(doing="testing", steps=4)


def test_entries_of_several_threads_form_one_chain(database: Database) -> None:
    actions, held = Actions(database), lease(database)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: actions.append(held, "event", {"n": n}), range(24)))
    assert [entry.number for entry in actions.all(held.task_id)] == list(range(1, 25))
    assert actions.verify(held.task_id)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE actions SET kind = 'x'", "DELETE FROM actions", "TRUNCATE actions"],
)
def test_the_database_refuses_to_change_the_log(database: Database, statement: str) -> None:
    actions, held = Actions(database), lease(database)
    made = actions.append(held, "event", {})
    with pytest.raises(DatabaseError), database.writing() as connection:
        connection.execute(text(statement))
    assert actions.all(held.task_id) == [made]


def _forge(database: Database, statement: str) -> None:
    """Change the log as somebody can who owns the database: take the guard away first."""
    guards = ["actions_append_only ON actions", "actions_no_truncate ON actions"]
    with database.writing() as connection:
        if connection.dialect.name == "sqlite":
            guards = ["actions_refuse_UPDATE", "actions_refuse_DELETE"]
        for guard in guards:
            connection.execute(text(f"DROP TRIGGER {guard}"))
        connection.exec_driver_sql(statement)


FORGERIES = {
    "content": """UPDATE actions SET content = '{"n":9}' WHERE number = 2""",
    "kind": "UPDATE actions SET kind = 'x' WHERE number = 2",
    "time": "UPDATE actions SET at = at + 1 WHERE number = 2",
    "hash": "UPDATE actions SET hash = 'x' WHERE number = 3",
    "first": "DELETE FROM actions WHERE number = 1",
    "middle": "DELETE FROM actions WHERE number = 2",
    "last": "DELETE FROM actions WHERE number = 3",
    "all": "DELETE FROM actions",
    "added": "INSERT INTO actions SELECT task_id, 4, kind, at, content, hash, 'x' FROM actions "
    "WHERE number = 3",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_log_does_not_hold(database: Database, forgery: str) -> None:
    actions, held = Actions(database), lease(database)
    for n in range(3):
        actions.append(held, "event", {"n": n})
    _forge(database, forgery)
    assert not actions.verify(held.task_id)


def test_an_entry_that_is_not_json_is_refused_whole(database: Database) -> None:
    actions, held = Actions(database), lease(database)
    with pytest.raises(ValueError, match="JSON"):
        actions.append(held, "event", {"n": float("nan")}, Progress(steps=1))
    assert actions.all(held.task_id) == []
    assert Tasks(database).get(held.task_id).progress.steps == 0


def test_an_entry_costs_little_beside_what_the_disk_takes_for_it(tmp_path: Path) -> None:
    """Each step of a task waits for one. The time is the processor's: disks and neighbours vary."""
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    database = open_database(url)
    actions = Actions(database)
    made, _ = Tasks(database).create(new_task())
    held = Tasks(database).take(made.id, "job", 60.0)
    assert held
    content = {"text": "x" * 2000, "items": [{"n": n} for n in range(20)]}
    spent = []
    for _ in range(200):
        began = time.thread_time()
        actions.append(held, "observation", content, Progress())
        spent.append((time.thread_time() - began) * 1000)
    database.close()
    assert statistics.median(spent) < 2.0
