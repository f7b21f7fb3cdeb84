"""Carrying out again, on a restored database, what was erased and chosen since its backup was taken.

The journal (`adapters.store.erasures`) names by digests: whoever the database names is looked for in it. Only what
dates from before an erasure goes: who came back after it, or a community that took the bot in again, is not erased
for what they wrote since.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from adapters.store import erasing, tables
from adapters.store.codec import event_of
from adapters.store.engine import adding
from adapters.store.erasing import Trail
from adapters.store.erasures import Erasure, ErasureKind
from adapters.store.keys import Key
from adapters.store.sealing import NotOpened, unseal
from adapters.store.tables import WHERE_RESOLVED
from adapters.store.texts import destroy_texts
from adapters.store.transaction import Transaction
from core.flow.pacing import FORGET_TIMER
from core.model.case import CaseId
from core.model.event import Event, MessageWritten
from core.model.message import CommunityId, MemberId

_Named = set[tuple[CommunityId, str]]


def reapply(transaction: Transaction, journal: Collection[Erasure], hours: Mapping[str, Key]) -> None:
    """Carry out what the journal says; may repeat. `hours` are the keys of intake, by id."""
    of = {kind: [each for each in journal if each.kind is kind] for kind in ErasureKind}
    _without_text(transaction.connection, of[ErasureKind.CASE_TEXT])
    _without_communities(transaction, of[ErasureKind.COMMUNITY])
    _without_members(transaction, of[ErasureKind.MEMBER], hours)
    _as_chosen(transaction.connection, of[ErasureKind.CHOICE])


def _without_text(connection: Connection, erasures: Sequence[Erasure]) -> None:
    cases = tables.cases
    erased = {each.key_id for each in erasures}
    for rows in (tables.texts, tables.notes):
        held = connection.execute(select(rows.c.key_id, rows.c.case_id).distinct()).all()
        for row in held:
            if row.key_id in erased:
                connection.execute(delete(rows).where(rows.c.key_id == row.key_id))
                connection.execute(update(cases).where(cases.c.id == row.case_id).values(is_text_gone=True))


def _without_communities(transaction: Transaction, erasures: Sequence[Erasure]) -> None:
    """A community that is known to be younger than its erasure came back after it."""
    connection, left = transaction.connection, {each.name.partition(":")[0]: each.at for each in erasures}
    if not left:
        return
    times = (tables.audit.c.at, tables.cases.c.updated_at, tables.actions.c.ordered_at, tables.standing.c.since)
    known: set[str | None] = set()
    for table in erasing.ROOMS:
        known.update(connection.execute(select(table.c.community).distinct()).scalars())
    for community in (CommunityId(each) for each in known if each):
        left_at = left.get(transaction.digests.community(community))
        newest = [connection.scalar(select(func.max(at)).where(at.table.c.community == community)) for at in times]
        if left_at is not None and all(each is None or each <= left_at for each in newest):
            erasing.drop_community(connection, community)


def _without_members(transaction: Transaction, erasures: Sequence[Erasure], hours: Mapping[str, Key]) -> None:
    if not erasures:
        return
    trails: dict[str, Trail] = {}
    for each in erasures:
        digest, _, kept = each.name.partition(":")
        keeps = frozenset(CaseId(name) for name in kept.split(",") if name)
        nobody = Trail(community=CommunityId(""), member=MemberId(""), digest=digest, keeps=keeps, before=each.at)
        trails[digest] = nobody
    connection = transaction.connection
    for community, member in _named(connection):
        theirs = trails.get(transaction.digests.member(community, member))
        if theirs is not None:
            _erase_again(transaction, replace(theirs, community=community, member=MemberId(member)))
    for trail in trails.values():
        erasing.erase_words(connection, trail)
    _drop_events(connection, {digest: each.before for digest, each in trails.items()}, hours)


def _erase_again(transaction: Transaction, trail: Trail) -> None:
    connection, now = transaction.connection, transaction.clock.now()
    about = erasing.cases_of(connection, trail)
    erasing.close(connection, about, now)
    if about:
        destroy_texts(transaction, about)
    erasing.erase_member(transaction, trail, about)
    cases = tables.cases.c
    kept = cases.community == trail.community, cases.subject == trail.member, cases.id.in_(trail.keeps)
    connection.execute(update(tables.cases).where(*kept).values(forgets_early=True))
    closed = connection.execute(select(cases.id).where(*kept, WHERE_RESOLVED)).scalars().all()
    if closed:  # each looks for itself whether something is still in force
        setting = adding(connection, tables.timers, at=("kind", "key"), replacing=("due_at",))
        due = [{"kind": FORGET_TIMER, "key": each, "due_at": now, "community": trail.community} for each in closed]
        connection.execute(setting, due)


def _named(connection: Connection) -> _Named:
    """Everybody whom the database names in clear, and more that names nobody."""
    cases, evidence, actions = tables.cases.c, tables.evidence.c, tables.actions.c
    columns = (
        *(cases.subject, cases.closed_by, cases.second),
        *(evidence.author, evidence.target, evidence.reporter),
        *(tables.duties.c.member, actions.target),
    )
    named: _Named = set()
    for column in columns:
        found = connection.execute(select(column.table.c.community, column).distinct())
        named |= {(community, member) for community, member in found if member}
    for community, params in connection.execute(select(actions.community, actions.params)):
        named |= {(community, part) for value in params.values() for part in value.split(",") if part}
    return named


def _drop_events(connection: Connection, erased: Mapping[str, datetime | None], hours: Mapping[str, Key]) -> None:
    """Take away what an erased member had written before and nobody has decided yet."""
    table = tables.intake
    for row in connection.execute(select(table).where(table.c.author.is_not(None))).all():
        before = erased.get(row.author)
        key = hours.get(row.key_id)
        if before is None:
            continue
        try:
            event = event_of(unseal(key.secret, row.sealed, "intake", row.community, row.key)) if key else None
        except NotOpened:
            event = None
        if event is None or _at(event) <= before:
            connection.execute(delete(table).where(table.c.seq == row.seq))


def _at(event: Event) -> datetime:
    return event.message.edited_at or event.message.sent_at if isinstance(event, MessageWritten) else event.at


def _as_chosen(connection: Connection, choices: Sequence[Erasure]) -> None:
    """The last word of each member, unless the database knows of a later one."""
    table = tables.preferences
    for each in choices:
        digest, _, names = each.name.partition(":")
        since = connection.scalar(select(table.c.since).where(table.c.digest == digest))
        if since is not None and since > each.at:
            continue
        connection.execute(delete(table).where(table.c.digest == digest))
        chosen = {name: name in names.split(",") for name in ("no_contact", "no_crisis_screening")}
        if any(chosen.values()):
            connection.execute(adding(connection, table), {"digest": digest, "since": each.at, **chosen})
