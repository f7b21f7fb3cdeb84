"""Server-sent events: which part of a page should look again. Bursts are joined into a few hints a second."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import StreamingResponse

from adapters.console.ending import Ending
from adapters.console.sources import Stop, Tell

PAUSE_S = 0.1
"""Between two hints to one browser, so that a raid or a replay doesn't make it reload all the time."""
HEARTBEAT_S = 15.0
EVENT_OF_TOPIC = {
    "chat": "chat",
    "cards": "queue",
    "queue": "queue",
    "notices": "top",
    "player": "top",
    "private": "private",
}


class Telling(Protocol):
    """Anything that tells what changed."""

    def listen(self, listener: Tell) -> Stop: ...


class Stream:
    """The `/events` address."""

    def __init__(self, sources: Sequence[Telling], ending: Ending | None = None) -> None:
        """Hints at what `sources` tell, until `ending` is asked for."""
        self._sources = sources
        self._ending = ending or Ending()

    async def serve(self, request: Request) -> StreamingResponse:
        """An answer of hints that ends when the browser goes, or the console."""
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
        stops.append(self._ending.listen(lambda _: changed.set()))
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await changed.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if self._ending.is_asked:
                    return
                changed.clear()
                events = sorted(pending)
                pending.clear()
                yield "".join(f"event: {event}\ndata: {secrets.token_hex(4)}\n\n" for event in events)
                await asyncio.sleep(PAUSE_S)
        finally:
            for stop in stops:
                stop()
