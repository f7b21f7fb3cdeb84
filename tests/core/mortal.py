"""A store, an intake and a platform that die, or refuse, at a moment that a test chooses.

A moment is one durable thing (a commit, an append, a call of the platform); it is counted before and after. Starting
again keeps only what the store, the intake and the platform remember.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.local.memory_intake import MemoryIntake
from core.errors import Unavailable
from core.model.event import Event
from core.model.order import Order
from core.model.record import ActionRecord, Commit, Committed
from core.ports import Taken
from tests.clock import FakeClock
from tests.core.house import RiggedStore, Stage


class Killed(BaseException):
    """The process is gone from one moment to the next."""


@dataclass
class Fate:
    """Says at which moments what happens; counts them."""

    blow: type[Killed] | None = None
    strikes: Callable[[int], bool] = lambda _: False
    moments: int = 0
    struck: list[int] = field(default_factory=list)

    def moment(self, *, writes: bool = True) -> None:
        self.moments += 1
        if self.strikes(self.moments):
            self.struck.append(self.moments)
            if self.blow is Killed:
                raise Killed
            if writes:
                raise Unavailable(reason="the disk is full")


class MortalStore(RiggedStore):
    def __init__(self, clock: FakeClock, fate: Fate) -> None:
        super().__init__(clock)
        self._fate = fate

    async def commit(self, unit: Commit) -> Committed:
        self._fate.moment()
        result = await super().commit(unit)
        self._fate.moment(writes=False)
        return result

    async def claim_actions(self, *args: Any) -> Sequence[ActionRecord]:
        self._fate.moment()
        claimed = await super().claim_actions(*args)
        self._fate.moment(writes=False)
        return claimed

    async def record_action(self, *args: Any, **named: Any) -> None:
        self._fate.moment()
        await super().record_action(*args, **named)
        self._fate.moment(writes=False)

    async def unclaim_actions(self) -> Sequence[ActionRecord]:
        self._fate.moment()
        return await super().unclaim_actions()


class MortalIntake(MemoryIntake):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    async def append(self, events: Sequence[Event]) -> int:
        self._fate.moment()
        new = await super().append(events)
        self._fate.moment(writes=False)
        return new

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        return await super().take(min(limit, 2), after)

    async def ack(self, seqs: Sequence[int]) -> None:
        self._fate.moment()
        await super().ack(seqs)
        self._fate.moment(writes=False)


class MortalStage(Stage):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    async def perform(self, order: Order) -> str:
        self._fate.moment(writes=False)
        receipt = await super().perform(order)
        await asyncio.sleep(0)
        self._fate.moment(writes=False)
        return receipt


def is_kill(blow: BaseException) -> bool:
    return isinstance(blow, Killed) or (isinstance(blow, BaseExceptionGroup) and any(map(is_kill, blow.exceptions)))
