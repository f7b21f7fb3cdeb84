"""Runs loops and adapters side by side: one that fails starts again after a pause, and the rest go on.

One that only the owner can mend (a revoked token) is tried again seldom, and people are told what to do.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from core.errors import ConfigurationRefused
from core.flow.cancelling import is_asked_to_end
from core.model.card import Text
from core.ports import Clock, Notices

log = structlog.get_logger()

PAUSES_S = (0.2, 1.0, 5.0, 15.0, 60.0)
STEADY_AFTER_S = 60.0
"""After running this long without failing, the notice goes and the next pause is the shortest again."""

LOOP_NOTICE = "loop."
"""How the keys of notices begin that tell of a loop which fails; its name follows."""

REFUSED_PAUSE_S = 900.0
"""Between two tries of what only the owner can mend: platforms shut out who keeps coming with a bad token."""


@asynccontextmanager
async def supervised(
    loops: Mapping[str, Callable[[], Awaitable[None]]], clock: Clock, notices: Notices
) -> AsyncIterator[None]:
    """Keep every loop running inside the block; leaving it cancels them and waits for their end."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_kept_up(name, loop, clock, notices), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def _kept_up(name: str, loop: Callable[[], Awaitable[None]], clock: Clock, notices: Notices) -> None:
    failures = 0
    notice = f"{LOOP_NOTICE}{name}"

    async def steady() -> None:
        nonlocal failures
        await clock.sleep(STEADY_AFTER_S)
        failures = 0
        notices.clear_notice(notice)

    while True:
        watch = asyncio.create_task(steady(), name=f"steady {name}")
        try:
            await loop()
            notices.clear_notice(notice)
            return
        except ConfigurationRefused as refused:
            log.error("loop_refused", kind=name, setting=refused.path)
            params: dict[str, str | int] = {"loop": name, "reason": str(refused), "minutes": int(REFUSED_PAUSE_S // 60)}
            notices.raise_notice(notice, Text(key="notice.mend", params=params))
            pause_s = REFUSED_PAUSE_S
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_asked_to_end():
                raise
            log.exception("loop_failed", kind=name, attempts=failures + 1)
            notices.raise_notice(notice, Text(key="notice.loop", params={"loop": name}))
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
        finally:
            watch.cancel()
        await clock.sleep(pause_s)
        failures += 1
