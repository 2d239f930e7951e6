"""How many attempts a task is worth, and a checkpoint for each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is on its way is one attempt, number 0."""
    number = sa.BigInteger()
    wanted = sa.Column("wanted_attempts", number, nullable=False, server_default="1")
    op.add_column("tasks", wanted)
    with op.batch_alter_table("checkpoints") as checkpoints:
        checkpoints.add_column(sa.Column("attempt", number, nullable=False, server_default="0"))
        checkpoints.drop_constraint("checkpoints_pk", type_="primary")
        checkpoints.create_primary_key("checkpoints_pk", ["task_id", "attempt"])


def downgrade() -> None:
    """Drop them, and the checkpoints that would be in each other's way."""
    op.execute("DELETE FROM checkpoints WHERE attempt > 0")
    with op.batch_alter_table("checkpoints") as checkpoints:
        checkpoints.drop_constraint("checkpoints_pk", type_="primary")
        checkpoints.create_primary_key("checkpoints_pk", ["task_id"])
        checkpoints.drop_column("attempt")
    op.drop_column("tasks", "wanted_attempts")
