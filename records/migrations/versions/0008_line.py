"""The line of a thread: several tasks may wait in it, one is at work."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LIVE = "state IN ('queued', 'running', 'waiting')"
_AT_WORK = "state IN ('running', 'waiting')"


def upgrade() -> None:
    """Let tasks wait in line, and no two of a thread be at work."""
    op.drop_index("tasks_one_live_on_issue", "tasks")
    _one_each("tasks_one_at_work_in_thread", _AT_WORK)


def downgrade() -> None:
    """Let a thread have one live task; those that wait behind another are stopped for that."""
    op.drop_index("tasks_one_at_work_in_thread", "tasks")
    op.execute(
        "UPDATE tasks SET state = 'stopped', reason = 'stopped' WHERE state = 'queued' AND EXISTS "
        "(SELECT 1 FROM tasks AS other WHERE other.repository_id = tasks.repository_id "
        "AND other.issue_number = tasks.issue_number AND other.id <> tasks.id "
        "AND (other.state IN ('running', 'waiting') OR (other.state = 'queued' "
        "AND (other.created_at, other.id) < (tasks.created_at, tasks.id))))"
    )
    _one_each("tasks_one_live_on_issue", _LIVE)


def _one_each(name: str, states: str) -> None:
    op.create_index(
        name,
        "tasks",
        ["repository_id", "issue_number"],
        unique=True,
        sqlite_where=sa.text(states),
        postgresql_where=sa.text(states),
    )
