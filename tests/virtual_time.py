"""An event loop whose time passes only when nobody has anything to do, and then at once: hours go by in moments.

Everything that waits, waits in the loop's own time, so the real loops of the bot run here with their own deadlines,
pauses and wake-ups. Nothing in it may wait for a thread or a socket: that would never come.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.clock import START

T = TypeVar("T")


class _Leap(selectors.SelectSelector):
    """Waits for nothing: the time it should have waited has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits for ever")
        if not ready and timeout:
            self.passed_s += timeout
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.passed_s


def run_in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, however long that takes in there."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(work)


class LoopClock:
    """Speaks `core.ports.Clock` in the running loop's time; the wall clock can be set."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back: no time passes."""
        self._start += by
