"""A worker that takes long to start: a large model is loaded aside, and batches don't wait for it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from adapters.worker.process import ProcessWorker
from core.flow.filter import Seen
from core.flow.screening import FilterInfo
from core.model.finding import Verdict


class StartsAside:
    """Speaks `core.ports.Worker`; while its process is being replaced every batch fails at once."""

    def __init__(self, worker: ProcessWorker) -> None:
        self._worker = worker
        self._replacing: asyncio.Task[None] | None = None

    async def start(self) -> tuple[FilterInfo, ...]:
        """As `ProcessWorker.start`: the first start is waited for."""
        return await self._worker.start()

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """Judge in the process. Raises: also `ConnectionError` while there is none."""
        if self._replacing is not None:
            if not self._replacing.done() or self._replacing.exception() is not None:
                raise ConnectionError("the worker is not ready yet")
            self._replacing = None
        return await self._worker.screen(batch)

    async def replace(self) -> None:
        """See to it that another process is being started, and return."""
        if self._replacing is None or self._replacing.done():
            self._replacing = asyncio.create_task(self._worker.replace(), name="replace-worker")

    async def close(self) -> None:
        """End the process for good, also one that is being started."""
        replacing, self._replacing = self._replacing, None
        if replacing is not None:
            replacing.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await replacing
        await self._worker.close()
