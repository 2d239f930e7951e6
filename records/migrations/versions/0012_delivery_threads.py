"""Which thread a delivery that was put off is about, so that later ones wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what waits now is in nobody's way."""
    column = sa.Column("thread", sa.Text(), nullable=False, server_default="")
    op.add_column("deliveries", column)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("deliveries", "thread")
