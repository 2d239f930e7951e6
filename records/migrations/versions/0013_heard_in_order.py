"""When each remark was heard, since not every one has a comment's number to be sorted by."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time; what was heard before has none, and comes first."""
    column = sa.Column("heard_at", sa.Float(53), nullable=False, server_default="0")
    op.add_column("heard", column)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("heard", "heard_at")
