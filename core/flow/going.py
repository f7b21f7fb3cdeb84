"""The bot was taken out of a community, or put back: what is written down of that. Pure.

A platform says so in so many words; that a community can't be reached, however long, never counts as that.
"""

from datetime import datetime, timedelta

from core.model.event import BotRemoved, BotReturned
from core.model.record import Commit, Timer
from core.ports import Taken

LEAVING_TIMER = "leaving"

GRACE = timedelta(hours=24)
"""How long the data of a community that took the bot out waits for it to be put back."""


def going(taken: Taken, event: BotRemoved, now: datetime) -> Commit:
    """Its data goes after `GRACE`; counted from when we hear of it, so that there is that much time in any case."""
    timer = Timer(kind=LEAVING_TIMER, key=event.community, due_at=now + GRACE, community=event.community)
    return Commit(done=(taken.key,), timers=(timer,))


def staying(taken: Taken, event: BotReturned) -> Commit:
    """Its data stays, if the bot is put back in time."""
    return Commit(done=(taken.key,), cancelled_timers=((LEAVING_TIMER, event.community),))
