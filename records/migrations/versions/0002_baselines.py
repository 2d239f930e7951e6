"""What checks said about base commits, kept so that the next task on one need not wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "baselines",
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("base_sha", "environment", "check", "outcome")
        ),
        sa.Column("measured_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint(
            "repository_id", "base_sha", "environment", "check", name="baselines_pk"
        ),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("baselines")
