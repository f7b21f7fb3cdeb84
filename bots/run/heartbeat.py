"""A sign of life for a service that wakes the owner when it stays away; it carries nothing and names nobody."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from core.model.card import Text
from core.ports import Clock, Notices

EVERY_S = 60.0
DEADLINE_S = 10.0
NOTICE = "heartbeat"


class Heartbeat:
    """Asks for one address every minute while all is well. The address is a secret: it is never logged or told."""

    def __init__(
        self,
        url: str,
        *,
        is_ready: Callable[[], Awaitable[bool]],
        clock: Clock,
        notices: Notices,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` stands for the network in tests."""
        self._url = url
        self._is_ready = is_ready
        self._clock = clock
        self._notices = notices
        self._transport = transport

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            if await self._is_ready():
                await self.beat()
            await self._clock.sleep(EVERY_S)

    async def beat(self) -> None:
        """Ask once; a failure is a notice and nothing more."""
        reason = await self._failure()
        if reason:
            self._notices.raise_notice(NOTICE, Text(key="notice.heartbeat", params={"reason": reason}))
        else:
            self._notices.clear_notice(NOTICE)

    async def _failure(self) -> str:
        """Why nobody heard it, "" when somebody did."""
        try:
            # A request of its own: a client's would add what names the program and its version.
            request = httpx.Request("GET", self._url)
            async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient(transport=self._transport) as client:
                answer = await client.send(request, stream=True, follow_redirects=False)
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return type(error).__name__
        return "" if answer.is_success else f"HTTP {answer.status_code}"
