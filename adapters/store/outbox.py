"""The outbox: actions that were decided, until a platform carried them out."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.engine import adding
from adapters.store.tables import WHERE_NO_CARD, WHERE_PENDING
from adapters.store.transaction import Rejected, Transaction
from core.model.action import LANES, LAWS, Lane, Retry
from core.model.case import CaseId, Enforcement
from core.model.message import CommunityId
from core.model.record import Action, ActionRecord, ActionState, Committed

STARTS = {
    Enforcement.LIVE: ActionState.PENDING,
    Enforcement.SHADOW: ActionState.SHADOW,
    Enforcement.PROPOSED: ActionState.PROPOSED,
}
"""The state in which an action begins; only PENDING is ever handed out."""

BEGUN = (ActionState.CLAIMED, ActionState.DONE)
"""What can't be withdrawn any more."""

UNSETTLED = (ActionState.PENDING, ActionState.CLAIMED)
"""While an action is here, what comes `after` it waits."""

_ENFORCING = frozenset(kind for kind, law in LAWS.items() if law.enforces)
_UNDOING = frozenset(law.inverse for kind, law in LAWS.items() if kind in _ENFORCING and law.inverse)
_ACTION = tuple(each.name for each in fields(Action))
_RECORD = tuple(each.name for each in fields(ActionRecord) if each.name != "action")


def write_actions(transaction: Transaction, actions: Sequence[Action]) -> None:
    """Add actions; one whose key is there already stays as it is. Older unsent ones are superseded."""
    table, connection = tables.actions, transaction.connection
    rows = [_row(action, transaction.clock.now()) for action in actions]
    connection.execute(adding(connection, table, at=("key",)), rows)
    newer = [
        {"of_case": action.case_id, "of_kind": action.kind, "newest": action.version}
        for action in actions
        if action.supersedes
    ]
    if newer:
        older = update(table).where(
            WHERE_PENDING,
            table.c.case_id == bindparam("of_case"),
            table.c.kind == bindparam("of_kind"),
            table.c.version < bindparam("newest"),
        )
        connection.execute(older.values(state=ActionState.WITHDRAWN), newer)


def withdraw(transaction: Transaction, keys: Collection[str], untried: Collection[str]) -> None:
    """These must not happen any more. Raises: `Rejected` (STALE) when one is under way, or an untried one was tried."""
    table = tables.actions
    # First this: it waits for another process that is just taking one of them, and the look after it sees that.
    unsent = update(table).where(table.c.state.in_(STARTS.values()), table.c.key.in_(keys))
    transaction.connection.execute(unsent.values(state=ActionState.WITHDRAWN, updated_at=transaction.clock.now()))
    is_begun = and_(table.c.state.in_(BEGUN), table.c.key.in_(keys))
    is_tried = and_(table.c.attempts > 0, table.c.key.in_(untried))
    begun = select(table.c.key).where(or_(is_begun, is_tried)).limit(1)
    if transaction.connection.execute(begun).first() is not None:
        raise Rejected(Committed.STALE)


async def has_due(connection: AsyncConnection, now: datetime, least: Lane) -> bool:
    """Whether `claim` would find anything; asking is free of any disk flush."""
    return (await connection.execute(_due(now, least).limit(1))).first() is not None


def claim(transaction: Transaction, now: datetime, limit: int, least: Lane) -> list[ActionRecord]:
    """Mark due actions CLAIMED and hand them out: most urgent lane first, then oldest."""
    table, connection = tables.actions, transaction.connection
    seqs = connection.execute(_due(now, least).limit(limit).with_for_update(skip_locked=True)).scalars().all()
    if not seqs:
        return []
    taken = (
        update(table)
        .where(table.c.seq.in_(seqs))
        .values(state=ActionState.CLAIMED, attempts=table.c.attempts + 1, updated_at=now)
        .returning(table)
    )
    rows = connection.execute(taken).all()
    return [_record(row) for row in sorted(rows, key=lambda row: (row.lane, row.seq))]


