"""The journal of erasures: what must stay gone, kept in the key file, which no backup of the database contains.

A restored backup holds again what was erased after it was taken. What was sealed stays closed, since its key is gone;
the journal tells such a row, which was erased, from one whose key is merely missing because an older copy of the key
file was put back. Erasures that no key carries out are written here as well, by `record`, and carried out on a
restored database by `reapply`. Members are named by a keyed digest, never by their id.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, select, update

from adapters.store import tables
from adapters.store.columns import EPOCH, micros

CASE_SCOPE = "case:"
REFERENCE_SCOPE = "ref:"

KEPT_FOR = timedelta(days=400)
"""How long the journal remembers a destroyed key: longer than anybody keeps a backup."""


class ErasureKind(StrEnum):
    """What was erased; each kind's way to be done again is in `_AGAIN`."""

    CASE_TEXT = "case_text"
    """The words of a case and the notes on it, by destroying its key."""
    CASE_REFERENCES = "case_references"
    """Whom the audit of a case is about, by destroying the key of its references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One entry of the journal.

    Attributes:
        name: What it is about, by kind: the destroyed key's scope, without its prefix.
        key_id: The key that was destroyed; "" where the kind has none.
    """

    kind: ErasureKind
    name: str
    at: datetime
    key_id: str = ""


_OF_SCOPES = {CASE_SCOPE: ErasureKind.CASE_TEXT, REFERENCE_SCOPE: ErasureKind.CASE_REFERENCES}


def prepare(connection: sqlite3.Connection) -> None:
    """Make the journal's table in a key file that has none."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS erasures (number INTEGER PRIMARY KEY,"
        " kind TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, key_id TEXT NOT NULL)"
    )


def record(connection: sqlite3.Connection, erasures: Sequence[Erasure]) -> None:
    """Add entries; the caller's transaction makes them durable with what they tell of."""
    rows = [(each.kind.value, each.name, micros(each.at), each.key_id) for each in erasures]
    connection.executemany("INSERT INTO erasures (kind, name, at, key_id) VALUES (?, ?, ?, ?)", rows)


def of_key(key_id: str, scope: str, at: datetime) -> Erasure | None:
    """The entry for a key that is destroyed; None for an hour of intake, whose end erases nothing that anybody kept."""
    for prefix, kind in _OF_SCOPES.items():
        if scope.startswith(prefix):
            return Erasure(kind=kind, name=scope.removeprefix(prefix), at=at, key_id=key_id)
    return None


def entries(connection: sqlite3.Connection) -> list[Erasure]:
    """The whole journal, oldest first. Raises: `ValueError` for a kind that only a newer version knows."""
    found = connection.execute("SELECT kind, name, at, key_id FROM erasures ORDER BY number")
    return [
        Erasure(kind=ErasureKind(kind), name=name, at=EPOCH + timedelta(microseconds=at), key_id=key_id)
        for kind, name, at, key_id in found
    ]


def forget(connection: sqlite3.Connection, before: datetime) -> None:
    """Drop what destroyed keys left behind before `before`; an erasure without a key is kept for good."""
    connection.execute("DELETE FROM erasures WHERE key_id <> '' AND at < ?", (micros(before),))


def reapply(connection: Connection, erasures: Collection[Erasure]) -> None:
    """Carry out on a restored database what the journal says; may repeat."""
    for kind, again in _AGAIN.items():
        again(connection, [each for each in erasures if each.kind is kind])


def _without_text(connection: Connection, erasures: Sequence[Erasure]) -> None:
    cases = tables.cases
    erased = {each.key_id for each in erasures}
    for rows in (tables.texts, tables.notes):
        held = connection.execute(select(rows.c.key_id, rows.c.case_id).distinct()).all()
        for row in held:
            if row.key_id in erased:
                connection.execute(delete(rows).where(rows.c.key_id == row.key_id))
                connection.execute(update(cases).where(cases.c.id == row.case_id).values(is_text_gone=True))


def _nothing(_connection: Connection, _erasures: Sequence[Erasure]) -> None:
    """The audit never held more than references; without their key they lead to nobody."""


_AGAIN: Mapping[ErasureKind, Callable[[Connection, Sequence[Erasure]], None]] = {
    ErasureKind.CASE_TEXT: _without_text,
    ErasureKind.CASE_REFERENCES: _nothing,
}
