"""Whom Discord told to wait, and what it has refused: so that one place's limit holds back no other.

A target is one place and one sort of call ("post to channel 5"). At most a few calls to a target are under way at
once, except for crisis; when Discord says to wait, only that target does. What a community's settings forbid is not
asked again for a while: too many refused calls get a bot's address banned.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from core.errors import NotAllowed, RetryLater
from core.model.message import CommunityId
from core.ports import Clock

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE = 4
NEXT_TURN = timedelta(seconds=1)
REFUSED_FOR = timedelta(seconds=60)
KEPT = 10_000


class Pacing:
    """Who has to wait, and for how long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy: Counter[str] = Counter()
        self._waits: OrderedDict[str, datetime] = OrderedDict()
        self._refused: OrderedDict[tuple[CommunityId, str], tuple[datetime, NotAllowed]] = OrderedDict()

    @contextmanager
    def turn(self, target: str, *, is_urgent: bool) -> Iterator[None]:
        """One call to a target. Raises: `RetryLater` when it has to wait."""
        now = self._clock.now()
        until = self._waits.get(target, now)
        if until > now:
            raise RetryLater(reason="Discord asked to wait", after=until - now)
        if self._busy[target] >= AT_ONCE and not is_urgent:
            raise RetryLater(reason="others come first in this place", after=NEXT_TURN)
        self._busy[target] += 1
        try:
            yield
        finally:
            self._busy[target] -= 1
            if not self._busy[target]:
                del self._busy[target]

    def wait(self, target: str, after: timedelta) -> None:
        """Discord said to leave this target alone for so long."""
        _keep(self._waits, target, self._clock.now() + after)

    def refuse(self, community: CommunityId, scope: str, refusal: NotAllowed) -> None:
        """Discord said that the bot may not do this there; `scope` says how far that goes."""
        _keep(self._refused, (community, scope), (self._clock.now() + REFUSED_FOR, refusal))

    def check_refused(self, community: CommunityId, scope: str) -> None:
        """Raises: `NotAllowed` while asking again would be pointless."""
        until, refusal = self._refused.get((community, scope), (None, None))
        if until is not None and refusal is not None and until > self._clock.now():
            raise NotAllowed(reason=refusal.reason, permission=refusal.permission)


def _keep(places: OrderedDict[K, V], key: K, value: V) -> None:
    places[key] = value
    places.move_to_end(key)
    if len(places) > KEPT:
        places.popitem(last=False)
