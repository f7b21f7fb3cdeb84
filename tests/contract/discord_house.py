"""Discord under the contract of `Board`: the small server on loopback, through the unmodified library."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import discord
import pytest

from core.member_ports import Board
from core.model.message import ChannelId
from tests.adapters.discord.fake_discord import Failure, FakeDiscord, serving
from tests.adapters.discord.house import HARBOUR, Stage, a_stage
from tests.adapters.discord.made_up import ALERTS, BOT_ID, BOT_ROLE, GENERAL
from tests.contract.board_house import BoardHouse, SeenPost

NEEDED = discord.Permissions(send_messages=True, pin_messages=True)
BUSY = {"message": "synthetic", "retry_after": 30.0, "global": False}


class DiscordHouse:
    """One server; the bot can be started anew."""

    has_pin_limit = True
    finds_lost_posts = True
    community = HARBOUR.id
    channel = ChannelId(str(GENERAL))
    elsewhere = ChannelId(str(ALERTS))

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake
        self._running = AsyncExitStack()
        self._stage: Stage | None = None
        self._said = 0

    @property
    def board(self) -> Board:
        assert self._stage is not None
        return self._stage.connection.board

    async def posts(self, channel: ChannelId) -> Sequence[SeenPost]:
        return [
            SeenPost(receipt=each["id"], words=each["content"], is_pinned=each["pinned"])
            for each in self._fake.posted(int(channel))
            if each["author"]["id"] == str(BOT_ID)
        ]

    async def unpin(self, receipt: str) -> None:
        self._fake.unpin(self._where(receipt), int(receipt))

    async def delete(self, receipt: str) -> None:
        del self._fake.messages[self._where(receipt)][int(receipt)]

    async def forbid(self, channel: ChannelId, *, is_forbidden: bool = True) -> None:
        told = self._fake.channels[int(channel)]
        kept = [each for each in told["permission_overwrites"] if each["id"] != str(BOT_ROLE)]
        denied = str(NEEDED.value if is_forbidden else 0)
        told["permission_overwrites"] = [*kept, {"id": str(BOT_ROLE), "type": 0, "allow": "0", "deny": denied}]
        await self._fake.emit("CHANNEL_UPDATE", told)
        assert self._stage is not None
        self._said += 1
        await self._fake.emit("MESSAGE_CREATE", self._fake.a_message("afterwards", nth=1_000_000 + self._said))
        await self._stage.received(len(self._stage.intake.events) + 1)

    async def fill(self, channel: ChannelId, *, is_full: bool = True) -> None:
        self._fake.pins_at_most = len(self._fake.pinned(int(channel))) if is_full else 250

    async def be_busy(self, *, is_busy: bool = True) -> None:
        self._fake.mend()
        if is_busy:
            for method in ("GET", "POST", "PUT", "PATCH"):
                self._fake.fail(method, "/channels/.*", Failure(429, BUSY, {"Retry-After": "30"}, times=99))

    async def lose_the_next_answer(self) -> None:
        self._fake.fail("POST", "/channels/.*", Failure(503, after_effect=True))

    async def remove_channel(self, channel: ChannelId) -> None:
        self._fake.messages.pop(int(channel), None)
        gone = {"message": "Unknown Channel", "code": 10003}
        for method in ("GET", "POST", "PUT", "PATCH"):
            self._fake.fail(method, f"/channels/{channel}/.*", Failure(404, gone, times=99))

    async def restart(self) -> None:
        await self._running.aclose()
        self._stage = await self._running.enter_async_context(a_stage(self._fake))
        await self._stage.start()

    async def close(self) -> None:
        """End the bot."""
        await self._running.aclose()

    def _where(self, receipt: str) -> int:
        return next(channel for channel, messages in self._fake.messages.items() if int(receipt) in messages)


@asynccontextmanager
async def a_discord_house(folder: Path) -> AsyncIterator[BoardHouse]:
    """A server with the bot in it."""
    with pytest.MonkeyPatch.context() as patch:
        async with serving(patch) as fake:
            house = DiscordHouse(fake)
            await house.restart()
            try:
                yield house
            finally:
                await house.close()
