"""The comments in which something was refused, since they are folded away after a week."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "refusals",
        sa.Column("comment_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("fold_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", name="refusals_pk"),
    )
    op.create_index("refusals_by_time", "refusals", ["fold_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("refusals")
