"""The audit: one hash chain for each community, only ever added to, naming members by a per-case reference."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.chain import START, chained, is_next
from adapters.store.engine import adding
from adapters.store.erasures import REFERENCE_SCOPE
from adapters.store.sealing import reference
from adapters.store.transaction import Transaction
from core.model.case import CaseId
from core.model.message import CommunityId
from core.model.record import AuditDraft, AuditEntry

_PAGE = 1000

_heads = tables.audit_heads
_HEAD = select(_heads.c.number, _heads.c.hash).where(_heads.c.community == bindparam("of")).with_for_update()
_ADD = insert(tables.audit)
_MOVE_HEAD = update(_heads).where(_heads.c.community == bindparam("of"))


def reference_scope(community: CommunityId, case_id: CaseId | None) -> str:
    """The scope of the key that names members; it outlives the case's text and dies only by erasure."""
    return f"{REFERENCE_SCOPE}{case_id}" if case_id else f"{REFERENCE_SCOPE}of:{community}"


def write_audit(transaction: Transaction, drafts: Sequence[AuditDraft]) -> None:
    """Chain entries to their communities' ends, in order."""
    for draft in drafts:
        number, previous = _locked_head(transaction.connection, draft.community)
        member_ref = ""
        if draft.member is not None:
            key = transaction.keys[reference_scope(draft.community, draft.case_id)]
            member_ref = reference(key.secret, draft.community, draft.member)
        entry = chained(draft, number + 1, member_ref, previous)
        row = {column.name: getattr(entry, column.name) for column in tables.audit.c}
        transaction.connection.execute(_ADD, row)
        end = {"of": draft.community, "number": entry.number, "hash": entry.hash}
        transaction.connection.execute(_MOVE_HEAD, end)


async def entries(
    connection: AsyncConnection, community: CommunityId, limit: int, before: int | None
) -> list[AuditEntry]:
    """The community's entries, newest first."""
    table = tables.audit
    wanted = select(table).where(table.c.community == community)
    if before is not None:
        wanted = wanted.where(table.c.number < before)
    return [_entry(row) for row in await connection.execute(wanted.order_by(table.c.number.desc()).limit(limit))]


async def entries_after(
    connection: AsyncConnection, community: CommunityId, number: int, limit: int
) -> list[AuditEntry]:
    """The community's entries past `number`, oldest first."""
    return [_entry(row) for row in await connection.execute(_page(community, number, limit))]


def page_after(connection: Connection, community: CommunityId, number: int, limit: int) -> list[AuditEntry]:
    """The same, for what reads without a store."""
    return [_entry(row) for row in connection.execute(_page(community, number, limit))]


def communities(connection: Connection) -> list[CommunityId]:
    """The communities that have an audit, also one whose entries or whose end somebody took away."""
    known = select(_heads.c.community).union(select(tables.audit.c.community))
    return sorted(CommunityId(each) for each in connection.execute(known).scalars())


def first_broken(connection: Connection, community: CommunityId) -> int | None:
    """The number of the first entry that is changed, missing or out of place; None when the chain holds."""
    number, previous, limit = 0, START, _PAGE
    # The end is read first: entries that are added meanwhile lie behind it.
    head = connection.execute(select(_heads).where(_heads.c.community == community)).first()
    while True:
        try:
            rows = connection.execute(_page(community, number, limit)).all()
        except (ValueError, TypeError, OverflowError):  # a value that nobody here writes: which entry holds it?
            if limit == 1:
                return number + 1
            limit = 1
            continue
        if not rows:
            break
        for row in rows:
            entry = _entry(row)
            if not is_next(entry, number + 1, previous):
                return number + 1
            number, previous = entry.number, entry.hash
            if head is not None and number == head.number and previous != head.hash:
                return number
    return number + 1 if number < (head.number if head else 0) else None


def broken(connection: Connection) -> tuple[tuple[CommunityId, int], ...]:
    """Every community whose chain doesn't hold, with the number of its first broken entry."""
    found = ((each, first_broken(connection, each)) for each in communities(connection))
    return tuple((community, number) for community, number in found if number is not None)


def _page(community: CommunityId, number: int, limit: int) -> Select[Any]:
    table = tables.audit
    wanted = select(table).where(table.c.community == community, table.c.number > number)
    return wanted.order_by(table.c.number).limit(limit)


def _locked_head(connection: Connection, community: CommunityId) -> tuple[int, str]:
    row = connection.execute(_HEAD, {"of": community}).first()
    if row is None:
        beginning = {"community": community, "number": 0, "hash": START}
        connection.execute(adding(connection, tables.audit_heads), beginning)
        row = connection.execute(_HEAD, {"of": community}).one()
    return row.number, row.hash


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**row._mapping)  # noqa: SLF001 - public, by its documentation
