"""The bot was taken out of a community, or put back: what is written down of that, and what this process has heard.

A platform says so in so many words; that a community can't be reached, however long, never counts as that. It says so
at every connection, so that what an earlier process heard is never acted on by itself: the bot may have been put back
while nobody was listening, and a backup may hold a removal that was taken back long ago.
"""

from datetime import datetime, timedelta

from core.model.event import BotRemoved, BotReturned
from core.model.message import CommunityId
from core.model.record import Commit, Committed, Timer
from core.ports import Clock, Store, Taken

LEAVING_TIMER = "leaving"

GRACE = timedelta(hours=24)
"""How long the data of a community that took the bot out waits for it to be put back."""

GRACE_UNSEEN = timedelta(days=7)
"""How long it waits where nobody saw the bot being taken out: started with another bot's token, it is in no community
that it serves, and whoever did that needs the time to notice."""

HEARD_FOR = timedelta(hours=1)
"""How long this process must have known of it, by a clock that nobody sets, before anything goes."""

_ALL = 1_000_000


async def going(store: Store, taken: Taken, event: BotRemoved, now: datetime) -> Committed:
    """Its data goes after its grace, counted from when we first hear of it: there is that much time in any case.

    That it is told again, as at every connection, puts nothing off.
    """
    due_at = now + (GRACE if event.is_live else GRACE_UNSEEN)
    waiting = await store.due_timers(due_at, _ALL)
    if any((each.kind, each.key) == (LEAVING_TIMER, event.community) for each in waiting):
        return await store.commit(Commit(done=(taken.key,)))
    timer = Timer(kind=LEAVING_TIMER, key=event.community, due_at=due_at, community=event.community)
    return await store.commit(Commit(done=(taken.key,), timers=(timer,)))


def staying(taken: Taken, event: BotReturned) -> Commit:
    """Its data stays, if the bot is put back in time."""
    return Commit(done=(taken.key,), cancelled_timers=((LEAVING_TIMER, event.community),))


class Presence:
    """Where the bot is, as far as this process was told itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._away: dict[CommunityId, tuple[datetime, float]] = {}
        self._there: set[CommunityId] = set()

    def heard(self, event: BotRemoved | BotReturned) -> None:
        """A platform said so; what it said before this process began may be long over."""
        if event.at < self._began:
            return
        if isinstance(event, BotReturned):
            self._away.pop(event.community, None)
            self._there.add(event.community)
        else:
            self._away.setdefault(event.community, (event.at, self._clock.monotonic()))
            self._there.discard(event.community)

    def is_there(self, community: CommunityId) -> bool:
        """Whether the last that was said is that it is there."""
        return community in self._there

    def is_away(self, community: CommunityId) -> bool:
        """Whether the last that was said is that it is not, and that some time ago."""
        known = self._away.get(community)
        return known is not None and self._clock.monotonic() - known[1] >= HEARD_FOR.total_seconds()

    def since(self, community: CommunityId) -> datetime:
        """From when on whatever is written there tells that the bot is there."""
        known = self._away.get(community)
        return known[0] if known else self._began
