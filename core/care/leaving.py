"""A community took the bot out: a day later, unless the bot is back, everything that is kept of it goes.

What was not delivered there by then never will be. Nobody is told: whoever took the bot out knows.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from core.care.erasing import flush_timer
from core.errors import Unavailable
from core.flow.going import GRACE, LEAVING_TIMER
from core.flow.recents import Recents
from core.flow.timers import MAX_TRIES, Handler
from core.model.message import CommunityId
from core.model.record import Commit, Committed, Timer
from core.ports import Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Handles the timer of a community that took the bot out.

    Attributes:
        recents: Who wrote what lately: where somebody did, the bot is there.
        paused: The engine's rest between two batches.
        forget: Empties what is in memory of a community.
    """

    store: Store
    clock: Clock
    recents: Recents
    paused: Callable[[], AbstractAsyncContextManager[None]]
    forget: Callable[[CommunityId], None]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {LEAVING_TIMER: self._left}

    async def _left(self, timer: Timer) -> Commit:
        """Writes by itself, as an erasure does: nothing may be decided there meanwhile."""
        if timer.community is None:
            return Commit()
        since = timer.due_at - GRACE
        if self.recents.has_heard(timer.community, since):  # it is back, and nobody told us
            return Commit()
        async with self.paused():
            unit = Commit(left=(timer.community,), fired_timers=(timer,), timers=(flush_timer(self.clock.now()),))
            for _ in range(MAX_TRIES):
                if await self.store.commit(unit) is not Committed.STALE:
                    self.forget(timer.community)
                    return Commit()
        raise Unavailable(reason="something kept changing in a community while it was being let go")
