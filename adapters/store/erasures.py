"""The journal of erasures: what must stay gone, kept in the key file, which no backup of the database contains.

A restored backup holds again what was erased after it was taken. What was sealed stays closed, since its key is gone;
the journal tells such a row, which was erased, from one whose key is merely missing because an older copy of the key
file was put back. Erasures that no key carries out are written here as well, by `record`, and so are the choices of
members; `adapters.store.reapplying` carries all of it out on a restored database. Members and communities are named by
a keyed digest, never by their id, and of each only the last word is kept.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.store.columns import EPOCH, micros
from adapters.store.digests import Digests
from core.model.record import Commit

CASE_SCOPE = "case:"
REFERENCE_SCOPE = "ref:"

KEPT_FOR = timedelta(days=400)
"""How long the journal remembers a destroyed key: longer than anybody keeps a backup."""


class ErasureKind(StrEnum):
    """What was erased."""

    CASE_TEXT = "case_text"
    """The words of a case and the notes on it, by destroying its key."""
    CASE_REFERENCES = "case_references"
    """Whom the audit of a case is about, by destroying the key of its references."""
    MEMBER = "member"
    """Everything of a member, but for the cases that are named after the digest."""
    COMMUNITY = "community"
    """Everything of a community that took the bot out."""
    CHOICE = "choice"
    """No erasure: what a member chose, after the digest, so that no backup brings back what they chose before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One entry of the journal.

    Attributes:
        name: What it is about, by kind: the destroyed key's scope, without its prefix; or a digest, and after a colon
            what more there is to know.
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


def told_of(unit: Commit, digests: Digests, now: datetime) -> list[Erasure]:
    """What has to be in the journal before the unit is written."""
    told = [
        Erasure(
            kind=ErasureKind.MEMBER,
            name=f"{digests.member(each.community, each.member)}:{','.join(sorted(each.keeps))}",
            at=now,
        )
        for each in unit.erased
    ]
    told += [Erasure(kind=ErasureKind.COMMUNITY, name=f"{digests.community(each)}:", at=now) for each in unit.left]
    for choice in unit.preferences:
        chosen = (("no_contact", choice.no_contact), ("no_crisis_screening", choice.no_crisis_screening))
        names = ",".join(name for name, is_chosen in chosen if is_chosen)
        digest = digests.member(choice.community, choice.member)
        told.append(Erasure(kind=ErasureKind.CHOICE, name=f"{digest}:{names}", at=now))
    return told


def record(connection: sqlite3.Connection, erasures: Sequence[Erasure]) -> None:
    """Add entries; the caller's transaction makes them durable with what they tell of.

    What was said before of the same member or community goes: the last word counts.
    """
    for each in erasures:
        digest, is_digest, _ = each.name.partition(":")
        if is_digest and not each.key_id:
            earlier = "DELETE FROM erasures WHERE kind = ? AND substr(name, 1, ?) = ?"
            connection.execute(earlier, (each.kind.value, len(digest) + 1, f"{digest}:"))
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
