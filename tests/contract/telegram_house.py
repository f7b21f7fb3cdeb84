"""Telegram under the contract of `Board`: the fake Bot API on loopback, through the unmodified library."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from core.member_ports import Board
from core.model.message import ChannelId, CommunityId
from core.model.post import Kept, Post
from core.model.standing import PostKind
from tests.adapters.telegram.fake_telegram import BOT, GROUP, STAFF, FakeTelegram, an_administrator
from tests.adapters.telegram.house import HARBOUR, House
from tests.contract.board_house import BoardHouse, SeenPost


class Paced:
    """Speaks `Board`; time passes as Telegram's pace asks for it."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def keep(self, post: Post, receipt: str) -> Kept:
        return await self._house.paced(self._house.connection.board.keep(post, receipt))

    async def drop(self, community: CommunityId, channel: ChannelId, kind: PostKind, receipt: str) -> None:
        await self._house.paced(self._house.connection.board.drop(community, channel, kind, receipt))


class TelegramHouse:
    """One group and the staff's, with the bot an administrator in both."""

    has_pin_limit = False
    finds_lost_posts = False
    community = HARBOUR
    channel = ChannelId(str(GROUP))
    elsewhere = ChannelId(str(STAFF))

    def __init__(self, telegram: FakeTelegram) -> None:
        self._telegram = telegram
        self.house = House(telegram)
        for each in (GROUP, STAFF):
            telegram.members[each, telegram.me["id"]] = an_administrator(BOT)

    @property
    def board(self) -> Board:
        return Paced(self.house)

    async def posts(self, channel: ChannelId) -> Sequence[SeenPost]:
        return [
            SeenPost(receipt=f"{chat}:{number}", words=words, is_pinned=(chat, number) in self._telegram.pinned)
            for (chat, number), words in self._telegram.posted.items()
            if str(chat) == channel
        ]

    async def unpin(self, receipt: str) -> None:
        self._telegram.pinned.discard(_of(receipt))

    async def delete(self, receipt: str) -> None:
        self._telegram.take_away(*_of(receipt))

    async def forbid(self, channel: ChannelId, *, is_forbidden: bool = True) -> None:
        me = self._telegram.me["id"]
        self._telegram.members[int(channel), me] = an_administrator(BOT, can_pin_messages=not is_forbidden)

    async def fill(self, channel: ChannelId, *, is_full: bool = True) -> None:
        """Telegram has no such limit."""

    async def be_busy(self, *, is_busy: bool = True) -> None:
        self._telegram.mend()
        if is_busy:
            self._telegram.limit("getChat", 30, times=99)

    async def lose_the_next_answer(self) -> None:
        self._telegram.trouble("sendMessage", cuts=True, happens=True)

    async def remove_channel(self, channel: ChannelId) -> None:
        del self._telegram.chats[int(channel)]
        for where, number in list(self._telegram.posted):
            if str(where) == channel:
                self._telegram.take_away(where, number)

    async def restart(self) -> None:
        await self.house.restart()


@asynccontextmanager
async def a_telegram_house(folder: Path) -> AsyncIterator[BoardHouse]:
    """A group with the bot in it; nothing is said that the published specification doesn't know."""
    async with FakeTelegram() as telegram:
        house = TelegramHouse(telegram)
        async with house.house:
            yield house
    assert telegram.faults == []


def _of(receipt: str) -> tuple[int, int]:
    chat, _, number = receipt.partition(":")
    return int(chat), int(number)
