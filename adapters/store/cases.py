"""Cases and their evidence: writing them, and reading one for its community."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields

from sqlalchemy import Row, Select, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.codec import revision
from adapters.store.engine import adding
from adapters.store.transaction import Rejected, Transaction
from core.errors import GaveUp
from core.model.case import Case, CaseId, Concern, Evidence, State
from core.model.message import CommunityId, MessageId
from core.model.record import CaseWrite, Committed

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
    row["urgency"] = urgency(write.case)
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


def urgency(case: Case) -> int:
    """The place of an open case in the queue, least first; those of one place are ordered by their targets.

    Grave crisis cases come by level, then all others; those without a target after their like, sleeping ones last.
    """
    grave = case.level if case.concern is Concern.CRISIS and case.is_severe else 0
    return 1000 * (case.state is State.SNOOZED) - 10 * grave + (case.target_at is None)


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
    """Add evidence; the same finding of the same wording in a case is replaced, such as when its message goes.

    What two members reported are two findings.
    """
    rows = [
        {
            "community": known[each.case_id],
            "revision": _revision(each),
            **{column.name: getattr(each, column.name) for column in _EVIDENCE},
        }
        for each in evidence
    ]
    replacing = adding(transaction.connection, tables.evidence, at=_PLACE, replacing=_REPLACED)
    transaction.connection.execute(replacing, rows)


def drop_evidence(transaction: Transaction, case_ids: Collection[CaseId]) -> None:
    """Nothing is known any more of what was found for these cases."""
    transaction.connection.execute(delete(tables.evidence).where(tables.evidence.c.case_id.in_(case_ids)))


async def one(connection: AsyncConnection, community: CommunityId, case_id: CaseId) -> Case | None:
    """The case, where it is this community's."""
    row = (await connection.execute(cases_of(community).where(tables.cases.c.id == case_id))).first()
    return case_of(row) if row else None


async def evidence_of(connection: AsyncConnection, community: CommunityId, case_id: CaseId) -> list[Evidence]:
    """The evidence, oldest first."""
    return await evidence_in(connection, community, (case_id,))


async def evidence_in(
    connection: AsyncConnection, community: CommunityId, case_ids: Collection[CaseId]
) -> list[Evidence]:
    """The evidence of several cases, oldest first."""
    table = tables.evidence
    wanted = (
        select(*_EVIDENCE)
        .where(table.c.community == community, table.c.case_id.in_(case_ids))
        .order_by(table.c.sent_at, table.c.id)
    )
    return [Evidence(**row._mapping) for row in await connection.execute(wanted)]  # noqa: SLF001 - public, by its docs


async def with_message(connection: AsyncConnection, community: CommunityId, message_id: MessageId) -> list[Case]:
    """The cases that hold evidence of this message, oldest first."""
    holding = select(tables.evidence.c.case_id).where(
        tables.evidence.c.community == community, tables.evidence.c.message_id == message_id
    )
    wanted = cases_of(community).where(tables.cases.c.id.in_(holding))
    return [case_of(row) for row in await connection.execute(wanted.order_by(tables.cases.c.opened_at))]


def cases_of(community: CommunityId) -> Select[tuple[object, ...]]:
    """A selection of every case of one community, for `case_of`."""
    return select(*_CASE).where(tables.cases.c.community == community)


def case_of(row: Row[tuple[object, ...]]) -> Case:
    """The case that a row of `cases_of` holds."""
    return Case(**row._mapping)  # noqa: SLF001 - public, by its documentation


def _revision(evidence: Evidence) -> str:
    wording = revision(evidence.edited_at)
    return wording if evidence.reporter is None else f"{wording} by {evidence.reporter}"
