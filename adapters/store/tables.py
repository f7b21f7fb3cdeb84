"""Every table there is. Columns bear the names of the dataclass fields they keep.

No table keeps what somebody said outside a `sealed` column, and none keeps anything about a person beyond the cases
they are the subject of.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from adapters.store.columns import RISING, Facts, Moment, Spans, Word
from core.model.action import ActionKind
from core.model.case import Concern, Enforcement, Outcome, State
from core.model.finding import Category, Kind
from core.model.record import ActionState

# Written out, not bound: an index on a condition serves only a query that names the very same one.
WHERE_OPEN = text("cases.state <> 'resolved'")
UPHELD_CONDUCT = text("cases.concern = 'conduct' AND cases.outcome = 'upheld'")
WHERE_PENDING = text("actions.state = 'pending'")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about this database, such as the fingerprint of its master key."""

done = Table(
    "done",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ix_done_at", "at"),
    sqlite_with_rowid=False,
)
"""Event keys that were decided."""

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("community", Text, nullable=False),
    Column("concern", Word(Concern), nullable=False),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("category", Word(Category), nullable=False),
    Column("kind", Word(Kind), nullable=False),
    Column("level", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("state", Word(State), nullable=False),
    Column("messages", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("holder", Text),
    Column("held_since", Moment),
    Column("lease_until", Moment),
    Column("snoozed_until", Moment),
    Column("tier", Integer, nullable=False),
    Column("outcome", Word(Outcome)),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("is_text_gone", Boolean, nullable=False, server_default=text("false")),
    Index("ix_cases_community_state", "community", "state"),
)
Index(
    "uq_cases_open_place",
    cases.c.community,
    cases.c.subject,
    cases.c.concern,
    unique=True,
    sqlite_where=text("state <> 'resolved'"),
    postgresql_where=text("state <> 'resolved'"),
)
Index(
    "ix_cases_upheld",
    cases.c.community,
    cases.c.subject,
    cases.c.closed_at,
    sqlite_where=text("concern = 'conduct' AND outcome = 'upheld'"),
    postgresql_where=text("concern = 'conduct' AND outcome = 'upheld'"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", RISING, primary_key=True, autoincrement=True),
    Column("community", Text, nullable=False),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("category", Word(Category), nullable=False),
    Column("kind", Word(Kind), nullable=False),
    Column("level", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("filter", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("spans", Spans, nullable=False),
    Column("target", Text),
    Column("link", Text),
    Column("edited_at", Moment),
    Column("revision", Text, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("deleted_at", Moment),
    UniqueConstraint(
        "case_id", "message_id", "revision", "category", "kind", "filter", "rule", name="uq_evidence_place"
    ),
    Index("ix_evidence_community_message_id", "community", "message_id"),
    sqlite_autoincrement=True,
)

texts = Table(
    "texts",
    metadata,
    Column("id", RISING, primary_key=True, autoincrement=True),
    Column("community", Text, nullable=False),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("is_context", Boolean, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "message_id", "revision"),
    sqlite_autoincrement=True,
)
"""Messages that cases keep, sealed."""

doomed_keys = Table("doomed_keys", metadata, Column("key_id", Text, primary_key=True))
"""Keys whose destruction was committed and not yet seen to be done."""

actions = Table(
    "actions",
    metadata,
    Column("seq", RISING, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("community", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Word(ActionKind), nullable=False),
    Column("lane", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("channel", Text),
    Column("until", Moment),
    Column("enforcement", Word(Enforcement), nullable=False),
    Column("supersedes", Boolean, nullable=False),
    Column("due_at", Moment),
    Column("params", Facts, nullable=False),
    Column("state", Word(ActionState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("updated_at", Moment),
    Column("ordered_at", Moment),
    Index("ix_actions_case_id", "case_id"),
    sqlite_autoincrement=True,
)
"""The outbox; `lane` is the place in `core.model.action.LANES`."""
Index(
    "ix_actions_waiting",
    actions.c.lane,
    actions.c.seq,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

timers = Table(
    "timers",
    metadata,
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("community", Text),
    PrimaryKeyConstraint("kind", "key"),
    Index("ix_timers_due_at", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("community", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("case_id", Text),
    Column("member_ref", Text, nullable=False),
    Column("facts", Facts, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("community", "number"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("community", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)
"""The newest entry of each chain: a lock for writers, and what shows that entries were cut off the end."""

intake = Table(
    "intake",
    metadata,
    Column("seq", RISING, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("community", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Events that came in and are not yet decided, sealed."""
