"""One community on each platform whose `Board` is under test.

To add a platform: a class that speaks `BoardHouse`, and its name in `HOUSES`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from adapters.local.board import BoardPost, Trouble
from adapters.local.journal import Journal
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform
from core.member_ports import Board
from core.model.message import Channel, ChannelId
from core.model.standing import PostKind
from tests.clock import FakeClock
from tests.contract.board_house import BoardHouse, SeenPost
from tests.contract.discord_house import a_discord_house
from tests.contract.telegram_house import a_telegram_house


class LocalHouse:
    """The local platform with a journal."""

    has_pin_limit = True
    finds_lost_posts = True
    community = HARBOUR
    channel = ChannelId("harbour")
    elsewhere = ChannelId("games")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = FakeClock()
        self._start()

    def _start(self) -> None:
        self._journal = Journal(self._path)
        self._platform = LocalPlatform(
            intake=MemoryIntake(),
            clock=self._clock,
            members=(),
            channels=[Channel(id=each, name=each) for each in (self.channel, self.elsewhere)],
            journal=self._journal,
        )

    @property
    def board(self) -> Board:
        return self._platform.board

    async def posts(self, channel: ChannelId) -> Sequence[SeenPost]:
        return [
            SeenPost(receipt=each.receipt, words=each.words, is_pinned=each.is_pinned)
            for each in self._platform.board.posts(channel)
        ]

    async def unpin(self, receipt: str) -> None:
        post = self._post(receipt)
        await self._platform.board.unpin(post.channel, post.kind)

    async def delete(self, receipt: str) -> None:
        post = self._post(receipt)
        await self._platform.board.delete_post(post.channel, post.kind)

    async def forbid(self, channel: ChannelId, *, is_forbidden: bool = True) -> None:
        self._platform.board.beset(channel, Trouble.FORBIDDEN if is_forbidden else None)

    async def fill(self, channel: ChannelId, *, is_full: bool = True) -> None:
        self._platform.board.beset(channel, Trouble.FULL if is_full else None)

    async def be_busy(self, *, is_busy: bool = True) -> None:
        for each in (self.channel, self.elsewhere):
            self._platform.board.beset(each, Trouble.BUSY if is_busy else None)

    async def lose_the_next_answer(self) -> None:
        self._platform.board.fail_next(Trouble.ANSWER_LOST)

    async def remove_channel(self, channel: ChannelId) -> None:
        for kind in PostKind:
            await self._platform.board.delete_post(channel, kind)
        self._platform.board.beset(channel, Trouble.GONE)

    async def restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self._journal.close()

    def _post(self, receipt: str) -> BoardPost:
        channels = (self.channel, self.elsewhere)
        return next(p for each in channels for p in self._platform.board.posts(each) if p.receipt == receipt)


@asynccontextmanager
async def _local(folder: Path) -> AsyncIterator[BoardHouse]:
    house = LocalHouse(folder / "platform.jsonl")
    yield house
    house.close()


HOUSES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[BoardHouse]]] = {
    "local": _local,
    "discord": a_discord_house,
    "telegram": a_telegram_house,
}
"""By the name of the platform: opens its house, with a folder of its own."""
