"""A worker as the parent sees it: starts, asks, kills and replaces the process that runs the filters."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from adapters.worker.frames import HEADER, Broken, Ready, Recipe, decode, encode
from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.flow.screening import FilterInfo
from core.model.finding import Verdict

START_DEADLINE_S = 30.0


class ProcessWorker:
    """Speaks `core.ports.Worker`; one batch at a time."""

    def __init__(self, recipe: Recipe, start_deadline_s: float | None = None) -> None:
        """A worker that was not started yet; `START_DEADLINE_S` is the deadline of its start, unless one is given."""
        self._recipe = recipe
        self._start_deadline_s = START_DEADLINE_S if start_deadline_s is None else start_deadline_s
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False
        self.filters: tuple[FilterInfo, ...] = ()

    async def start(self) -> tuple[FilterInfo, ...]:
        """Start the process and wait until its filters are made; returns them.

        Raises: `ConfigurationRefused` when they can't be made.
        """
        async with self._lock:
            try:
                await self._start()
            except TimeoutError as error:
                reason = f"they were not ready within {self._start_deadline_s:.0f} seconds"
                raise _refused(Broken(reason=reason)) from error
            except (EOFError, OSError) as error:
                raise _refused(Broken(reason="their process ended while they were made")) from error
        return self.filters

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """Judge in the process. A cancelled or failed call ends it; the next one starts another."""
        async with self._lock:
            if self._process is None:
                await self._start()
            try:
                await self._write(batch)
                answer = await self._read()
            except BaseException:  # an answer that nobody read must not become the next batch's
                await self._kill()
                raise
        if not isinstance(answer, list):
            raise ConnectionError("the worker answered out of turn")
        return answer

    async def replace(self) -> None:
        """Kill the process, whatever it is doing, and start another."""
        async with self._lock:
            await self._kill()
            if not self._is_closed:
                await self._start()

    async def close(self) -> None:
        """End the process for good."""
        self._is_closed = True
        async with self._lock:
            await self._kill()

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "adapters.worker.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl+C is for the parent, also while the child can't ignore it yet
        )
        try:
            async with asyncio.timeout(self._start_deadline_s):
                await self._write(self._recipe)
                answer = await self._read()
        except BaseException:
            await self._kill()
            raise
        if isinstance(answer, Broken):
            await self._kill()
            raise _refused(answer)
        if not isinstance(answer, Ready):
            await self._kill()
            raise ConnectionError("the worker did not say that it is ready")
        self.filters = tuple(FilterInfo(name=name, categories=kinds) for name, kinds in answer.filters)

    async def _write(self, value: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise ConnectionError("the worker is not running")
        self._process.stdin.write(encode(value))
        await self._process.stdin.drain()

    async def _read(self) -> Any:
        if self._process is None or self._process.stdout is None:
            raise ConnectionError("the worker is not running")
        stream = self._process.stdout
        (length,) = HEADER.unpack(await stream.readexactly(HEADER.size))
        return decode(await stream.readexactly(length))

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
            with suppress(ConnectionError):
                await process.stdin.wait_closed()


def _refused(broken: Broken) -> ConfigurationRefused:
    return ConfigurationRefused(broken.path, broken.reason, broken.hint)
