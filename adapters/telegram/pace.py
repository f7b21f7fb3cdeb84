"""Not faster than Telegram takes: one message a second a chat, 20 a minute a group, about 30 requests a second in all.

Turns are given per chat, so that a flood or a pause in one delays no other. The less urgent a lane is, the sooner its
share of a limit is used up: what is left is for alerts, and the last of it for crisis. An edit counts as a message.
"""

import bisect
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from core.errors import RetryLater
from core.model.action import Lane
from core.ports import Clock

LONGEST_WAIT_S = 2.0
"""A turn further away than this is not waited for: the caller comes again, and holds nobody up meanwhile."""

GAP_S = 1.0
WINDOW_S = 60.0
GROUP_SHARE: Mapping[Lane, int] = {Lane.CRISIS: 20, Lane.ALERT: 18, Lane.ENFORCEMENT: 16, Lane.HOUSEKEEPING: 12}
"""Messages a minute in one group, down to and with that lane."""

TOTAL_SHARE: Mapping[Lane, int] = {Lane.CRISIS: 28, Lane.ALERT: 25, Lane.ENFORCEMENT: 20, Lane.HOUSEKEEPING: 12}
"""Requests a second in all, down to and with that lane."""

CHATS_KEPT = 2_000


@dataclass(slots=True)
class _Chat:
    turns: deque[float] = field(default_factory=lambda: deque(maxlen=max(GROUP_SHARE.values())))
    held_until: float = 0.0

    def is_idle(self, now: float) -> bool:
        return self.held_until <= now and (not self.turns or self.turns[-1] <= now - WINDOW_S)


class Pace:
    """When the next request may go out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chats: dict[int, _Chat] = {}
        self._total: list[float] = []

    async def turn(self, chat: int, lane: Lane, *, is_message: bool) -> None:
        """Wait until a request about that chat may go out; groups have negative ids.

        Raises: `RetryLater`: the turn is more than `LONGEST_WAIT_S` away, and was not taken.
        """
        now = self._clock.monotonic()
        at = self._next(chat, lane, is_message, now)
        if at - now > LONGEST_WAIT_S:
            raise RetryLater(reason="Telegram takes no more of this yet", after=timedelta(seconds=at - now))
        bisect.insort(self._total, at)
        if is_message:
            self._chat(chat, now).turns.append(at)
        if at > now:
            await self._clock.sleep(at - now)

    def hold(self, chat: int, wait: timedelta) -> None:
        """Nothing goes to that chat for so long: Telegram asked for it."""
        now = self._clock.monotonic()
        held = self._chat(chat, now)
        held.held_until = max(held.held_until, now + wait.total_seconds())

    def _next(self, chat: int, lane: Lane, is_message: bool, now: float) -> float:
        at = now
        known = self._chats.get(chat)
        if known is not None:
            at = max(at, known.held_until)
            if is_message and known.turns:
                at = max(at, known.turns[-1] + GAP_S)
                share = GROUP_SHARE[lane]
                if chat < 0 and len(known.turns) >= share:
                    at = max(at, known.turns[-share] + WINDOW_S)
        del self._total[: bisect.bisect_right(self._total, now - 1.0)]
        share = TOTAL_SHARE[lane]
        return max(at, self._total[-share] + 1.0) if len(self._total) >= share else at

    def _chat(self, chat: int, now: float) -> _Chat:
        if chat not in self._chats and len(self._chats) >= CHATS_KEPT:
            self._chats = {each: kept for each, kept in self._chats.items() if not kept.is_idle(now)}
        return self._chats.setdefault(chat, _Chat())
