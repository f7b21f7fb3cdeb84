"""What members chose, posts that stand, and cases that forget early."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing."""
    op.add_column("cases", sa.Column("forgets_early", sa.Boolean(), server_default=sa.text("false"), nullable=False))
