"""What an agent can honestly answer is a state of its own, no longer the reason of a failure."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ANSWERS = ("no_change_needed", "cannot_reproduce", "needs_information")
_tasks = sa.table("tasks", sa.column("state", sa.Text()), sa.column("reason", sa.Text()))


def upgrade() -> None:
    """Move the answers from the reason to the state."""
    answered = (_tasks.c.state == "failed") & _tasks.c.reason.in_(_ANSWERS)
    op.execute(_tasks.update().where(answered).values(state=_tasks.c.reason, reason=""))


def downgrade() -> None:
    """Move them back; what was partial has succeeded, as it was told before."""
    answered = _tasks.c.state.in_(_ANSWERS)
    op.execute(_tasks.update().where(answered).values(state="failed", reason=_tasks.c.state))
    partial = _tasks.c.state == "partial"
    op.execute(_tasks.update().where(partial).values(state="succeeded", reason=""))
