"""The lists of one community's cases that people work from, and the one member's record that they may see.

Nothing here finds a closed crisis case by person (promise 7): by person only what somebody has claimed themselves and
upheld conduct are read.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, TextClause, cast, func
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.cases import case_of, cases_of
from adapters.store.tables import (
    UPHELD_CONDUCT,
    WHERE_OPEN,
    WHERE_QUIET,
    WHERE_RESOLVED,
    WHERE_UNANSWERED,
)
from core.model.case import COUNTS_FOR, OPEN_STATES, Case, CaseId, Concern, State
from core.model.message import CommunityId, MemberId

_cases = tables.cases.c


async def in_states(
    connection: AsyncConnection,
    community: CommunityId,
    states: Collection[State],
    limit: int,
    before: datetime | None,
) -> list[Case]:
    """Open ones by urgency, then resolved ones from the newest; `before` is when opened, or closed."""
    found: list[Case] = []
    wanted_open = OPEN_STATES.intersection(states)
    if wanted_open:
        found += await _read(connection, queue_query(community, wanted_open, before).limit(limit))
    if State.RESOLVED in states and len(found) < limit:
        found += await _read(connection, resolved_query(community, before).limit(limit - len(found)))
    return found


def queue_query(
    community: CommunityId, states: Collection[State], before: datetime | None
) -> Select[tuple[object, ...]]:
    """Open cases of some states, most urgent first; an index has them in this order."""
    wanted = cases_of(community).where(WHERE_OPEN)
    if OPEN_STATES.difference(states):
        wanted = wanted.where(_cases.state.in_(states))
    if before is not None:
        wanted = wanted.where(_cases.opened_at < before)
    return wanted.order_by(_cases.urgency, _cases.target_at, _cases.level.desc(), _cases.opened_at, _cases.id)


def resolved_query(community: CommunityId, before: datetime | None) -> Select[tuple[object, ...]]:
    """Resolved cases, newest first; an index has them in this order."""
    wanted = cases_of(community).where(WHERE_RESOLVED)
    if before is not None:
        wanted = wanted.where(func.coalesce(_cases.closed_at, _cases.opened_at) < before)
    return wanted.order_by(_cases.closed_at.desc(), _cases.opened_at, _cases.id)


async def open_one(connection: AsyncConnection, community: CommunityId, subject: str, concern: Concern) -> Case | None:
    """The open case in that place."""
    place = _cases.subject == subject, _cases.concern == concern
    row = (await connection.execute(cases_of(community).where(WHERE_OPEN, *place))).first()
    return case_of(row) if row else None


async def quiet(connection: AsyncConnection, community: CommunityId) -> list[Case]:
    """Open ones that wait for the digest."""
    return await _those(connection, community, WHERE_QUIET, WHERE_OPEN)


async def held_by(connection: AsyncConnection, community: CommunityId, member: MemberId) -> list[Case]:
    """Open ones that this member has claimed."""
    return await _those(connection, community, _cases.holder == member, WHERE_OPEN)


async def unanswered(
    connection: AsyncConnection, community: CommunityId, concerns: Collection[Concern], limit: int
) -> list[Case]:
    """Waiting ones whose chain has come to its end."""
    concern = cast(_cases.concern, String)  # not the plain column: its index knows nothing of being unanswered
    wanted = concern.in_([each.value for each in concerns])
    return await _those(connection, community, WHERE_UNANSWERED, wanted, limit=limit)


async def follow_ups(connection: AsyncConnection, community: CommunityId, limit: int) -> list[Case]:
    """Closed ones on which somebody should look in now."""
    return await _those(connection, community, _cases.follow_up.is_not(None), WHERE_RESOLVED, limit=limit)


async def appeals(connection: AsyncConnection, community: CommunityId, parent: CaseId) -> list[Case]:
    """Those about what was decided in a case."""
    return await _those(connection, community, _cases.parent == parent)


async def record(connection: AsyncConnection, community: CommunityId, member: MemberId, now: datetime) -> list[Case]:
    """The upheld conduct cases of a member within retention."""
    return await records_of(connection, community, (member,), now)


async def records_of(
    connection: AsyncConnection, community: CommunityId, members: Collection[str], now: datetime
) -> list[Case]:
    """The same of several members."""
    return await _those(
        connection, community, UPHELD_CONDUCT, _cases.subject.in_(members), _cases.closed_at > now - COUNTS_FOR
    )


async def _those(
    connection: AsyncConnection,
    community: CommunityId,
    *conditions: ColumnElement[bool] | TextClause,
    limit: int | None = None,
) -> list[Case]:
    """Oldest first."""
    wanted = cases_of(community).where(*conditions).order_by(_cases.opened_at, _cases.id).limit(limit)
    return await _read(connection, wanted)


async def _read(connection: AsyncConnection, wanted: Select[tuple[object, ...]]) -> list[Case]:
    return [case_of(row) for row in await connection.execute(wanted)]
