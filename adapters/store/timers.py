"""Timers: what is due when, each at most once for its kind and key."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.engine import adding
from adapters.store.transaction import Rejected, Transaction
from core.model.record import Committed, Timer


def fire(transaction: Transaction, timers: Sequence[Timer]) -> None:
    """Take fired timers away. Raises: `Rejected` (ALREADY_DONE) when one is gone or was moved."""
    table = tables.timers
    for timer in timers:
        as_fired = and_(table.c.kind == timer.kind, table.c.key == timer.key, table.c.due_at == timer.due_at)
        if transaction.connection.execute(delete(table).where(as_fired)).rowcount != 1:
            raise Rejected(Committed.ALREADY_DONE)


def cancel(transaction: Transaction, names: Sequence[tuple[str, str]]) -> None:
    """Take timers away, if they are there."""
    table = tables.timers
    named = delete(table).where(table.c.kind == bindparam("of_kind"), table.c.key == bindparam("of_key"))
    transaction.connection.execute(named, [{"of_kind": kind, "of_key": key} for kind, key in names])


def put(transaction: Transaction, timers: Sequence[Timer]) -> None:
    """Set timers; one that is there moves."""
    rows = [
        {"kind": timer.kind, "key": timer.key, "due_at": timer.due_at, "community": timer.community} for timer in timers
    ]
    setting = adding(transaction.connection, tables.timers, at=("kind", "key"), replacing=("due_at", "community"))
    transaction.connection.execute(setting, rows)


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[Timer]:
    """Timers due at `now`, oldest first."""
    table = tables.timers
    wanted = select(table).where(table.c.due_at <= now).order_by(table.c.due_at, table.c.kind, table.c.key).limit(limit)
    return [Timer(**row._mapping) for row in await connection.execute(wanted)]  # noqa: SLF001 - public, by its docs


async def next_at(connection: AsyncConnection) -> datetime | None:
    """When the next one is due."""
    soonest: datetime | None = await connection.scalar(select(func.min(tables.timers.c.due_at)))
    return soonest
