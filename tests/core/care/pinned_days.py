"""Bad days for pinned posts, and how soon each was mended: judged from outside, by what members see.

The keeper's own loop runs in virtual time around the local platform's board. Moderators unpin and delete posts, the
owner edits directory and policy, the platform hangs, asks to wait or loses answers, the store refuses to write, the
clock is set, and the bot is killed at any moment, also between an effect and its answer. Half the time the platform
tells of no deletion.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.local.board import Trouble
from core.model.message import ChannelId
from core.model.policy import CommunityPolicy
from core.model.standing import PostKind
from tests.core.care.pinning import COMMUNITY, GAMES, GENERAL, HARBOUR, RULES, Seaside
from tests.virtual_time import LoopClock

WITHIN_S = 60.0
GIVEN_UP_AFTER_S = 600.0
LOOKED_EVERY_S = 1.0
OUTAGES_S = 15.0
"""How long the platform or the store refuses at most: that counts as time in which nothing was mended."""

PLACES = ((RULES, PostKind.NOTICE), (GENERAL, PostKind.HELP), (GAMES, PostKind.HELP), (RULES, PostKind.HELP))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the mishaps.

    Attributes:
        mishaps: How many of each kind; `felt` of them left something to mend.
        mended: How many were mended within a minute of their beginning.
        slowest_s: The longest time that one took.
        doubles: How often two posts of one kind were in one channel, at any moment.
        astray: How often the store did not know in the end what stands.
    """

    mishaps: Mapping[str, int]
    felt: int
    mended: int
    slowest_s: float
    median_s: float
    doubles: int
    astray: int
    made: int


