"""Who put themselves on or off duty: the newest word of each member in each community."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.engine import adding
from adapters.store.transaction import Transaction
from core.model.message import CommunityId
from core.model.record import Duty

_PLACE = ("community", "member")
_REPLACED = ("is_on", "since", "until")


def put(transaction: Transaction, duties: Sequence[Duty]) -> None:
    """Keep each in the place of what that member had said there."""
    rows = {(duty.community, duty.member): asdict(duty) for duty in duties}
    replacing = adding(transaction.connection, tables.duties, at=_PLACE, replacing=_REPLACED)
    transaction.connection.execute(replacing, list(rows.values()))


async def holding(connection: AsyncConnection, community: CommunityId, now: datetime) -> list[Duty]:
    """What still holds at `now`, oldest first."""
    table = tables.duties
    wanted = select(table).where(table.c.community == community, table.c.until > now)
    rows = await connection.execute(wanted.order_by(table.c.since, table.c.member))
    return [Duty(**row._mapping) for row in rows]  # noqa: SLF001 - public, by its documentation
