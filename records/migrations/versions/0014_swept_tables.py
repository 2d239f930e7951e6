"""Indexes for what the clock looks at again and again, and for what a repository uses in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LIVE = "state IN ('queued', 'running', 'waiting')"
_BEFORE = "state IN ('queued', 'running')"


def upgrade() -> None:
    """Let the index of live tasks hold those that wait too, and index open waits by deadline."""
    op.drop_index("tasks_not_ended", "tasks")
    _partial("tasks_not_ended", "tasks", "state", _LIVE)
    _partial("waits_open", "waits", "deadline", "answered_at IS NULL")
    op.create_index("tasks_of_repository", "tasks", ["repository_id", "created_at"])


def downgrade() -> None:
    """Bring back what there was."""
    op.drop_index("tasks_of_repository", "tasks")
    op.drop_index("waits_open", "waits")
    op.drop_index("tasks_not_ended", "tasks")
    _partial("tasks_not_ended", "tasks", "state", _BEFORE)


def _partial(name: str, table: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)
