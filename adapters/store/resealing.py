"""Cases that keep words of an erased member beside those of others: the others' are sealed anew, and the old key dies.

One key opens all that a case keeps. Taking rows away would leave that key, and with it their words in every backup.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, select, update

from adapters.store import tables
from adapters.store.keys import Key, KeyFile
from adapters.store.sealing import NotOpened, seal, unseal
from adapters.store.texts import case_scope
from adapters.store.transaction import Rejected, Transaction
from core.model.case import CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealing:
    """What has to be at hand before the transaction begins.

    Attributes:
        anew: The scope of the key that each of these cases gets.
        openers: The keys that their rows are sealed with, by id; None for one that is gone.
    """

    anew: Mapping[CaseId, str] = field(default_factory=dict)
    openers: Mapping[str, Key | None] = field(default_factory=dict)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes whose keys die."""
        return frozenset(case_scope(case_id) for case_id in self.anew)


async def prepared(keys: KeyFile, key_ids: Mapping[CaseId, Collection[str]]) -> Resealing:
    """What it takes to seal these cases anew, whose rows name those keys. Raises: `Unavailable`."""
    wanted = {key_id for each in key_ids.values() for key_id in each}
    found = await keys.find(wanted)
    anew = {case_id: f"{case_scope(case_id)}:{secrets.token_hex(4)}" for case_id in key_ids}
    return Resealing(anew=anew, openers={key_id: found.get(key_id) for key_id in wanted})


def keys_used(connection: Connection, case_ids: Collection[CaseId]) -> dict[CaseId, set[str]]:
    """The ids of the keys that the rows of each case name."""
    used: dict[CaseId, set[str]] = {case_id: set() for case_id in case_ids}
    for table in (tables.texts, tables.notes):
        rows = select(table.c.case_id, table.c.key_id).where(table.c.case_id.in_(case_ids)).distinct()
        for case_id, key_id in connection.execute(rows):
            used[CaseId(case_id)].add(key_id)
    return used


def reseal(transaction: Transaction, case_ids: Collection[CaseId], resealing: Resealing, old: Collection[str]) -> None:
    """Seal what these cases still keep under their new keys; `old` are the keys that they had.

    Raises: `Rejected` (None) to be prepared anew, where another message joined one meanwhile.
    """
    if not set(case_ids) <= resealing.anew.keys() or not set(old) <= resealing.openers.keys():
        raise Rejected(None)
    for case_id in case_ids:
        key = transaction.keys[resealing.anew[case_id]]
        _reseal(transaction.connection, tables.texts, case_id, key, resealing)
        _reseal(transaction.connection, tables.notes, case_id, key, resealing)
    alive = (transaction.doomable.get(case_scope(case_id)) for case_id in case_ids)
    transaction.doom([*old, *(key_id for key_id in alive if key_id)])


def _reseal(connection: Connection, table: Table, case_id: CaseId, key: Key, resealing: Resealing) -> None:
    changed = []
    for row in connection.execute(select(table).where(table.c.case_id == case_id)).all():
        opener, identity = resealing.openers.get(row.key_id), _identity(table, row)
        try:
            plain = unseal(opener.secret, row.sealed, *identity) if opener else None
        except NotOpened:
            plain = None
        if plain is not None:  # what nobody could open before stays so
            changed.append({"at": row.id, "with": key.id, "anew": seal(key.secret, plain, *identity)})
    if changed:
        changing = update(table).where(table.c.id == bindparam("at"))
        connection.execute(changing.values(key_id=bindparam("with"), sealed=bindparam("anew")), changed)


def _identity(table: Table, row: Row[Any]) -> tuple[str, ...]:
    place = (table.name, row.community, row.case_id)
    return (*place, row.message_id, row.revision) if table is tables.texts else place
