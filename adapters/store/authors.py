"""Finding out once, after an upgrade, whose the sealed rows of an older version are."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from adapters.store import tables
from adapters.store.codec import event_of, message_of
from adapters.store.digests import Digests
from adapters.store.intake import author_digest
from adapters.store.keys import Key
from adapters.store.sealing import NotOpened, unseal


def name_authors(connection: Connection, digests: Digests, keys: Mapping[str, Key]) -> None:
    """Give every sealed row its author's digest; "" for one that no key opens any more, which tells nothing.

    `keys` are all that there are, by id.
    """
    texts, intake = tables.texts, tables.intake
    named = []
    for row in connection.execute(select(texts).where(texts.c.author.is_(None))).all():
        place = ("texts", row.community, row.case_id, row.message_id, row.revision)
        plain = _plain(keys.get(row.key_id), row.sealed, place)
        author = digests.member(row.community, message_of(plain).author.id) if plain else ""
        named.append({"at": row.id, "whose": author})
    if named:
        connection.execute(update(texts).where(texts.c.id == bindparam("at")).values(author=bindparam("whose")), named)
    waiting = []
    for row in connection.execute(select(intake).where(intake.c.author.is_(None))).all():
        plain = _plain(keys.get(row.key_id), row.sealed, ("intake", row.community, row.key))
        waiting.append({"at": row.seq, "whose": author_digest(digests, event_of(plain)) if plain else ""})
    if waiting:
        changing = update(intake).where(intake.c.seq == bindparam("at"))
        connection.execute(changing.values(author=bindparam("whose")), waiting)


def _plain(key: Key | None, sealed: bytes, identity: tuple[str, ...]) -> bytes | None:
    try:
        return unseal(key.secret, sealed, *identity) if key else None
    except NotOpened:
        return None
