"""What the parts of one write share: the connection, the data keys, and the keys that die with the commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from adapters.store.digests import Digests
from adapters.store.engine import adding
from adapters.store.keys import Key
from adapters.store.tables import doomed_keys
from core.ports import Clock


class Rejected(Exception):
    """Ends one job without a trace of it; `answer` is what its caller gets."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One open transaction.

    Attributes:
        keys: The data key of every scope that a job of this transaction asked for.
        doomable: Key ids of the scopes that jobs of this transaction may destroy.
        looked_up: Those scopes, also the ones that have no key.
        doomed: Ids of the keys to destroy once this is committed.
    """

    connection: Connection
    clock: Clock
    digests: Digests
    keys: Mapping[str, Key]
    doomable: Mapping[str, str]
    looked_up: frozenset[str] = frozenset()
    doomed: list[str] = field(default_factory=list)

    def doom(self, key_ids: Iterable[str]) -> None:
        """Destroy these keys after the commit, also when the process dies in between."""
        rows = [{"key_id": each} for each in dict.fromkeys(key_ids)]
        if rows:
            self.connection.execute(adding(self.connection, doomed_keys), rows)
            self.doomed += (row["key_id"] for row in rows)
