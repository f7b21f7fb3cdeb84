"""Server-sent events: which part of a page should look again. Bursts are joined into a few hints a second."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import StreamingResponse

from adapters.console.sources import Stop, Tell

PAUSE_S = 0.1
"""Between two hints to one browser, so that a raid or a replay doesn't make it reload all the time."""
HEARTBEAT_S = 15.0
EVENT_OF_TOPIC = {"chat": "chat", "cards": "queue", "queue": "queue", "notices": "top", "player": "top"}


class Telling(Protocol):
    """Anything that tells what changed."""

    def listen(self, listener: Tell) -> Stop: ...


class Stream:
    """The `/events` address."""

    def __init__(self, sources: Sequence[Telling]) -> None:
        self._sources = sources

    async def serve(self, request: Request) -> StreamingResponse:
        """An endless answer of hints; ends when the browser goes."""
        return StreamingResponse(
            self.hints(),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no", "cache-control": "no-store"},
        )

    async def hints(self) -> AsyncGenerator[str, None]:
        """Hints as they travel; everything is hinted at first, since something may have changed before."""
        pending = set(EVENT_OF_TOPIC.values())
        changed = asyncio.Event()
        changed.set()

        def hear(topic: str) -> None:
            pending.add(EVENT_OF_TOPIC[topic])
            changed.set()

        stops = [source.listen(hear) for source in self._sources]
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await changed.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                changed.clear()
                events = sorted(pending)
                pending.clear()
                yield "".join(f"event: {event}\ndata: {secrets.token_hex(4)}\n\n" for event in events)
                await asyncio.sleep(PAUSE_S)
        finally:
            for stop in stops:
                stop()
