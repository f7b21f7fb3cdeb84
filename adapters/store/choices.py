"""What members chose, under their digests, and the posts that stand in channels."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.digests import Digests
from adapters.store.engine import adding
from adapters.store.transaction import Transaction
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.preference import Preference
from core.model.standing import PostKind, Standing

_PLACE = ("community", "channel", "kind")


def put_preferences(transaction: Transaction, preferences: Sequence[Preference]) -> None:
    """Keep each in the place of what that member had chosen; one that chooses nothing any more is not kept."""
    table, connection = tables.preferences, transaction.connection
    for each in preferences:
        digest = transaction.digests.member(each.community, each.member)
        connection.execute(delete(table).where(table.c.digest == digest))
        if each.no_contact or each.no_crisis_screening:
            row = {
                "digest": digest,
                "no_contact": each.no_contact,
                "no_crisis_screening": each.no_crisis_screening,
                "since": each.since,
            }
            connection.execute(adding(connection, table), row)


async def preference(
    connection: AsyncConnection, digests: Digests, community: CommunityId, member: MemberId
) -> Preference:
    """What the member chose; the defaults where they chose nothing."""
    table = tables.preferences.c
    wanted = select(table.no_contact, table.no_crisis_screening, table.since)
    row = (await connection.execute(wanted.where(table.digest == digests.member(community, member)))).first()
    if row is None:
        return Preference(community=community, member=member)
    return Preference(community=community, member=member, **row._mapping)  # noqa: SLF001 - public, by its docs


def put_standing(transaction: Transaction, standing: Sequence[Standing]) -> None:
    """Keep each in the place of what was kept of its kind in its channel."""
    rows = [asdict(each) for each in standing]
    replacing = adding(transaction.connection, tables.standing, at=_PLACE, replacing=("receipt", "since"))
    transaction.connection.execute(replacing, rows)


def drop_standing(transaction: Transaction, fallen: Sequence[tuple[CommunityId, ChannelId, PostKind]]) -> None:
    """They stand no more."""
    table = tables.standing
    there = delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in _PLACE))
    rows = [{f"of_{name}": value for name, value in zip(_PLACE, each, strict=True)} for each in fallen]
    transaction.connection.execute(there, rows)


async def standing_in(connection: AsyncConnection, community: CommunityId) -> list[Standing]:
    """The posts of a community, in the order of their channels."""
    table = tables.standing
    wanted = select(table).where(table.c.community == community).order_by(table.c.channel, table.c.kind)
    return [Standing(**row._mapping) for row in await connection.execute(wanted)]  # noqa: SLF001 - public, by its docs
