"""Whether the event loop turns: how late it woke somebody who wanted to be woken, at worst in the last minute."""

import asyncio
from collections import deque

EVERY_S = 0.5
REMEMBERED = 120
"""A minute of beats."""


class Pulse:
    """Beats for as long as `run` does."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def lag_s(self) -> float:
        """The worst delay of the last minute; 0 before the first beat."""
        return max(self._late, default=0.0)

    async def run(self) -> None:
        """Beat until cancelled. It reads the loop's own clock: that clock's lateness is what is measured."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self._late.append(max(0.0, loop.time() - due))
