"""A community took the bot out: a day later, unless the bot is back, everything that is kept of it goes.

What was not delivered there by then never will be. Nobody is told: whoever took the bot out knows.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta

from core.care.erasing import flush_timer
from core.errors import Unavailable
from core.flow.going import LEAVING_TIMER, Presence
from core.flow.recents import Recents
from core.flow.timers import MAX_TRIES, Handler
from core.model.message import CommunityId
from core.model.record import Commit, Committed, Timer
from core.ports import Clock, Store

LOOK_AGAIN_AFTER = timedelta(minutes=10)
"""When a community is looked at again of which no platform has said yet that the bot is still out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Handles the timer of a community that took the bot out.

    Attributes:
        presence: Where the bot is now, as platforms said since this process began.
        recents: Who wrote what lately: where somebody did, the bot is there.
        paused: The engine's rest between two batches.
        forget: Empties what is in memory of a community.
    """

    store: Store
    clock: Clock
    presence: Presence
    recents: Recents
    paused: Callable[[], AbstractAsyncContextManager[None]]
    forget: Callable[[CommunityId], None]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {LEAVING_TIMER: self._left}

    async def _left(self, timer: Timer) -> Commit:
        """Writes by itself, as an erasure does: nothing may be decided there meanwhile."""
        community = timer.community
        if community is None or self._is_back(community):
            return Commit()
        if not self.presence.is_away(community):
            return Commit(timers=(replace(timer, due_at=self.clock.now() + LOOK_AGAIN_AFTER),))
        async with self.paused():
            unit = Commit(left=(community,), fired_timers=(timer,), timers=(flush_timer(self.clock.now()),))
            for _ in range(MAX_TRIES):
                if self._is_back(community):  # told in the batch that was under way
                    return Commit()
                if await self.store.commit(unit) is not Committed.STALE:
                    self.forget(community)
                    return Commit()
        raise Unavailable(reason="something kept changing in a community while it was being let go")

    def _is_back(self, community: CommunityId) -> bool:
        since = self.presence.since(community)
        return self.presence.is_there(community) or self.recents.has_heard(community, since)
