"""When somebody should have a case and who was called; notes, duties, reports, and actions that wait for another."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RISING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_NEW_COLUMNS = {
    "cases": (
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("target_at", sa.BigInteger(), nullable=True),
        sa.Column("chain_at", sa.BigInteger(), nullable=True),
        sa.Column("is_quiet", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("second", sa.Text(), nullable=True),
        sa.Column("second_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("follow_up", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ),
    "evidence": (
        sa.Column("attachments", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
    ),
    "actions": (sa.Column("after", sa.Text(), server_default=sa.text("''"), nullable=False),),
}

_INDEXES = (
    ("ix_cases_community_concern_opened_at", "cases", ["community", "concern", "opened_at"], None),
    ("ix_cases_urgency", "cases", ["community", "urgency", "target_at"], "state <> 'resolved'"),
    ("ix_cases_resolved", "cases", ["community", "closed_at"], "state = 'resolved'"),
    ("ix_cases_quiet", "cases", ["community"], "is_quiet"),
    ("ix_cases_holder", "cases", ["community", "holder"], "holder IS NOT NULL"),
    ("ix_cases_unanswered", "cases", ["community"], "state = 'waiting' AND tier >= 5"),
    ("ix_cases_follow_up", "cases", ["community"], "follow_up IS NOT NULL"),
    (
        "ix_cases_in_channel",
        "cases",
        ["community"],
        "state <> 'resolved' AND (concern = 'raid' OR (concern = 'crisis' AND subject = channel))",
    ),
    ("ix_cases_parent", "cases", ["community", "parent"], "parent IS NOT NULL"),
    ("ix_evidence_reporter", "evidence", ["community", "reporter"], "reporter IS NOT NULL"),
    (
        "ix_actions_on",
        "actions",
        ["community", "target"],
        "kind NOT IN ('alert', 'digest', 'page', 'refresh_card', 'tell')",
    ),
)

_TIERS = "UPDATE cases SET tier = CASE tier WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 4 END"
"""A tier was how often people had asked for more; now it says who was called. None begins at the chain's end."""

_OPEN_CASES = """
UPDATE cases SET
    target_at = opened_at,
    urgency = CASE WHEN state = 'snoozed' THEN 1000 ELSE 0 END
        - CASE WHEN concern = 'crisis' AND level >= 3 THEN 10 * level ELSE 0 END
WHERE state <> 'resolved'
"""

_WAITING_CASES = "UPDATE cases SET waiting_since = updated_at, chain_at = :now WHERE state = 'waiting'"

_THEIR_CALLS = """
INSERT INTO timers (kind, key, due_at, community)
SELECT 'chain', id, :now, community FROM cases WHERE state = 'waiting'
"""

_THEIR_ENDS = """
INSERT INTO timers (kind, key, due_at, community)
SELECT 'action_ends', key, until, community FROM actions
WHERE until > :now AND enforcement = 'live' AND state IN ('pending', 'claimed', 'done', 'unknown')
    AND kind IN ('timeout', 'ban', 'slow_mode', 'lock')
"""

_LETTING_GO = """
INSERT INTO timers (kind, key, due_at, community)
SELECT 'forget', id,
    CASE WHEN closed_at + :fortnight > :now THEN closed_at + :fortnight
    ELSE :now + :second * ROW_NUMBER() OVER (ORDER BY closed_at) END,
    community
FROM cases WHERE concern = 'crisis' AND state = 'resolved' AND closed_at IS NOT NULL
"""
"""What should have been long ago comes one by one: thousands at once would hold up calls for help that are due now."""


def upgrade() -> None:
    """Add what is missing; cases that wait already are called out from now on, and what ends or is forgotten does."""
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "notes",
        sa.Column("id", _RISING, autoincrement=True, nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notes_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_case_id", "notes", ["case_id"], unique=False)
    op.create_table(
        "duties",
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("community", "member", name=op.f("pk_duties")),
    )
    op.drop_index("ix_cases_community_state", "cases")
    for name, indexed, places, condition in _INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, indexed, places, unique=False, sqlite_where=where, postgresql_where=where)
    now = (context.config.attributes["now"] - _EPOCH) // _MICROSECOND
    moments = {
        "now": now,
        "second": timedelta(seconds=1) // _MICROSECOND,
        "fortnight": timedelta(days=14) // _MICROSECOND,
    }
    op.execute(_TIERS)
    op.execute(_OPEN_CASES)
    for statement in (_WAITING_CASES, _THEIR_CALLS, _THEIR_ENDS, _LETTING_GO):
        asked = [sa.bindparam(name, at, sa.BigInteger()) for name, at in moments.items() if f":{name}" in statement]
        op.execute(sa.text(statement).bindparams(*asked))
