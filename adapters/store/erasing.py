"""Erasing a member, or a community that took the bot out: every row that is about them, in one transaction.

What others wrote and did stays readable: evidence that a member wrote is dropped, in others' evidence they are only no
longer named as its target or as who reported it. Words go wherever they lie, also as context in somebody else's case,
whose other words are sealed anew: no key is left that opens theirs in a backup (`adapters.store.resealing`).
An action that is in force (a ban from a raid) keeps its target until it is over, as do the cases that are kept.

The same is done again on a restored database (`adapters.store.erasures`), to what dates from before the erasure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.audit import reference_scope
from adapters.store.codec import revision
from adapters.store.digests import Digests
from adapters.store.letting_go import erase_mentions, erase_targets, let_go
from adapters.store.outbox import actions_targeting
from adapters.store.resealing import Resealing, keys_used, reseal
from adapters.store.tables import WHERE_OPEN, WHERE_RESOLVED
from adapters.store.texts import case_scope, destroy_texts
from adapters.store.transaction import Rejected, Transaction
from core.desk.in_force import in_force
from core.model.case import COUNTS_FOR, CaseId, Outcome, State
from core.model.message import CommunityId, MemberId
from core.model.record import Commit, Committed, Erasing

_cases, _evidence, _texts, _notes = tables.cases.c, tables.evidence.c, tables.texts.c, tables.notes.c
_actions, _duties, _intake = tables.actions.c, tables.duties.c, tables.intake.c


_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Whose rows are meant.

    Attributes:
        digest: The member's.
        before: Only what dates from before then; None for all of it.
    """

    community: CommunityId
    member: MemberId
    digest: str
    keeps: frozenset[CaseId] = frozenset()
    before: datetime | None = None

    def until(self, *moments: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Whether a row dates from that time."""
        return true() if self.before is None else and_(*(each <= self.before for each in moments))

    def outside(self, case_id: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a row is of no case that is kept."""
        return case_id.not_in(self.keeps)


async def scopes_of(connection: AsyncConnection, unit: Commit) -> frozenset[str]:
    """The scopes of the keys that an erasing unit may destroy, as far as can be read now."""
    return await connection.run_sync(lambda reading: _scopes_of(reading, unit))


def _scopes_of(connection: Connection, unit: Commit) -> frozenset[str]:
    scopes: set[str] = set()
    for each in unit.erased:
        about, elsewhere = _named_in(connection, Trail(community=each.community, member=each.member, digest=""))
        scopes |= _scopes(each.community, (*about, *elsewhere))
    for community in unit.left:
        scopes |= _scopes(community, _cases_in(connection, community))
    return frozenset(scopes)


def _scopes(community: CommunityId, case_ids: Collection[CaseId]) -> set[str]:
    naming = {reference_scope(community, case_id) for case_id in (*case_ids, None)}
    return naming | {case_scope(case_id) for case_id in case_ids}


def cases_of(connection: Connection, trail: Trail) -> list[CaseId]:
    """The cases about the member that are not kept."""
    return _named_in(connection, trail)[0]


async def shared_keys(connection: AsyncConnection, digests: Digests, unit: Commit) -> dict[CaseId, set[str]]:
    """The cases that keep words of whom the unit erases beside those of others, and the ids of their keys."""

    def read(reading: Connection) -> dict[CaseId, set[str]]:
        used: dict[CaseId, set[str]] = {}
        for each in unit.erased:
            digest = digests.member(each.community, each.member)
            trail = Trail(community=each.community, member=each.member, digest=digest, keeps=each.keeps)
            used |= keys_used(reading, _sharing(reading, trail))
        return used

    return await connection.run_sync(read)


def _sharing(connection: Connection, trail: Trail) -> list[CaseId]:
    theirs = _texts.author == trail.digest, trail.outside(_texts.case_id)
    return [CaseId(each) for each in connection.execute(select(_texts.case_id).where(*theirs).distinct()).scalars()]


def erase(transaction: Transaction, erasing: Erasing, resealing: Resealing) -> None:
    """All of it. Raises: `Rejected` (STALE) where a case about them is open that neither ended nor is kept."""
    trail = Trail(
        community=erasing.community,
        member=erasing.member,
        digest=transaction.digests.member(erasing.community, erasing.member),
        keeps=erasing.keeps,
    )
    connection = transaction.connection
    about, elsewhere = _named_in(connection, trail)
    is_open = select(_cases.id).where(WHERE_OPEN, _cases.id.in_(about)).limit(1)
    if connection.execute(is_open).first() is not None:
        raise Rejected(Committed.STALE)
    let_go_of_references(transaction, trail.community, (*about, *elsewhere))
    if about:
        destroy_texts(transaction, about)
    erase_member(transaction, trail, about)
    for first in range(0, len(elsewhere), _AT_ONCE):  # whoever had read one of them before must not write it back
        named = _cases.id.in_(elsewhere[first : first + _AT_ONCE])
        connection.execute(update(tables.cases).where(named).values(version=_cases.version + 1))
    sharing = _sharing(connection, trail)
    old = {key_id for used in keys_used(connection, sharing).values() for key_id in used}
    erase_words(connection, trail)
    if sharing:
        reseal(transaction, sharing, resealing, old)
    intake = delete(tables.intake).where(_intake.community == trail.community, _intake.author == trail.digest)
    connection.execute(intake)


def let_go_of_references(transaction: Transaction, community: CommunityId, case_ids: Collection[CaseId]) -> None:
    """The audit of these cases, and that of no case, refers to nobody any more. Raises: `Rejected` to be asked anew."""
    wanted = {reference_scope(community, case_id) for case_id in (*case_ids, None)}
    if not wanted <= transaction.looked_up:
        raise Rejected(None)
    transaction.doom(transaction.doomable[scope] for scope in wanted & transaction.doomable.keys())


def erase_member(transaction: Transaction, trail: Trail, about: Collection[CaseId]) -> None:
    """The rows that name the member in clear; `about` are the cases that let go of them."""
    connection = transaction.connection
    ours = _evidence.community == trail.community
    outside = trail.outside(_evidence.case_id)
    written = and_(ours, _evidence.author == trail.member, outside, trail.until(_evidence.sent_at))
    theirs = or_(written, and_(ours, _evidence.case_id.in_(about)))
    messages = set(connection.execute(select(_evidence.message_id).where(theirs)).scalars())
    connection.execute(delete(tables.evidence).where(written))
    targeted = and_(ours, _evidence.target == trail.member, outside, trail.until(_evidence.sent_at))
    connection.execute(update(tables.evidence).where(targeted).values(target=None))
    reported = and_(ours, _evidence.reporter == trail.member, outside, trail.until(_evidence.reported_at))
    forget_reporters(connection, reported)
    mine = and_(_duties.community == trail.community, _duties.member == trail.member, trail.until(_duties.since))
    connection.execute(delete(tables.duties).where(mine))
    for column in (_cases.closed_by, _cases.second):
        decided = and_(_cases.community == trail.community, column == trail.member, WHERE_RESOLVED)
        decided = and_(decided, trail.until(_cases.closed_at))
        connection.execute(
            update(tables.cases).where(decided).values({column: None, _cases.version: _cases.version + 1})
        )
    if about:
        let_go(connection, about)
        gone = update(tables.cases).where(_cases.id.in_(about))
        connection.execute(gone.values(subject="", follow_up=None, version=_cases.version + 1))
    holding = in_force(actions_targeting(connection, trail.community, trail.member), transaction.clock.now())
    spared = {each.action.key for each in holding if each.action.case_id not in about}
    within = trail.outside(_actions.case_id), or_(_actions.ordered_at.is_(None), trail.until(_actions.ordered_at))
    erase_targets(connection, trail.community, {trail.member, *messages} - {""}, spared=spared, within=within)
    erase_mentions(connection, trail.community, trail.member, spared=spared, within=within)


def erase_words(connection: Connection, trail: Trail) -> None:
    """What the member wrote, in whatever case it is kept."""
    theirs = _texts.author == trail.digest, trail.outside(_texts.case_id), trail.until(_texts.sent_at)
    connection.execute(delete(tables.texts).where(*theirs))


def close(connection: Connection, case_ids: Collection[CaseId], now: datetime) -> None:
    """End cases whose member had been erased when a restored backup brought them back, as people would see it."""
    ended = {"state": State.RESOLVED, "outcome": Outcome.ERASED, "closed_at": now, "closed_by": None, "holder": None}
    waits = dict.fromkeys(("held_since", "lease_until", "snoozed_until", "waiting_since", "chain_at", "held_until"))
    values = {**ended, **waits, "is_quiet": False, "forgets_early": True}
    connection.execute(update(tables.cases).where(WHERE_OPEN, _cases.id.in_(case_ids)).values(values))


def forget_reporters(connection: Connection, which: ColumnElement[bool]) -> None:
    """Nobody can tell any more who reported this; what then is the same finding twice is kept once."""
    found = select(tables.evidence).where(which).order_by(_evidence.id)
    place = ("case_id", "message_id", "category", "kind", "filter", "rule")
    for row in connection.execute(found).all():
        wording = revision(row.edited_at)
        same = and_(*(_evidence[name] == getattr(row, name) for name in place), _evidence.revision == wording)
        this = _evidence.id == row.id
        if connection.execute(select(_evidence.id).where(same, ~this)).first() is not None:
            connection.execute(delete(tables.evidence).where(this))
        else:
            anonymous = {"reporter": None, "reported_at": None, "revision": wording}
            connection.execute(update(tables.evidence).where(this).values(anonymous))


def forget_in_time(transaction: Transaction) -> None:
    """Whom nothing is known of any longer because its time is over, and no case's timer says so.

    That is who reported what was decided long ago, also where the case has forgotten its own member before, and who was
    on duty.
    """
    now, connection = transaction.clock.now(), transaction.connection
    decided = select(_cases.id).where(WHERE_RESOLVED, _cases.closed_at <= now - COUNTS_FOR)
    forget_reporters(connection, and_(_evidence.reporter.is_not(None), _evidence.case_id.in_(decided)))
    connection.execute(delete(tables.duties).where(_duties.until <= now))


def leave(transaction: Transaction, community: CommunityId) -> None:
    """Everything of a community but what its members chose, which is for good and names nobody."""
    connection = transaction.connection
    wanted = _scopes(community, _cases_in(connection, community))
    if not wanted <= transaction.looked_up:
        raise Rejected(None)
    sealed = (_texts, _notes)
    using = (select(rows.key_id).where(rows.community == community).distinct() for rows in sealed)
    used = {key_id for each in using for key_id in connection.execute(each).scalars()}
    transaction.doom({*used, *(transaction.doomable[scope] for scope in wanted & transaction.doomable.keys())})
    drop_community(connection, community)


ROOMS: Sequence[Table] = (
    tables.texts,
    tables.notes,
    tables.evidence,
    tables.cases,
    tables.duties,
    tables.standing,
    tables.actions,
    tables.timers,
    tables.intake,
    tables.audit,
    tables.audit_heads,
)
"""Every table that keeps something of a community, in the order in which rows may go."""


def drop_community(connection: Connection, community: CommunityId) -> None:
    """Take its rows away."""
    for table in ROOMS:
        connection.execute(delete(table).where(table.c.community == community))


def _cases_in(connection: Connection, community: CommunityId) -> list[CaseId]:
    found = connection.execute(select(_cases.id).where(_cases.community == community))
    return [CaseId(each) for each in found.scalars()]


def _named_in(connection: Connection, trail: Trail) -> tuple[list[CaseId], list[CaseId]]:
    """The cases about the member that are not kept, and those of others whose evidence names them."""
    here = _cases.community == trail.community, trail.outside(_cases.id), trail.until(_cases.opened_at)
    about = connection.execute(select(_cases.id).where(*here, _cases.subject == trail.member)).scalars().all()
    named = or_(*(_evidence[each] == trail.member for each in ("author", "target", "reporter")))
    there = _evidence.community == trail.community, trail.outside(_evidence.case_id), named
    elsewhere = connection.execute(select(_evidence.case_id).where(*there).distinct()).scalars().all()
    return [CaseId(each) for each in about], [CaseId(each) for each in elsewhere]