class Days:
    """A community by the sea, and everything that can happen to it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = LoopClock()
        community = replace(COMMUNITY, help_channels=(GENERAL, GAMES, RULES))
        self.sea = Seaside(self.clock, community, pause=self._pause)
        self._running: asyncio.Task[None] | None = None
        self._outages: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self.mishaps: Mapping[str, Callable[[], Awaitable[None]]] = {
            "unpinned": self._unpinned,
            "deleted": self._deleted,
            "all unpinned": self._all_unpinned,
            "all deleted": self._all_deleted,
            "directory edited": self._directory_edited,
            "policy edited": self._policy_edited,
            "restarted": self._killed,
            "deleted while it was down": self._deleted_while_down,
            "killed while mending": self._killed_while_mending,
            "killed twice while mending": self._killed_twice,
            "answers lost": self._answers_lost,
            "channel busy": self._channel_busy,
            "channel silent": self._channel_silent,
            "store down": self._store_down,
            "clock set": self._clock_set,
        }

    async def begin(self) -> None:
        """Start, and wait until everything stands."""
        self._start()
        await self.until_mended()

    async def end(self) -> None:
        """Stop whatever runs."""
        for task in self._outages:
            task.cancel()
        await asyncio.gather(*self._outages, return_exceptions=True)
        await self._kill()

    async def until_mended(self) -> float:
        """Wait until everything is as wanted; returns how long that took, at most `GIVEN_UP_AFTER_S`."""
        began = self.clock.monotonic()
        while not self.sea.are_all_as_wanted() and self.clock.monotonic() - began < GIVEN_UP_AFTER_S:
            await self.sea.shown.wait(LOOKED_EVERY_S)
        return self.clock.monotonic() - began

    async def is_written_down(self) -> bool:
        """Whether the store comes to know what stands."""
        await asyncio.sleep(WITHIN_S)
        rows = {(each.channel, each.kind): each.receipt for each in await self.sea.store.standing(HARBOUR)}
        found = [post for channel in self.sea.channels for post in self.sea.posts(channel)]
        return rows == {(post.channel, post.kind): post.receipt for post in found}

    async def _pause(self) -> None:
        await asyncio.sleep(self.chance.choice((0.0, 0.02, 0.1, 0.5, 1.5)))

    def _start(self) -> None:
        self.sea.start()
        self._running = asyncio.create_task(self.sea.keeper.run())

    async def _kill(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def _place(self) -> tuple[ChannelId, PostKind]:
        return self.chance.choice(PLACES)

    async def _unpinned(self) -> None:
        await self.sea.board.unpin(*self._place())

    async def _deleted(self) -> None:
        await self.sea.board.delete_post(*self._place())

    async def _all_unpinned(self) -> None:
        for place in PLACES:
            await self.sea.board.unpin(*place)

    async def _all_deleted(self) -> None:
        for place in PLACES:
            await self.sea.board.delete_post(*place)

    async def _directory_edited(self) -> None:
        self._numbers += 1
        self.sea.edit_directory(f"555-01{self._numbers % 100:02}")
        if self.chance.random() < 0.5:
            self.sea.keeper.changed()

    async def _policy_edited(self) -> None:
        level = self.chance.choice((2, 5))
        self.sea.policy = CommunityPolicy.model_validate({"thresholds": {"toxicity": {"alert_level": level}}})

    async def _killed(self) -> None:
        await self._kill()
        await asyncio.sleep(self.chance.uniform(0, 5))
        self._start()

    async def _deleted_while_down(self) -> None:
        await self._kill()
        await self._deleted()
        await self._unpinned()
        await asyncio.sleep(self.chance.uniform(0, 5))
        self._start()

    async def _killed_while_mending(self) -> None:
        await self._all_deleted()
        await asyncio.sleep(self.chance.uniform(0, 18))
        await self._killed()

    async def _killed_twice(self) -> None:
        await self._all_deleted()
        for _ in range(2):
            await asyncio.sleep(self.chance.uniform(0, 6))
            await self._killed()

    async def _answers_lost(self) -> None:
        self.sea.board.fail_next(Trouble.ANSWER_LOST, times=self.chance.randint(1, 4))
        await self._all_deleted()

    async def _channel_busy(self) -> None:
        await self._beset(Trouble.BUSY)

    async def _channel_silent(self) -> None:
        await self._beset(Trouble.SILENT)

    async def _beset(self, trouble: Trouble) -> None:
        channel, kind = self._place()
        self.sea.board.beset(channel, trouble)
        self._later(lambda: self.sea.board.beset(channel, None))
        await self.sea.board.delete_post(channel, kind)

    async def _store_down(self) -> None:
        self.sea.store.is_down = True
        self._later(self._store_up)
        await self._all_deleted()

    def _store_up(self) -> None:
        self.sea.store.is_down = False

    async def _clock_set(self) -> None:
        self.clock.jump(timedelta(hours=self.chance.choice((-5000, -30, -1, 1, 30, 5000))))
        await self._deleted()

    def _later(self, over: Callable[[], None]) -> None:
        async def ends() -> None:
            await asyncio.sleep(self.chance.uniform(1, OUTAGES_S))
            over()

        task = asyncio.create_task(ends())
        self._outages.add(task)
        task.add_done_callback(self._outages.discard)


async def pinned_days(seed: int, mishaps: int) -> Outcome:
    """So many mishaps, one after the other, each at a random moment of the keeper's round."""
    days = Days(seed)
    await days.begin()
    took: list[float] = []
    befell: Counter[str] = Counter()
    felt = astray = 0
    for _ in range(mishaps):
        await asyncio.sleep(days.chance.uniform(0, 25))
        name = days.chance.choice(sorted(days.mishaps))
        days.sea.tells_of_deletions = days.chance.random() < 0.5
        befell[name] += 1
        began = days.clock.monotonic()
        await days.mishaps[name]()
        felt += await days.until_mended() > 0
        took.append(days.clock.monotonic() - began)
        astray += not await days.is_written_down()
    await days.end()
    return Outcome(
        mishaps=dict(sorted(befell.items())),
        felt=felt,
        mended=sum(each <= WITHIN_S for each in took),
        slowest_s=round(max(took), 1),
        median_s=round(sorted(took)[len(took) // 2], 1),
        doubles=len(days.sea.doubles),
        astray=astray,
        made=days.sea.board.made,
    )
