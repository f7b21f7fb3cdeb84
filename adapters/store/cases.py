"""Cases and their evidence: writing them, reading them for one community, and the little that decisions may know.

Nothing here finds a closed crisis case by person (promise 7): by person only open cases and upheld conduct are read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, bindparam, case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.codec import revision
from adapters.store.engine import adding
from adapters.store.tables import UPHELD_CONDUCT, WHERE_OPEN
from adapters.store.transaction import Rejected, Transaction
from core.errors import GaveUp
from core.flow.history import History
from core.model.case import Case, CaseId, Concern, Evidence, State
from core.model.message import CommunityId, MessageId
from core.model.record import CaseWrite, Committed
from core.ports import Past

UPHELD_FOR = timedelta(days=90)
"""How long an upheld conduct case counts."""

_CASE = [tables.cases.c[each.name] for each in fields(Case)]
_EVIDENCE = [tables.evidence.c[each.name] for each in fields(Evidence)]
_PLACE = ("case_id", "message_id", "revision", "category", "kind", "filter", "rule")
_REPLACED = tuple(column.name for column in _EVIDENCE if column.name not in _PLACE)
_CHANGE = update(tables.cases).where(
    tables.cases.c.id == bindparam("this"),
    tables.cases.c.community == bindparam("here"),
    tables.cases.c.version == bindparam("expected"),
)


def write_case(transaction: Transaction, write: CaseWrite) -> None:
    """Put `write` in place. Raises: `Rejected` (STALE) for another version or a taken open place."""
    connection = transaction.connection
    row = {column.name: getattr(write.case, column.name) for column in _CASE}
    if write.expected_version == 0:
        written = connection.execute(adding(connection, tables.cases), row)
    else:
        same = {"this": write.case.id, "here": write.case.community, "expected": write.expected_version}
        try:
            written = connection.execute(_CHANGE, {**row, **same})
        except IntegrityError:
            raise Rejected(Committed.STALE) from None
    if written.rowcount != 1:
        raise Rejected(Committed.STALE)


def communities(
    transaction: Transaction, case_ids: Collection[CaseId], writes: Sequence[CaseWrite]
) -> Mapping[CaseId, CommunityId]:
    """The community of each case. Raises: `GaveUp` for one that does not exist."""
    known = {write.case.id: write.case.community for write in writes}
    unknown = set(case_ids) - known.keys()
    if unknown:
        table = tables.cases
        found = transaction.connection.execute(select(table.c.id, table.c.community).where(table.c.id.in_(unknown)))
        known |= {CaseId(row.id): CommunityId(row.community) for row in found}
    if not known.keys() >= set(case_ids):
        raise GaveUp(reason="evidence or text names a case that does not exist")
    return known


def write_evidence(transaction: Transaction, evidence: Sequence[Evidence], known: Mapping[CaseId, CommunityId]) -> None:
    """Add evidence; the same finding of the same wording in a case is replaced, such as when its message goes."""
    rows = [
        {
            "community": known[each.case_id],
            "revision": revision(each.edited_at),
            **{column.name: getattr(each, column.name) for column in _EVIDENCE},
        }
        for each in evidence
    ]
    replacing = adding(transaction.connection, tables.evidence, at=_PLACE, replacing=_REPLACED)
    transaction.connection.execute(replacing, rows)


async def one(connection: AsyncConnection, community: CommunityId, case_id: CaseId) -> Case | None:
    """The case, where it is this community's."""
    row = (await connection.execute(_cases_of(community).where(tables.cases.c.id == case_id))).first()
    return _case(row) if row else None


