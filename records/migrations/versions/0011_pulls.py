"""What became of the bot's pull requests, and their switches."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; of what was merged before, nothing is known."""
    op.create_table(
        "pulls",
        sa.Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("fate_at", sa.Float(53), nullable=True),
        sa.Column("fate_by", sa.Text(), nullable=False),
        sa.Column("merge_sha", sa.Text(), nullable=False),
        sa.Column("autofix", sa.Boolean(), nullable=True),
    )
    op.create_index("pulls_by_merge", "pulls", ["repository_id", "merge_sha"])
    op.create_index("tasks_by_pull_request", "tasks", ["repository_id", "pull_request_number"])
    op.create_index("tasks_by_head", "tasks", ["repository_id", "head_sha"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("tasks_by_head", "tasks")
    op.drop_index("tasks_by_pull_request", "tasks")
    op.drop_table("pulls")
