"""What members chose, posts that stand, whose sealed rows are whose, and closed cases that forget in time."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_LETTING_GO = """
INSERT INTO timers (kind, key, due_at, community)
SELECT 'forget', id,
    CASE WHEN closed_at + :quarter > :now THEN closed_at + :quarter
    ELSE :now + :second * ROW_NUMBER() OVER (ORDER BY closed_at) END,
    community
FROM cases WHERE concern <> 'crisis' AND state = 'resolved' AND closed_at IS NOT NULL
"""
"""What should have been long ago comes one by one: thousands at once would hold up calls for help that are due now."""

_KEYS_WITH_MEMBERS = ("%:joined:%", "%:reaction-%", "report:%")
"""From now on such keys are digests, which these could not be found by."""


def upgrade() -> None:
    """Add what is missing; whose the sealed rows are that are there is found out where there are keys to open them."""
    op.add_column("cases", sa.Column("forgets_early", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("texts", sa.Column("author", sa.Text(), nullable=True))
    op.create_index("ix_texts_community_author", "texts", ["community", "author"], unique=False)
    op.add_column("intake", sa.Column("author", sa.Text(), nullable=True))
    op.create_table(
        "preferences",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("no_contact", sa.Boolean(), nullable=False),
        sa.Column("no_crisis_screening", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_preferences")),
    )
    op.create_table(
        "standing",
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("community", "channel", "kind", name=op.f("pk_standing")),
    )
    moments = {
        "now": (context.config.attributes["now"] - _EPOCH) // _MICROSECOND,
        "second": timedelta(seconds=1) // _MICROSECOND,
        "quarter": timedelta(days=90) // _MICROSECOND,
    }
    asked = [sa.bindparam(name, at, sa.BigInteger()) for name, at in moments.items()]
    op.execute(sa.text(_LETTING_GO).bindparams(*asked))
    done = sa.table("done", sa.column("key", sa.Text()))
    for pattern in _KEYS_WITH_MEMBERS:
        op.execute(sa.delete(done).where(done.c.key.like(pattern)))
