"""When an action was ordered, so that it can be told how long the oldest one has been waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was ordered before, the last time it was touched is all that is known."""
    op.add_column("actions", sa.Column("ordered_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE actions SET ordered_at = updated_at")
