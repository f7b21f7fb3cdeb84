"""The clock of the machine, and one that can be moved on: the demo's, so that a night takes a minute."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Speaks `core.ports.Clock` with the system's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class MovableClock:
    """Speaks `core.ports.Clock` with the system's time and what it was moved on by.

    `now`, `monotonic` and `sleep` tell one and the same time: after a move a deadline taken from any of them is nearer
    by as much. Deadlines of work under way (`asyncio.timeout`) are the machine's and stay, so that a move cuts off no
    call.
    """

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        """`ahead` is how far it is before the system's time at first. Raises: `ValueError` when it is negative."""
        self._ahead = _forward(ahead)
        self._moved = asyncio.Event()
        self._listeners: set[Callable[[], None]] = set()

    @property
    def ahead(self) -> timedelta:
        """How far it was moved on."""
        return self._ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait; returns at once when time is moved past the end."""
        ends = self.monotonic() + seconds
        while (left := ends - self.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                return
        await asyncio.sleep(0)

    def move(self, by: timedelta) -> None:
        """Move time on: who sleeps past it wakes, and who listens hears. Raises: `ValueError` for a move back."""
        self._ahead += _forward(by)
        self._moved.set()
        self._moved = asyncio.Event()
        for listener in tuple(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every move until the returned function is called; it must not block or raise."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)


def _forward(by: timedelta) -> timedelta:
    if by < timedelta():
        raise ValueError("time goes forward only: timers that fired don't fire again")
    return by
