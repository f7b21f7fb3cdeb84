"""Connections kept up side by side, and let go of in order: first nothing more comes in, at last nothing goes out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from bots.patience import Patience
from bots.supervisor import supervised
from core.errors import ConfigurationRefused
from core.ports import Clock, Connection, Notices

STOP_TAKING_IN_S = 2.0
CLOSE_S = 3.0


@asynccontextmanager
async def listening(
    connections: Mapping[str, Connection],
    *,
    clock: Clock,
    notices: Notices,
    patience: Patience,
    on_refused: Callable[[str, ConfigurationRefused], None],
) -> AsyncIterator[None]:
    """Bring in what each platform has until the block ends.

    One that fails starts again after a pause and the others go on; `on_refused` hears of what only the owner can mend.
    """

    def told(name: str, connection: Connection) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            try:
                await connection.run()
            except ConfigurationRefused as refused:
                on_refused(name, refused)
                raise

        return run

    loops = {name: told(name, each) for name, each in connections.items()}

    async def listen() -> None:
        async with supervised(loops, clock, notices):
            await asyncio.Event().wait()

    task = asyncio.create_task(listen(), name="connections")
    try:
        yield
    finally:
        task.cancel()
        await patience.give("taking_in", STOP_TAKING_IN_S, _ended(task))


async def close(connections: Mapping[str, Connection], patience: Patience) -> None:
    """Close every connection, side by side."""
    async with asyncio.TaskGroup() as tasks:
        for name, connection in connections.items():
            tasks.create_task(patience.give(f"connection.{name}", CLOSE_S, connection.close()))


async def _ended(task: "asyncio.Task[None]") -> None:
    await asyncio.wait({task})
