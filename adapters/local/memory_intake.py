"""An intake in memory, for backtests and tests; it passes the contract suite that the database's passes."""

import asyncio
import itertools
import secrets
from collections.abc import Sequence

from adapters.store.event_key import event_key
from core.model.event import Event
from core.ports import Taken


class MemoryIntake:
    """Speaks `core.ports.Intake`."""

    def __init__(self) -> None:
        self._digest_key = secrets.token_bytes(32)
        self._seqs = itertools.count(1)
        self._taken: dict[int, Taken] = {}
        self._keys: set[str] = set()
        self._may_have_more = asyncio.Event()
        self._may_have_more.set()

    async def append(self, events: Sequence[Event]) -> int:
        new = 0
        keyed = [(event_key(event, self._digest_key), event) for event in events]
        for key, event in keyed:
            if key not in self._keys:
                taken = Taken(seq=next(self._seqs), key=key, event=event)
                self._taken[taken.seq] = taken
                self._keys.add(key)
                new += 1
        self._may_have_more.set()
        return new

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        self._may_have_more.clear()
        return list(itertools.islice((each for seq, each in self._taken.items() if seq > after), limit))

    async def wait(self) -> None:
        await self._may_have_more.wait()

    async def ack(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            gone = self._taken.pop(seq, None)
            if gone is not None:
                self._keys.discard(gone.key)