async def in_states(
    connection: AsyncConnection,
    community: CommunityId,
    states: Collection[State],
    limit: int,
    before: datetime | None,
) -> list[Case]:
    """Open ones by level and age, then resolved ones from the newest; `before` is when opened, or closed."""
    table = tables.cases
    wanted = _cases_of(community).where(table.c.state.in_(states))
    if before is not None:
        wanted = wanted.where(func.coalesce(table.c.closed_at, table.c.opened_at) < before)
    is_closed = table.c.state == State.RESOLVED
    order = (
        is_closed,
        case((is_closed, 0), else_=-table.c.level),
        case((is_closed, 0), (table.c.concern == Concern.CRISIS, 0), else_=1),
        table.c.closed_at.desc(),
        table.c.opened_at,
        table.c.id,
    )
    return [_case(row) for row in await connection.execute(wanted.order_by(*order).limit(limit))]


async def evidence_of(connection: AsyncConnection, community: CommunityId, case_id: CaseId) -> list[Evidence]:
    """The evidence, oldest first."""
    table = tables.evidence
    wanted = (
        select(*_EVIDENCE)
        .where(table.c.community == community, table.c.case_id == case_id)
        .order_by(table.c.sent_at, table.c.id)
    )
    return [Evidence(**row._mapping) for row in await connection.execute(wanted)]  # noqa: SLF001 - public, by its docs


async def with_message(connection: AsyncConnection, community: CommunityId, message_id: MessageId) -> list[Case]:
    """The cases that hold evidence of this message, oldest first."""
    holding = select(tables.evidence.c.case_id).where(
        tables.evidence.c.community == community, tables.evidence.c.message_id == message_id
    )
    wanted = _cases_of(community).where(tables.cases.c.id.in_(holding))
    return [_case(row) for row in await connection.execute(wanted.order_by(tables.cases.c.opened_at))]


async def histories(connection: AsyncConnection, pasts: Sequence[Past], now: datetime) -> list[History]:
    """What decide() may know of each past, in order."""
    by_community: dict[CommunityId, list[Past]] = defaultdict(list)
    for past in pasts:
        by_community[past.community].append(past)
    found: dict[Past, History] = {}
    for community, theirs in by_community.items():
        found |= await _histories(connection, community, theirs, now)
    return [found[past] for past in pasts]


async def _histories(
    connection: AsyncConnection, community: CommunityId, pasts: Sequence[Past], now: datetime
) -> dict[Past, History]:
    table, evidence = tables.cases, tables.evidence
    authors = {past.author for past in pasts}
    subjects = table.c.subject.in_(authors | {past.channel for past in pasts})
    about: dict[str, dict[Concern, Case]] = defaultdict(dict)
    for row in await connection.execute(_cases_of(community).where(WHERE_OPEN, subjects)):
        found = _case(row)
        about[found.subject][found.concern] = found

    upheld_recently = (
        select(table.c.subject, func.count().label("times"))
        .where(table.c.community == community, UPHELD_CONDUCT, table.c.subject.in_(authors))
        .where(table.c.closed_at > now - UPHELD_FOR)
        .group_by(table.c.subject)
    )
    upheld: dict[str, int] = {row.subject: row.times for row in await connection.execute(upheld_recently)}

    already = (
        select(evidence.c.message_id, table.c.concern, func.max(evidence.c.level))
        .join(table, table.c.id == evidence.c.case_id)
        .where(evidence.c.community == community, evidence.c.message_id.in_({past.message_id for past in pasts}))
        .group_by(evidence.c.message_id, table.c.concern)
    )
    alerted: dict[str, dict[Concern, int]] = defaultdict(dict)
    for message_id, concern, level in await connection.execute(already):
        alerted[message_id][concern] = level

    return {
        past: History(
            open_cases={concern: case for concern, case in about[past.author].items() if concern is not Concern.RAID},
            raid=about[past.channel].get(Concern.RAID),
            alerted=alerted[past.message_id],
            upheld=upheld.get(past.author, 0),
        )
        for past in pasts
    }


def _cases_of(community: CommunityId) -> Select[tuple[object, ...]]:
    return select(*_CASE).where(tables.cases.c.community == community)


def _case(row: Row[tuple[object, ...]]) -> Case:
    return Case(**row._mapping)  # noqa: SLF001 - public, by its documentation
