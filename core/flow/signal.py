"""A wake-up between loops: cheap to raise, never lost, waited for with a limit."""

import asyncio
from contextlib import suppress


class Wake:
    """Says that something may have changed; several raises before a wait count as one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        """Raise it."""
        self._event.set()

    async def wait(self, at_most_s: float) -> None:
        """Return when raised since the last wait, or after `at_most_s` seconds of the loop's time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        self._event.clear()
