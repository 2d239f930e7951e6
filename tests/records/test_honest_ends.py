"""Tasks that ended before answers had a state of their own are told as they are now, and back."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from records.database import migrate, open_database
from records.tasks import Tasks
from tests.records.given import new_task


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (("failed", "cannot_reproduce"), ("cannot_reproduce", "")),
        (("failed", "budget"), ("failed", "budget")),
    ],
)
def test_an_answer_was_the_reason_of_a_failure_once(
    empty_database_url: str, before: tuple[str, str], now: tuple[str, str]
) -> None:
    migrate(empty_database_url)
    database, config = open_database(empty_database_url), Config()
    config.set_main_option("script_location", "records/migrations")
    Tasks(database).create(new_task())
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
        ended = text("UPDATE tasks SET state = :state, reason = :reason")
        connection.execute(ended, {"state": before[0], "reason": before[1]})
        command.upgrade(config, "0006")
        shown = text("SELECT state, reason FROM tasks")
        assert tuple(connection.execute(shown).one()) == now
        command.downgrade(config, "0005")
        assert tuple(connection.execute(shown).one()) == before
    database.close()
