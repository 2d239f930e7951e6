"""What tasks wait for from people, what steers them, and work that nobody wants kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns; what was heard so far steers nothing."""
    op.create_table(
        "waits",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(53), nullable=False),
        sa.Column("deadline", sa.Float(53)),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Float(53)),
        sa.PrimaryKeyConstraint("task_id", "number", name="waits_pk"),
        sa.UniqueConstraint("task_id", "key", name="waits_key"),
    )
    no = sa.false()
    op.add_column("tasks", sa.Column("discards", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("heard", sa.Column("steers", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("heard", sa.Column("taken_at", sa.BigInteger()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("heard", "taken_at")
    op.drop_column("heard", "steers")
    op.drop_column("tasks", "discards")
    op.drop_table("waits")
