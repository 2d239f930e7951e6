"""The first tables: deliveries, tasks, actions, effects, checkpoints, named leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSE_SQLITE = """
CREATE TRIGGER actions_refuse_{verb} BEFORE {verb} ON actions
BEGIN SELECT RAISE(ABORT, 'the action log is append-only'); END
"""

_REFUSE_POSTGRESQL = """
CREATE FUNCTION refuse_to_change_actions() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the action log is append-only'; END $$
"""

_GUARD_ROWS_POSTGRESQL = """
CREATE TRIGGER actions_append_only BEFORE UPDATE OR DELETE ON actions
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_actions()
"""

_GUARD_TABLE_POSTGRESQL = """
CREATE TRIGGER actions_no_truncate BEFORE TRUNCATE ON actions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_actions()
"""


def upgrade() -> None:
    """Make the tables, their indexes and the guard of the action log."""
    _make_deliveries()
    _make_tasks()
    _make_actions()
    _make_the_rest()


def downgrade() -> None:
    """Drop all of it."""
    for table in ("actions", "checkpoints", "tasks", "deliveries", "effects", "named_leases"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_change_actions")


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[float]":
    return sa.Column(name, sa.Float(53), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        _text("id"),
        _text("event"),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        _time("received_at"),
        _text("state"),
        _text("outcome"),
        _time("handled_at", nullable=True),
        _number("attempts"),
        _time("held_until"),
        sa.PrimaryKeyConstraint("id", name="deliveries_pk"),
    )
    # Swept every two seconds: only what still waits is in this index.
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["received_at"],
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )


def _make_tasks() -> None:
    texts = "id semantic_key verb repository requester instruction issue state reason explanation"
    optional_texts = "base_sha base_branch head_sha branch pull_request_url evidence"
    numbers = "installation_id repository_id issue_number requester_id epoch attempts action_count"
    op.create_table(
        "tasks",
        *(_text(name) for name in f"{texts} owner progress summary title action_head".split()),
        *(_text(name, nullable=True) for name in f"{optional_texts} stop_requested_by".split()),
        *(_number(name) for name in numbers.split()),
        _number("trigger_comment_id", nullable=True),
        _number("status_comment_id", nullable=True),
        _number("pull_request_number", nullable=True),
        *(_time(name) for name in ("lease_expires_at", "queued_at", "created_at")),
        *(_time(name, nullable=True) for name in ("started_at", "ended_at")),
        sa.PrimaryKeyConstraint("id", name="tasks_pk"),
        sa.UniqueConstraint("semantic_key", name="tasks_semantic_key"),
    )
    op.create_index("tasks_of_issue", "tasks", ["repository_id", "issue_number", "created_at"])
    op.create_index("tasks_by_age", "tasks", ["created_at"])
    op.create_index(
        "tasks_not_ended",
        "tasks",
        ["state"],
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    # One task at a time on an issue, whoever asks in the same instant.
    live = "state IN ('queued', 'running', 'waiting')"
    op.create_index(
        "tasks_one_live_on_issue",
        "tasks",
        ["repository_id", "issue_number"],
        unique=True,
        sqlite_where=sa.text(live),
        postgresql_where=sa.text(live),
    )


def _make_actions() -> None:
    op.create_table(
        "actions",
        _text("task_id"),
        _number("number"),
        _text("kind"),
        _time("at"),
        _text("content"),
        _text("previous"),
        _text("hash"),
        sa.PrimaryKeyConstraint("task_id", "number", name="actions_pk"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="actions_task"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_REFUSE_SQLITE.format(verb="UPDATE"))
        op.execute(_REFUSE_SQLITE.format(verb="DELETE"))
    else:
        op.execute(_REFUSE_POSTGRESQL)
        op.execute(_GUARD_ROWS_POSTGRESQL)
        op.execute(_GUARD_TABLE_POSTGRESQL)


def _make_the_rest() -> None:
    op.create_table(
        "effects",
        *(_text(name) for name in ("scope", "key", "state", "attempt")),
        _number("attempts"),
        _time("began_at"),
        _time("done_at", nullable=True),
        _text("result", nullable=True),
        sa.PrimaryKeyConstraint("scope", "key", name="effects_pk"),
    )
    op.create_table(
        "checkpoints",
        _text("task_id"),
        _number("action_number"),
        _text("base_sha"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _time("saved_at"),
        sa.PrimaryKeyConstraint("task_id", name="checkpoints_pk"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="checkpoints_task"),
    )
    op.create_table(
        "named_leases",
        _text("name"),
        _text("owner"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("name", name="named_leases_pk"),
    )
