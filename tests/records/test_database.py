"""The database: migrated by many at once, shared with no child, and never half written."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from records.actions import Actions
from records.database import Database, migrate, open_database
from records.deliveries import Deliveries
from records.schema import Row
from tests.fixtures.postgres_server import PostgresServer
from tests.records.given import lease


def test_several_processes_may_migrate_at_once(empty_database_url: str) -> None:
    script = "import sys; from records.database import migrate; migrate(sys.argv[1])"
    start = [sys.executable, "-c", script, empty_database_url]
    environment = {**os.environ, "PYTHONPATH": "."}
    started = [subprocess.Popen(start, env=environment) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    database = open_database(empty_database_url)
    assert Deliveries(database).store("guid", "ping", b"{}")
    database.close()


def test_the_migrations_make_what_the_code_expects(database: Database) -> None:
    with database.reading() as connection:
        migrations = MigrationContext.configure(connection, opts={"compare_type": True})
        different = compare_metadata(migrations, Row.metadata)
    # Indexes, keys between tables and guards are the migrations' own business.
    kinds = {"remove_index", "remove_fk", "remove_constraint", "add_constraint"}
    assert [change for change in different if change[0] not in kinds] == []


def test_the_schema_can_be_taken_back(empty_database_url: str) -> None:
    migrate(empty_database_url)
    database = open_database(empty_database_url)
    config = Config()
    config.set_main_option("script_location", "records/migrations")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    database.close()
    migrate(empty_database_url)


def test_alembic_works_at_the_shell(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shell.db"
    shell = [sys.executable, "-m", "alembic", "-x", f"url={url}", "upgrade", "head"]
    subprocess.run(shell, check=True, capture_output=True)
    database = open_database(url)
    assert Deliveries(database).store("guid", "ping", b"{}")
    database.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("mysql://root@localhost/x", "sqlite or postgresql"),
    ],
)
def test_a_database_we_cannot_use_is_refused_in_words(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_database(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_urls_of_every_spelling_are_taken(
    postgres_server: PostgresServer, scheme: str
) -> None:
    database = open_database(postgres_server.url("postgres").replace("postgresql", scheme, 1))
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()


def test_sqlite_waits_for_the_disk_and_is_for_its_owner_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/er/records.db"
    migrate(url)
    database = open_database(url)
    with database.reading() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    database.close()
    assert settings == ["wal", 2, 1, 30_000]
    assert stat.S_IMODE((tmp_path / "deep/er/records.db").stat().st_mode) == 0o600


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO named_leases VALUES ('x', 'y', 1.0)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM named_leases")).scalar_one() == 0


def test_eight_threads_may_write_at_once(database: Database) -> None:
    deliveries = Deliveries(database)
    with ThreadPoolExecutor(8) as pool:
        stored = pool.map(lambda n: deliveries.store(f"guid-{n}", "ping", b"x" * 20_000), range(80))
        assert all(stored)
    assert len(deliveries.unhandled(-1.0)) == 80


def _in_child(work: Callable[[], object]) -> int:
    """Start a forked child that does `work`; give its id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def test_parent_and_children_write_at_once_and_lose_nothing(
    database: Database, database_url: str
) -> None:
    actions, held = Actions(database), lease(database)

    def append_ten() -> None:
        for n in range(10):
            actions.append(held, "event", {"n": n})

    append_ten()
    children = [_in_child(append_ten) for _ in range(3)]
    append_ten()
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(actions.all(held.task_id)) == 50
    assert actions.verify(held.task_id)
    if database_url.startswith("sqlite"):
        with database.reading() as connection:
            checked = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        assert checked == "ok"


def test_what_a_child_wrote_is_there_after_the_parent_has_closed(tmp_path: Path) -> None:
    """A child that used the parent's connection would not hold the file's lock: the parent, as
    the last to leave, would then clear away the log that the child is still writing to."""
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    database = open_database(url)
    deliveries = Deliveries(database)
    assert deliveries.store("parent", "ping", b"{}")
    go_on_read, go_on_write = os.pipe()
    ready_read, ready_write = os.pipe()

    def child() -> None:
        deliveries.store("child-1", "ping", b"{}")
        os.write(ready_write, b".")
        os.read(go_on_read, 1)
        deliveries.store("child-2", "ping", b"{}")

    started = _in_child(child)
    os.read(ready_read, 1)
    deliveries.store("parent-2", "ping", b"{}")
    database.close()
    os.write(go_on_write, b".")
    assert os.waitpid(started, 0)[1] == 0
    for end in (go_on_read, go_on_write, ready_read, ready_write):
        os.close(end)
    stored = sqlite3.connect(tmp_path / "records.db")
    names = {row[0] for row in stored.execute("SELECT id FROM deliveries")}
    stored.close()
    assert names == {"parent", "child-1", "parent-2", "child-2"}


def test_a_full_database_is_an_error_and_not_a_duplicate(tmp_path: Path) -> None:
    """The webhook must not answer "had that already" to what it could not store."""
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    database = open_database(url)
    deliveries = Deliveries(database)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes what it has now
    with pytest.raises(OperationalError, match="full"):
        deliveries.store("guid", "push", b"x" * 1_000_000)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert deliveries.store("guid", "push", b"x" * 1_000_000)
    database.close()


def test_a_postgres_that_restarted_costs_no_transaction(postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE DATABASE restarted")
    migrate(postgres_server.url("restarted"))
    database = open_database(postgres_server.url("restarted"))
    deliveries = Deliveries(database)
    assert deliveries.store("before", "ping", b"{}")
    postgres_server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    )
    assert deliveries.store("after", "ping", b"{}")
    database.close()
