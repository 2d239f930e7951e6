"""What a verb was given beside its words."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is on its way was given nothing."""
    op.add_column("tasks", sa.Column("brief", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("tasks", "brief")
