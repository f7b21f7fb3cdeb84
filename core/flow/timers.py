"""Everything that waits: one loop claims due timers, and firing one is a commit that happens once.

A timer is a row (kind, key, when) written in the same transaction as what set it. Its handler only says what to
write; the commit carries the timer as fired, so a second process, a restart or a repeat writes nothing again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.errors import Unavailable
from core.flow.signal import Wake
from core.model.card import Text
from core.model.record import Commit, Committed, Timer
from core.ports import Clock, Notices, Store

Handler = Callable[[Timer], Awaitable[Commit]]
"""Says what to write when a timer is due; reads what it needs, writes nothing itself."""

LOOK_AGAIN_S = 0.5
"""The longest time between two looks: bounds what a jump of the clock, or a sleep of the machine, can delay."""

PUT_OFF = timedelta(minutes=1)
"""How long a timer waits whose handler failed or is unknown to this version."""

CLOCK_BACK_TIMER = "clock_back"
"""Set by the loop itself when the clock was set back by more than `SET_BACK_BY`."""

SET_BACK_BY = timedelta(seconds=30)
"""Less than that no call comes late by more than a person would notice."""

MAX_TRIES = 50
LIMIT = 128
AT_ONCE = 32
"""How many fire at once: their commits share a disk flush."""


class Timers:
    """The one loop that fires timers."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handlers: Mapping[str, Handler],
        notices: Notices,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handlers = handlers
        self._notices = notices
        self._wake = wake
        self._ahead: timedelta | None = None
        self.changed = Wake()
        """Raise it when a commit may have set a timer."""

    async def run(self) -> None:
        """Fire what is due until cancelled."""
        while True:
            try:
                fired = await self.fire_due()
                wait_s = 0.0 if fired == LIMIT else await self._until_next()
            except Unavailable:
                wait_s = LOOK_AGAIN_S
            await self.changed.wait(wait_s)

    async def fire_due(self) -> int:
        """Fire what is due now; returns how many timers were looked at."""
        await self._watch_clock()
        due = await self._store.due_timers(self._clock.now(), LIMIT)
        lost: list[Timer] = []
        for first in range(0, len(due), AT_ONCE):
            batch = due[first : first + AT_ONCE]
            settled = await asyncio.gather(*map(self._is_settled, batch), return_exceptions=True)
            for timer, answer in zip(batch, settled, strict=True):
                if isinstance(answer, BaseException):
                    raise answer
                if not answer:
                    lost.append(timer)
        if lost:
            raise Unavailable(reason=f"a case kept changing while its {lost[0].kind} timer was firing")
        return len(due)

    async def _watch_clock(self) -> None:
        """See that the clock was set back, against one that never goes back."""
        now = self._clock.now()
        ahead = now - datetime.min.replace(tzinfo=UTC) - timedelta(seconds=self._clock.monotonic())
        is_back = self._ahead is not None and self._ahead - ahead > SET_BACK_BY
        if is_back and CLOCK_BACK_TIMER in self._handlers:
            await self._store.commit(Commit(timers=(Timer(kind=CLOCK_BACK_TIMER, key="all", due_at=now),)))
        self._ahead = ahead

    async def _is_settled(self, timer: Timer) -> bool:
        """Whether it fired or was put off."""
        try:
            return await self._has_fired(timer, self._handlers[timer.kind])
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - one timer's boundary: it is put off, the others fire, people are told
            await self._put_off(timer)
            return True

    async def _put_off(self, timer: Timer) -> None:
        """Its next try; one that somebody moved or cancelled meanwhile is left as they want it."""
        self._notices.raise_notice(_notice_key(timer), Text(key="notice.timer", params={"kind": timer.kind}))
        later = replace(timer, due_at=self._clock.now() + PUT_OFF)
        await self._store.commit(Commit(fired_timers=(timer,), timers=(later,)))

    async def _has_fired(self, timer: Timer, handler: Handler) -> bool:
        """False where other writers won every time: it is left in its place for the next look."""
        for _ in range(MAX_TRIES):
            unit = replace(await handler(timer), fired_timers=(timer,))
            if await self._store.commit(unit) is not Committed.STALE:
                self._notices.clear_notice(_notice_key(timer))
                self._wake()
                return True
        return False

    async def _until_next(self) -> float:
        at = await self._store.next_timer_at()
        if at is None:
            return LOOK_AGAIN_S
        return min(max((at - self._clock.now()).total_seconds(), 0.05), LOOK_AGAIN_S)


def _notice_key(timer: Timer) -> str:
    return f"timer.{timer.kind}"
