"""What Alembic runs to reach the database: the caller's connection, or alembic.ini's."""

from alembic import context
from sqlalchemy import Connection

from records.database import open_database
from records.schema import Row


def _run(connection: Connection) -> None:
    # transactional_ddl: SQLite can roll back a half-made schema, Alembic only does not expect it.
    context.configure(connection=connection, target_metadata=Row.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if isinstance(_given, Connection):
    _run(_given)
else:
    # `alembic -x url=…` goes before alembic.ini.
    _url = context.get_x_argument(as_dictionary=True).get("url")
    _database = open_database(_url or context.config.get_main_option("sqlalchemy.url") or "")
    with _database.writing() as _opened:
        _run(_opened)
    _database.close()
