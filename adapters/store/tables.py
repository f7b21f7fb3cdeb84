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
from core.model.case import Concern, Enforcement, FollowUp, Outcome, Reason, State
from core.model.finding import Category, Kind
from core.model.record import ActionState
from core.model.standing import PostKind

# Written out, not bound: an index on a condition serves only a query that names the very same one.
WHERE_OPEN = text("cases.state <> 'resolved'")
WHERE_RESOLVED = text("cases.state = 'resolved'")
WHERE_QUIET = text("cases.is_quiet")
WHERE_UNANSWERED = text("cases.state = 'waiting' AND cases.tier >= 5")
"""Everybody was called: `core.model.case.Tier.BANNER`."""
OPEN_IN_CHANNEL = text(
    "cases.state <> 'resolved'"
    " AND (cases.concern = 'raid' OR (cases.concern = 'crisis' AND cases.subject = cases.channel))"
)
"""Raids, and a crisis in copies of one message: what is about no single member."""
UPHELD_CONDUCT = text("cases.concern = 'conduct' AND cases.outcome = 'upheld'")
WHERE_PENDING = text("actions.state = 'pending'")
WHERE_NO_CARD = text("actions.kind NOT IN ('alert', 'digest', 'page', 'refresh_card', 'tell')")

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
"""Event keys that were decided; a keyed digest of each that may name a member."""

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
    Column("waiting_since", Moment),
    Column("target_at", Moment),
    Column("chain_at", Moment),
    Column("is_quiet", Boolean, nullable=False, server_default=text("false")),
    Column("holder", Text),
    Column("held_since", Moment),
    Column("lease_until", Moment),
    Column("second", Text),
    Column("second_asked_at", Moment),
    Column("snoozed_until", Moment),
    Column("tier", Integer, nullable=False),
    Column("outcome", Word(Outcome)),
    Column("reason", Word(Reason)),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("parent", Text),
    Column("held_until", Moment),
    Column("follow_up", Word(FollowUp)),
    Column("is_text_gone", Boolean, nullable=False, server_default=text("false")),
    Column("forgets_early", Boolean, nullable=False, server_default=text("false")),
    Column("urgency", Integer, nullable=False, server_default=text("0")),
    Index("ix_cases_community_concern_opened_at", "community", "concern", "opened_at"),
)
"""`urgency` orders open cases before anything else does, see `adapters.store.cases`."""
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
Index(
    "ix_cases_urgency",
    cases.c.community,
    cases.c.urgency,
    cases.c.target_at,
    sqlite_where=text("state <> 'resolved'"),
    postgresql_where=text("state <> 'resolved'"),
)
Index(
    "ix_cases_resolved",
    cases.c.community,
    cases.c.closed_at,
    sqlite_where=text("state = 'resolved'"),
    postgresql_where=text("state = 'resolved'"),
)
Index("ix_cases_quiet", cases.c.community, sqlite_where=text("is_quiet"), postgresql_where=text("is_quiet"))
Index(
    "ix_cases_holder",
    cases.c.community,
    cases.c.holder,
    sqlite_where=text("holder IS NOT NULL"),
    postgresql_where=text("holder IS NOT NULL"),
)
Index(
    "ix_cases_unanswered",
    cases.c.community,
    sqlite_where=text("state = 'waiting' AND tier >= 5"),
    postgresql_where=text("state = 'waiting' AND tier >= 5"),
)
Index(
    "ix_cases_follow_up",
    cases.c.community,
    sqlite_where=text("follow_up IS NOT NULL"),
    postgresql_where=text("follow_up IS NOT NULL"),
)
Index(
    "ix_cases_in_channel",
    cases.c.community,
    sqlite_where=text("state <> 'resolved' AND (concern = 'raid' OR (concern = 'crisis' AND subject = channel))"),
    postgresql_where=text("state <> 'resolved' AND (concern = 'raid' OR (concern = 'crisis' AND subject = channel))"),
)
Index(
    "ix_cases_parent",
    cases.c.community,
    cases.c.parent,
    sqlite_where=text("parent IS NOT NULL"),
    postgresql_where=text("parent IS NOT NULL"),
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
    Column("attachments", Integer, nullable=False, server_default=text("0")),
    Column("reporter", Text),
    Column("reported_at", Moment),
    UniqueConstraint(
        "case_id", "message_id", "revision", "category", "kind", "filter", "rule", name="uq_evidence_place"
    ),
    Index("ix_evidence_community_message_id", "community", "message_id"),
    sqlite_autoincrement=True,
)
"""`revision` is the wording, and for a report also whose it is: two members' reports are two."""
Index(
    "ix_evidence_reporter",
    evidence.c.community,
    evidence.c.reporter,
    sqlite_where=text("reporter IS NOT NULL"),
    postgresql_where=text("reporter IS NOT NULL"),
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
    Column("author", Text),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "message_id", "revision"),
    Index("ix_texts_community_author", "community", "author"),
    sqlite_autoincrement=True,
)
"""Messages that cases keep, sealed; `author` is a digest of who wrote it (`adapters.store.digests`)."""

notes = Table(
    "notes",
    metadata,
    Column("id", RISING, primary_key=True, autoincrement=True),
    Column("community", Text, nullable=False),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_notes_case_id", "case_id"),
    sqlite_autoincrement=True,
)
"""What a case's people wrote for each other, sealed whole under the key of the case's messages."""

duties = Table(
    "duties",
    metadata,
    Column("community", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    PrimaryKeyConstraint("community", "member"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("no_contact", Boolean, nullable=False),
    Column("no_crisis_screening", Boolean, nullable=False),
    Column("since", Moment),
)
"""What members chose, by a digest of community and member: it outlives their erasure and names nobody."""

standing = Table(
    "standing",
    metadata,
    Column("community", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Word(PostKind), nullable=False),
    Column("receipt", Text, nullable=False),
    Column("since", Moment, nullable=False),
    PrimaryKeyConstraint("community", "channel", "kind"),
)
"""Posts that stand in channels."""

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
    Column("after", Text, nullable=False, server_default=text("''")),
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
Index(
    "ix_actions_on",
    actions.c.community,
    actions.c.target,
    sqlite_where=text("kind NOT IN ('alert', 'digest', 'page', 'refresh_card', 'tell')"),
    postgresql_where=text("kind NOT IN ('alert', 'digest', 'page', 'refresh_card', 'tell')"),
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
    Column("author", Text),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Events that came in and are not yet decided, sealed; `author` is a digest of who wrote, reacted or joined."""
