"""How long an end may take: every step of it has seconds of its own, and none is waited for once somebody hurries.

What is cut off is not lost: intake, outbox and timers are on disk, and the next start takes them up again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

log = structlog.get_logger()

LET_GO_S = 0.5
"""How long something that was cut off may take to let go; then it is left behind."""


class Patience:
    """Gives each step of an end its time; `was_enough` says whether every one of them came to its end."""

    def __init__(self) -> None:
        self.was_enough = True
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Wait for nothing any more; may repeat."""
        self._hurry.set()

    async def give(self, step: str, seconds: float, work: Coroutine[Any, Any, object]) -> bool:
        """Let `work` go on for `seconds`; returns whether it came to its end. Never raises for its sake."""
        working = asyncio.create_task(work, name=step)
        hurried = asyncio.create_task(self._hurry.wait(), name=f"hurry {step}")
        try:
            await asyncio.wait({working, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                log.warning("end_cut_off", kind=step)
                working.cancel()
                await asyncio.wait({working}, timeout=LET_GO_S)
        finally:
            hurried.cancel()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await hurried
        has_ended = working.done() and not working.cancelled()
        if has_ended and (error := working.exception()) is not None:
            log.error("end_failed", kind=step, exc_info=error)
            has_ended = False
        self.was_enough = self.was_enough and has_ended
        return has_ended

    async def close(self, step: str, seconds: float, closing: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """`give` for what is only begun then, such as a callback of an exit stack."""
        await self.give(step, seconds, closing())
