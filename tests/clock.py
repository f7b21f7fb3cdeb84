"""A clock that tests move."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """Speaks `core.ports.Clock`; time stands still until `advance`.

    Sleepers whose time has come are woken by `advance`; they run as soon as the test awaits anything.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = timedelta()
        self._sleepers: list[tuple[timedelta, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed.total_seconds()

    @property
    def sleepers(self) -> int:
        """How many are asleep: a test can wait for a loop to be back in its sleep before it moves time."""
        return sum(not future.done() for _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + timedelta(seconds=seconds), woken))
        await woken

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back, as people and time servers do: no time passes."""
        self._start += by

    def advance(self, by: timedelta) -> None:
        """Move time forward and wake, in order, everyone whose sleep is over."""
        self._elapsed += by
        due = sorted((each for each in self._sleepers if each[0] <= self._elapsed), key=lambda each: each[0])
        self._sleepers = [each for each in self._sleepers if each[0] > self._elapsed]
        for _, woken in due:
            if not woken.done():
                woken.set_result(None)
