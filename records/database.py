"""Opens the database, SQLite or PostgreSQL, keeps its schema new, gives out transactions."""

import hashlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url

_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_S = 30.0
_WRITING = "patchbay_writing"
_MIGRATION_LOCK = 0x70617463  # any number that no other user of the same database picks


class Database:
    """One database, for all threads of a process; `open_database` makes it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITING: True})
        is_sqlite = engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[None] = _Turn() if is_sqlite else nullcontext()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on an error."""
        with self._turn, self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads, and sees one moment."""
        with self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close the idle connections; the next transaction opens a new one."""
        self._engine.dispose()


class _Turn:
    """Lets the threads of a process write one after the other.

    SQLite has one writer at a time, and whoever finds it busy sleeps for longer and longer: with
    threads that wait for each other here, twice as many writes get through.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # A thread of the parent may have held it in the moment of the fork.
        os.register_at_fork(after_in_child=self._renew)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.RLock()


def open_database(url: str) -> Database:
    """Open the database at `url`: `sqlite:////path/file.db`, `postgresql://…` or `postgres://…`."""
    address = database_address(url)
    if address.get_backend_name() == "sqlite":
        engine = _sqlite_engine(address)
    else:
        engine = create_engine(
            address,
            pool_pre_ping=True,  # a restarted server costs one more round trip, not a failed task
            pool_size=5,
            max_overflow=20,
            connect_args={"connect_timeout": 5, "options": "-c lock_timeout=30s"},
        )
    _keep_connections_from_children(engine)
    return Database(engine)


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest schema; does nothing if it is there already."""
    database = open_database(url)
    address = database_address(url)
    if address.get_backend_name() == "sqlite":
        _turn_on_wal(str(address.database))
    try:
        with database.writing() as connection:
            _wait_for_turn(connection)
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()


def schema_of(url: str) -> tuple[str | None, str]:
    """Return the schema that the database at `url` has, if there is one, and the newest."""
    newest = str(ScriptDirectory(str(_MIGRATIONS)).get_current_head())
    address = database_address(url)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists():
        return None, newest
    database = open_database(url)
    try:
        with database.reading() as connection:
            return MigrationContext.configure(connection).get_current_revision(), newest
    finally:
        database.close()


def database_address(url: str) -> URL:
    """Read a database URL, with the driver we use, or say what is wrong with it."""
    address = make_url(url)
    match address.get_backend_name():
        case "sqlite":
            if not address.database or ":memory:" in address.database:
                raise ValueError("DATABASE_URL must name a file: sqlite:////path/to/patchbay.db")
            return address.set(drivername="sqlite")
        case "postgres" | "postgresql":
            return address.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"DATABASE_URL must begin with sqlite or postgresql, not {other}")


def _wait_for_turn(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE has waited already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})


def one_at_a_time(connection: Connection, name: str) -> None:
    """Let other transactions that give the same name wait until this one, which writes, is over."""
    # SQLite's BEGIN IMMEDIATE has waited already.
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(name.encode()).digest()
        lock = int.from_bytes(digest[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _turn_on_wal(path: str) -> None:
    """Switch the file to write-ahead logging.

    The switch answers "locked" at once when another process does the same, busy timeout or not,
    so it is asked again until its turn comes.
    """
    deadline = time.monotonic() + _BUSY_S
    while True:
        connection = sqlite3.connect(path, timeout=_BUSY_S)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()


def _sqlite_engine(address: URL) -> Engine:
    assert address.database  # noqa: S101 - database_address has looked
    # SQLite makes the file, never the folder; what is in it may come from private repositories.
    path = Path(address.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        address,
        pool_size=5,
        max_overflow=20,
        connect_args={"timeout": _BUSY_S, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL is a property of the file and is set by `migrate`; these belong to the connection.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer: SQLite
    # refuses it at once, whatever the busy timeout. So whoever may write says so at the start.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _keep_connections_from_children(engine: Engine) -> None:
    """Leave no open connection to a forked child.

    SQLite counts its file locks per process in memory, which a fork copies while the locks
    themselves stay with the parent; PostgreSQL's socket would carry two conversations.
    """
    known = weakref.ref(engine)

    def before() -> None:
        if engine := known():
            engine.dispose()

    def in_child() -> None:
        if engine := known():
            engine.dispose(close=False)

    os.register_at_fork(before=before, after_in_child=in_child)
