"""What people said and what a case's people noted: sealed under the case's own key, and gone with it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, delete, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.codec import message_bytes, message_of, note_bytes, note_of, revision
from adapters.store.engine import adding
from adapters.store.erasures import CASE_SCOPE
from adapters.store.keys import KeyFile
from adapters.store.sealing import NotOpened, seal, unseal
from adapters.store.transaction import Transaction
from core.errors import GaveUp, TextGone
from core.model.case import CaseId
from core.model.message import CommunityId
from core.model.record import Note, SealedMessage

_PLACE = ("case_id", "message_id", "revision")


def case_scope(case_id: CaseId) -> str:
    """The scope of the key that seals a case's text."""
    return f"{CASE_SCOPE}{case_id}"


def write_texts(
    transaction: Transaction,
    texts: Sequence[tuple[CaseId, SealedMessage]],
    known: Mapping[CaseId, CommunityId],
) -> None:
    """Seal messages into their cases. Context that becomes evidence is evidence from then on, never the reverse."""
    rows: dict[bool, dict[tuple[str, ...], dict[str, Any]]] = {True: {}, False: {}}
    for case_id, kept in texts:
        message, key = kept.message, transaction.keys[case_scope(case_id)]
        place = (case_id, message.id, revision(message.edited_at))
        rows[kept.is_context][place] = {
            **dict(zip(_PLACE, place, strict=True)),
            "community": known[case_id],
            "sent_at": message.sent_at,
            "is_context": kept.is_context,
            "author": transaction.digests.member(known[case_id], message.author.id),
            "key_id": key.id,
            "sealed": seal(key.secret, message_bytes(message), "texts", known[case_id], *place),
        }
    connection = transaction.connection
    if rows[True]:
        connection.execute(adding(connection, tables.texts, at=_PLACE), list(rows[True].values()))
    if rows[False]:
        replacing = adding(connection, tables.texts, at=_PLACE, replacing=("is_context", "author", "key_id", "sealed"))
        connection.execute(replacing, list(rows[False].values()))


def write_notes(transaction: Transaction, notes: Sequence[Note], known: Mapping[CaseId, CommunityId]) -> None:
    """Seal notes into their cases."""
    rows = []
    for note in notes:
        key, community = transaction.keys[case_scope(note.case_id)], known[note.case_id]
        sealed = seal(key.secret, note_bytes(note), "notes", community, note.case_id)
        rows.append(
            {"community": community, "case_id": note.case_id, "at": note.at, "key_id": key.id, "sealed": sealed}
        )
    transaction.connection.execute(insert(tables.notes), rows)


def destroy_texts(transaction: Transaction, case_ids: Collection[CaseId]) -> None:
    """Take the rows away now and the keys after the commit."""
    cases, connection = tables.cases, transaction.connection
    sealed = (tables.texts, tables.notes)
    used = connection.execute(union(*(select(rows.c.key_id).where(rows.c.case_id.in_(case_ids)) for rows in sealed)))
    alive = {transaction.doomable.get(case_scope(case_id)) for case_id in case_ids}
    transaction.doom([*used.scalars(), *(key_id for key_id in alive if key_id)])
    for rows in sealed:
        connection.execute(delete(rows).where(rows.c.case_id.in_(case_ids)))
    connection.execute(update(cases).where(cases.c.id.in_(case_ids)).values(is_text_gone=True))


async def texts_of(
    connection: AsyncConnection, keys: KeyFile, community: CommunityId, case_id: CaseId
) -> list[SealedMessage]:
    """The case's messages in the order they were sent. Raises: `TextGone`."""
    rows = await _rows(connection, tables.texts, community, case_id, ("sent_at", "id"))
    opened = await _opened(keys, rows, lambda row: ("texts", community, case_id, row.message_id, row.revision))
    return [
        SealedMessage(message=message_of(plain), is_context=row.is_context)
        for row, plain in zip(rows, opened, strict=True)
    ]


async def texts_by(
    connection: AsyncConnection, keys: KeyFile, community: CommunityId, author: str
) -> list[SealedMessage]:
    """Everything that the author of that digest wrote and a case still keeps, each once, in the order of sending.

    What is evidence in one case and kept along with another is evidence.
    """
    table = tables.texts
    wanted = select(table).where(table.c.community == community, table.c.author == author)
    rows = (await connection.execute(wanted.order_by(table.c.is_context, table.c.sent_at, table.c.id))).all()
    found = await keys.find({row.key_id for row in rows}) if rows else {}
    words: dict[tuple[str, str], SealedMessage] = {}
    for row in rows:
        key = found.get(row.key_id)
        if key is not None:
            plain = _plain(key.secret, row, ("texts", community, row.case_id, row.message_id, row.revision))
            kept = SealedMessage(message=message_of(plain), is_context=row.is_context)
            words.setdefault((row.message_id, row.revision), kept)
    return sorted(words.values(), key=lambda kept: kept.message.sent_at)


async def notes_of(connection: AsyncConnection, keys: KeyFile, community: CommunityId, case_id: CaseId) -> list[Note]:
    """The case's notes, oldest first. Raises: `TextGone`."""
    rows = await _rows(connection, tables.notes, community, case_id, ("at", "id"))
    opened = await _opened(keys, rows, lambda _: ("notes", community, case_id))
    return [note_of(plain, case_id, row.at) for row, plain in zip(rows, opened, strict=True)]


async def _rows(
    connection: AsyncConnection, table: Table, community: CommunityId, case_id: CaseId, order: Sequence[str]
) -> Sequence[Row[Any]]:
    mine = table.c.community == community, table.c.case_id == case_id
    wanted = select(table).where(*mine).order_by(*(table.c[name] for name in order))
    rows = (await connection.execute(wanted)).all()
    if not rows:
        cases = tables.cases
        gone = select(cases.c.is_text_gone).where(cases.c.community == community, cases.c.id == case_id)
        if await connection.scalar(gone):
            raise TextGone(key_name=case_scope(case_id))
    return rows


async def _opened(
    keys: KeyFile, rows: Sequence[Row[Any]], identity_of: Callable[[Row[Any]], tuple[str, ...]]
) -> list[bytes]:
    found = await keys.find({row.key_id for row in rows}) if rows else {}
    opened: list[bytes] = []
    for row in rows:
        key = found.get(row.key_id)
        if key is None:
            raise TextGone(key_name=case_scope(row.case_id))
        opened.append(_plain(key.secret, row, identity_of(row)))
    return opened


def _plain(secret: bytes, row: Row[Any], identity: tuple[str, ...]) -> bytes:
    try:
        return unseal(secret, row.sealed, *identity)
    except NotOpened:
        raise GaveUp(reason=f"what is sealed in case {row.case_id} was changed or moved") from None
