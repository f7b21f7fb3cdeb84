"""Settling a database that was put back as a backup had it, at its first opening and in one transaction.

A backup carries a mark in `about`. Whoever opens a database with that mark, put there by `lightkeeper restore` or by
hand, erases again what was erased since, keeps what may have been done from being done again, and tells the audit.
What becomes of each thing is said in `core.desk.restored`.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, update

from adapters.store import tables
from adapters.store.audit import write_audit
from adapters.store.erasures import Erasure
from adapters.store.intake import make_late
from adapters.store.keys import Key
from adapters.store.outbox import write_actions
from adapters.store.reapplying import reapply
from adapters.store.tables import WHERE_OPEN, WHERE_PENDING
from adapters.store.transaction import Transaction
from core.desk.restored import LEAP, cards, state_after
from core.desk.units import MAX_UNDO
from core.model.action import ActionKind
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, CaseId, Concern
from core.model.message import CommunityId
from core.model.record import ActionState, AuditDraft

MARK = "backup_taken_at"
"""The name in `about` under which a backup says when it was taken."""

NOTE = "a backup was restored: it may have been carried out"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysLeft:
    """What today's key file says.

    Attributes:
        ids: Of every key that is there.
        hours: Keys of hours of intake, by id.
        erasures: The journal.
    """

    ids: Collection[str]
    hours: Mapping[str, Key]
    erasures: Collection[Erasure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What settling found and did.

    Attributes:
        taken_at: When the backup was taken.
        communities: How many communities' audits now tell of it.
        open_cases: Cases that are open again, or still.
        crisis_cases: Those of them that are about a crisis, gravest first.
        alerts_again: Alerts and calls that go out at the next start, perhaps a second time.
        unknown: Case and kind of each action that was due then and may have been carried out since.
        overdue_timers: Timers that fire at the next start.
        late_events: Events that wait to be screened, as late.
        lost_events: Events that nobody can open any more.
        texts: Messages that cases keep and can show.
        erased_texts: Messages that were erased or expired since the backup, and are gone again.
        keyless_texts: Messages whose key is missing though nothing says that it was destroyed.
    """

    taken_at: datetime
    communities: int
    open_cases: int
    crisis_cases: tuple[CaseId, ...]
    alerts_again: int
    unknown: tuple[tuple[CaseId, ActionKind], ...]
    overdue_timers: int
    late_events: int
    lost_events: int
    texts: int
    erased_texts: int
    keyless_texts: int


def mark_of(connection: Connection) -> datetime | None:
    """When the backup was taken that this database is and that nobody settled yet; None otherwise."""
    about = tables.about
    taken_at = connection.scalar(select(about.c.value).where(about.c.name == MARK))
    return datetime.fromisoformat(taken_at) if taken_at else None


def settle(transaction: Transaction, keys: KeysLeft, taken_at: datetime) -> Settled:
    """Do all of it and take the mark away."""
    connection, now = transaction.connection, transaction.clock.now()
    before = _count(connection, select(tables.texts.c.id))
    reapply(transaction, keys.erasures, keys.hours)
    kept = Counter(connection.execute(select(tables.texts.c.key_id)).scalars())
    keyless = sum(count for key_id, count in kept.items() if key_id not in keys.ids)
    late, lost = make_late(connection, keys.hours)
    unknown, theirs = _unsure(connection, now)
    unsure = {case_id for case_id, _ in unknown}
    cases = _leapt(connection, now - MAX_UNDO, unsure)
    actions = tables.actions.c
    anew = [card for case in cases for card in cards(case, now, has_unknown=case.id in unsure)]
    if anew:
        write_actions(transaction, anew)
    communities = _communities(connection)
    write_audit(transaction, [_draft(each, now, taken_at, theirs[each]) for each in communities])
    connection.execute(delete(tables.about).where(tables.about.c.name == MARK))
    in_crisis = [case for case in cases if case.is_open and case.concern is Concern.CRISIS]
    return Settled(
        taken_at=taken_at,
        communities=len(communities),
        open_cases=sum(case.is_open for case in cases),
        crisis_cases=tuple(case.id for case in sorted(in_crisis, key=lambda case: -case.level)),
        alerts_again=_count(
            connection, select(actions.seq).where(WHERE_PENDING, actions.kind != ActionKind.REFRESH_CARD)
        ),
        unknown=unknown,
        overdue_timers=_count(connection, select(tables.timers.c.key).where(tables.timers.c.due_at <= now)),
        late_events=late,
        lost_events=lost,
        texts=kept.total() - keyless,
        erased_texts=before - kept.total(),
        keyless_texts=keyless,
    )


def _unsure(
    connection: Connection, now: datetime
) -> tuple[tuple[tuple[CaseId, ActionKind], ...], Counter[CommunityId]]:
    """Give what was due the state in which it goes on; returns what became unknown, and how much of it each has."""
    table = tables.actions
    unsure = [kind for kind in ActionKind if state_after(kind, ActionState.PENDING) is ActionState.UNKNOWN]
    was_due = and_(table.c.state.in_((ActionState.PENDING, ActionState.CLAIMED)), table.c.kind.in_(unsure))
    found = select(table.c.case_id, table.c.kind, table.c.community).where(was_due).order_by(table.c.seq)
    rows = connection.execute(found).all()
    changed = {"state": ActionState.UNKNOWN, "note": NOTE, "due_at": None, "updated_at": now}
    connection.execute(update(table).where(was_due).values(changed))
    # What is left under way are cards.
    connection.execute(update(table).where(table.c.state == ActionState.CLAIMED).values(state=ActionState.PENDING))
    unknown = tuple((CaseId(row.case_id), row.kind) for row in rows)
    return unknown, Counter(CommunityId(row.community) for row in rows)


def _leapt(connection: Connection, since: datetime, unsure: Collection[CaseId]) -> list[Case]:
    """Move every case's numbers on; returns the cases whose cards have to follow."""
    table = tables.cases
    connection.execute(update(table).values(version=table.c.version + LEAP, turn=table.c.turn + LEAP))
    followed = or_(WHERE_OPEN, table.c.closed_at >= since, table.c.id.in_(unsure))
    rows = connection.execute(select(*(table.c[each.name] for each in fields(Case))).where(followed))
    return [Case(**row._mapping) for row in rows]  # noqa: SLF001 - public, by its documentation


def _communities(connection: Connection) -> list[CommunityId]:
    known = select(tables.audit_heads.c.community).union(select(tables.cases.c.community))
    return sorted(CommunityId(each) for each in connection.execute(known).scalars())


def _draft(community: CommunityId, now: datetime, taken_at: datetime, unknown: int) -> AuditDraft:
    facts = {"taken_at": taken_at.isoformat(), "unknown": str(unknown)}
    return AuditDraft(community=community, at=now, actor=LIGHTKEEPER, verb=AuditVerb.RESTORED, facts=facts)


def _count(connection: Connection, wanted: Select[Any]) -> int:
    return connection.scalar(select(func.count()).select_from(wanted.subquery())) or 0