def unclaim(transaction: Transaction) -> list[ActionRecord]:
    """What a dead process had claimed: PENDING again, or UNKNOWN where it must never be repeated; gives the latter."""
    table, connection = tables.actions, transaction.connection
    claimed = update(table).where(table.c.state == ActionState.CLAIMED)
    never = [kind for kind, law in LAWS.items() if law.retry is Retry.NEVER]
    unknown = claimed.where(table.c.kind.in_(never)).values(state=ActionState.UNKNOWN).returning(table)
    rows = connection.execute(unknown).all()
    connection.execute(claimed.values(state=ActionState.PENDING))
    return [_record(row) for row in sorted(rows, key=lambda row: row.seq)]


def record(
    transaction: Transaction,
    key: str,
    state: ActionState,
    at: datetime,
    receipt: str,
    note: str,
    due_at: datetime | None,
) -> bool:
    """What came of an attempt; a receipt once known is kept, and DONE is never overwritten: False then."""
    table = tables.actions
    values: dict[str, object] = {"state": state, "updated_at": at, "note": note, "due_at": due_at}
    if receipt:
        values["receipt"] = receipt
    attempted = update(table).where(table.c.key == key, table.c.state != ActionState.DONE)
    return transaction.connection.execute(attempted.values(values)).rowcount == 1


async def actions_of(connection: AsyncConnection, community: CommunityId, case_id: CaseId) -> list[ActionRecord]:
    """Everything decided for the case, oldest first."""
    return await actions_in(connection, community, (case_id,))


async def actions_in(
    connection: AsyncConnection, community: CommunityId, case_ids: Collection[CaseId]
) -> list[ActionRecord]:
    """Everything decided for several cases, oldest first."""
    table = tables.actions
    wanted = select(table).where(table.c.community == community, table.c.case_id.in_(case_ids)).order_by(table.c.seq)
    return [_record(row) for row in await connection.execute(wanted)]


async def action(connection: AsyncConnection, community: CommunityId, key: str) -> ActionRecord | None:
    """The action, where it is this community's."""
    table = tables.actions
    wanted = select(table).where(table.c.community == community, table.c.key == key)
    row = (await connection.execute(wanted)).first()
    return _record(row) if row else None


async def actions_on(connection: AsyncConnection, community: CommunityId, target: str) -> list[ActionRecord]:
    """Every enforcement against a target and what undoes one, oldest first; never what was offered to help somebody."""
    return await connection.run_sync(actions_targeting, community, target)


def actions_targeting(connection: Connection, community: CommunityId, target: str) -> list[ActionRecord]:
    """The same, within a transaction."""
    table = tables.actions
    wanted = select(table).where(
        WHERE_NO_CARD,
        table.c.community == community,
        table.c.target == target,
        table.c.kind.in_(_ENFORCING | _UNDOING),
    )
    return [_record(row) for row in connection.execute(wanted.order_by(table.c.seq))]


def _due(now: datetime, least: Lane) -> Select[tuple[int]]:
    table, first = tables.actions, tables.actions.alias("first")
    is_due = or_(table.c.due_at.is_(None), table.c.due_at <= now)
    is_urgent = table.c.lane <= LANES.index(least)
    # One value, so that PostgreSQL looks it up by its key: of an EXISTS it may read every waiting action first.
    how_first_stands = select(first.c.state).where(first.c.key == table.c.after).scalar_subquery()
    may_begin = or_(table.c.after == "", func.coalesce(how_first_stands, ActionState.DONE).not_in(UNSETTLED))
    return select(table.c.seq).where(WHERE_PENDING, is_due, is_urgent, may_begin).order_by(table.c.lane, table.c.seq)


def _row(action: Action, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(action, name) for name in _ACTION},
        "lane": LANES.index(action.lane),
        "state": STARTS[action.enforcement],
        "attempts": 0,
        "receipt": "",
        "note": "",
        "updated_at": now,
        "ordered_at": now,
    }


def _record(row: Row[Any]) -> ActionRecord:
    stored = row._mapping  # noqa: SLF001 - public, by its documentation
    action = Action(**{**{name: stored[name] for name in _ACTION}, "lane": LANES[row.lane]})
    return ActionRecord(action=action, **{name: stored[name] for name in _RECORD})
