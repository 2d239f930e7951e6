"""Checkpoints: the newest is kept, bytes as they were."""

import os

from alembic import command
from alembic.config import Config

from records.checkpoints import Checkpoints
from records.database import Database, migrate, open_database
from tests.records.given import lease


def test_the_newest_checkpoint_is_read_back(database: Database) -> None:
    checkpoints, held = Checkpoints(database), lease(database)
    assert checkpoints.latest(held.task_id) is None
    checkpoints.save(held, 3, "abc", b"old")
    content = os.urandom(100_000) + bytes(100_000)
    checkpoints.save(held, 9, "abc", content)
    newest = checkpoints.latest(held.task_id)
    assert newest
    assert (newest.action_number, newest.base_sha, newest.content) == (9, "abc", content)


def test_each_attempt_has_its_own(database: Database) -> None:
    checkpoints, held = Checkpoints(database), lease(database)
    for attempt in (1, 2):
        checkpoints.save(held, attempt, "abc", b"old", attempt=attempt)
    checkpoints.save(held, 7, "abc", b"new", attempt=2)
    kept = [checkpoints.latest(held.task_id, attempt=attempt) for attempt in (0, 1, 2)]
    assert [one and (one.attempt, one.content) for one in kept] == [
        None,
        (1, b"old"),
        (2, b"new"),
    ]


def test_what_is_on_its_way_outlives_a_change_of_the_schema(empty_database_url: str) -> None:
    migrate(empty_database_url)
    database = open_database(empty_database_url)
    checkpoints, held = Checkpoints(database), lease(database)
    checkpoints.save(held, 3, "abc", b"work")
    checkpoints.save(held, 4, "abc", b"an attempt's", attempt=1)
    config = Config()
    config.set_main_option("script_location", "records/migrations")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    migrate(empty_database_url)
    kept = checkpoints.latest(held.task_id)
    assert kept
    assert (kept.attempt, kept.action_number, kept.content) == (0, 3, b"work")
    assert checkpoints.latest(held.task_id, attempt=1) is None
    database.close()
