"""What a backtest has in the place of the world: a clock that shows the messages' time, and a store that forgets."""

from dataclasses import replace
from datetime import datetime, timedelta

from adapters.local.memory import MemoryStore
from core.model.record import Commit, Committed
from core.ports import Clock

KEYS_KEPT = 10_000
"""How many decided events are remembered, so that one that comes twice in a row is decided once."""


class PastClock:
    """Speaks `core.ports.Clock` with a time that only `move` changes."""

    def __init__(self, start: datetime) -> None:
        self._start = self._now = start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def move(self, to: datetime) -> None:
        """Go on to a later time; an earlier one changes nothing."""
        self._now = max(self._now, to)


class Ledger(MemoryStore):
    """A store for decisions that nobody acts on: it keeps open cases with their evidence, and tells what was written.

    Texts, actions, timers and audit entries have no part in any later decision, so they are only told.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, keys_kept=KEYS_KEPT)
        self._written: list[Commit] = []

    async def commit(self, unit: Commit) -> Committed:
        if not unit.cases:
            return await super().commit(unit)
        result = await super().commit(replace(unit, texts=(), actions=(), timers=(), audit=()))
        if result is Committed.WRITTEN:
            self._written.append(unit)
        return result

    def take_written(self) -> list[Commit]:
        """What was written since this was last asked, in order."""
        written, self._written = self._written, []
        return written
