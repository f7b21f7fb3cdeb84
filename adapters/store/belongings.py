"""What is kept of one member: for themselves to see, and for erasing it.

Nothing else may read by person what has to do with a crisis (promise 7), and what a member is shown of it is only
whether a case is open.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, TextClause, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import outbox, tables
from adapters.store.cases import case_of, cases_of
from adapters.store.digests import Digests
from adapters.store.keys import KeyFile
from adapters.store.tables import WHERE_OPEN
from adapters.store.texts import texts_by
from core.desk.in_force import in_force
from core.model.belongings import Belongings
from core.model.case import Case, Concern
from core.model.message import CommunityId, MemberId
from core.model.record import Duty
from core.ports import Clock

_NAMED = (Concern.CONDUCT, Concern.APPEAL)

_cases, _evidence, _duties = tables.cases.c, tables.evidence.c, tables.duties.c


async def cases_about(connection: AsyncConnection, community: CommunityId, member: MemberId) -> Sequence[Case]:
    """Every case that still names the member as its subject, oldest first."""
    return await _cases_of(connection, community, member)


async def belongings(
    connection: AsyncConnection,
    keys: KeyFile,
    digests: Digests,
    clock: Clock,
    community: CommunityId,
    member: MemberId,
) -> Belongings:
    """What is kept of the member. Raises: `Unavailable`."""
    reported = select(func.count(distinct(_evidence.message_id))).where(
        _evidence.community == community, _evidence.reporter == member
    )
    on_duty = select(tables.duties).where(_duties.community == community, _duties.member == member)
    in_care = await _cases_of(connection, community, member, WHERE_OPEN, _cases.concern == Concern.CRISIS)
    ordered = await outbox.actions_on(connection, community, member)
    return Belongings(
        cases=await _cases_of(connection, community, member, _cases.concern.in_(_NAMED)),
        words=await texts_by(connection, keys, community, digests.member(community, member)),
        sanctions=in_force(ordered, clock.now()),
        reports=await connection.scalar(reported) or 0,
        duties=[Duty(**row._mapping) for row in await connection.execute(on_duty)],  # noqa: SLF001 - public
        is_in_care=bool(in_care),
    )


async def _cases_of(
    connection: AsyncConnection, community: CommunityId, member: MemberId, *conditions: ColumnElement[bool] | TextClause
) -> Sequence[Case]:
    wanted = cases_of(community).where(_cases.subject == member, *conditions)
    return [case_of(row) for row in await connection.execute(wanted.order_by(_cases.opened_at, _cases.id))]
