"""The moments of writes to GitHub, and the tables of several tasks that were asked for at once."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "paces",
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("silent_until", sa.Float(53), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name="paces_pk"),
    )
    op.create_table(
        "writes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("id", name="writes_pk"),
    )
    op.create_index("writes_of_installation", "writes", ["installation_id", "at"])
    op.create_index("writes_by_age", "writes", ["at"])
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("comment_id", sa.BigInteger()),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="batches_pk"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("batches", "writes", "paces"):
        op.drop_table(table)
