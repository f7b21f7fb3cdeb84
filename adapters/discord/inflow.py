"""Between Discord's events and the intake: a bounded queue a channel, one appender each, so that order holds.

discord.py runs a task for every event, and their order holds only until the first await: `offer` never awaits. While
the intake can't write, events wait here; what finds its queue full is not taken in, and people are told how much.
"""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import Sequence

import structlog

from core.errors import GaveUp, Unavailable
from core.model.card import Text
from core.model.event import BotRemoved, BotReturned, MessageDeleted, MessageWritten
from core.model.message import ChannelId
from core.ports import Clock, Intake, Notices

Told = MessageWritten | MessageDeleted | BotRemoved | BotReturned

log = structlog.get_logger()

IN_A_CHANNEL = 1_000
"""Events of one channel that wait at most."""

IN_ALL = 10_000
"""Events that wait at most, over all channels: some 10 MB of ordinary messages, 160 MB of the longest."""

BATCH = 100
PAUSES_S = (0.2, 1.0, 5.0)
GAP = "discord.gap"


class Inflow:
    """Takes events at once and brings them into the intake, in the order of each channel."""

    def __init__(self, *, intake: Intake, clock: Clock, notices: Notices) -> None:
        self._intake = intake
        self._clock = clock
        self._notices = notices
        self._waiting: dict[ChannelId, deque[Told]] = {}
        self._appenders: dict[ChannelId, asyncio.Task[None]] = {}
        self._total = 0
        self._told = 0
        self.missed: Counter[ChannelId] = Counter()
        """How many events of a channel were not taken in, because too many waited."""

    @property
    def waiting(self) -> int:
        """Events that are not in the intake yet."""
        return self._total

    def offer(self, event: Told) -> None:
        """Take an event, without waiting; needs a running loop."""
        channel = _channel_of(event)
        waiting = self._waiting.setdefault(channel, deque())
        if len(waiting) >= IN_A_CHANNEL or self._total >= IN_ALL:
            self._miss(channel)
        else:
            waiting.append(event)
            self._total += 1
        if channel not in self._appenders:
            self._appenders[channel] = asyncio.create_task(self._append(channel), name=f"discord inflow {channel}")

    async def drain(self, at_most_s: float) -> None:
        """Wait until everything is in the intake, at most so many seconds; what is left then is given up."""
        if self._appenders:
            await asyncio.wait(self._appenders.values(), timeout=at_most_s)
        if self._total:
            log.error("events_missed", platform="discord", count=self._total)
        for task in list(self._appenders.values()):
            task.cancel()

    async def _append(self, channel: ChannelId) -> None:
        waiting = self._waiting[channel]
        failures = 0
        try:
            while waiting:
                batch = list(itertools.islice(waiting, BATCH))
                if await self._is_in(batch):
                    for _ in batch:
                        waiting.popleft()
                    self._total -= len(batch)
                    if failures:
                        self._notices.clear_notice("store")
                    failures = 0
                else:
                    await self._clock.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
                    failures += 1
        finally:
            self._total -= len(waiting)
            del self._waiting[channel], self._appenders[channel]
            if self.missed.total() != self._told:
                self._tell_missed()

    async def _is_in(self, batch: Sequence[Told]) -> bool:
        """Whether the batch needs no further attempt: it is stored, or can never be."""
        try:
            await self._intake.append(batch)
        except Unavailable:
            self._notices.raise_notice("store", Text(key="notice.store", params={"reason": "can't write"}))
            return False
        except GaveUp:
            log.error("event_refused", platform="discord", count=len(batch))
            return True if len(batch) == 1 else all([await self._is_in([each]) for each in batch])
        except Exception:
            log.exception("append_failed", platform="discord", count=len(batch))
            self._notices.raise_notice("store", Text(key="notice.store", params={"reason": "can't write"}))
            return False
        return True

    def _miss(self, channel: ChannelId) -> None:
        self.missed[channel] += 1
        count = self.missed.total()
        if count == 1 or count % 100 == 0:
            log.error("events_missed", platform="discord", count=count, channel=channel)
            self._tell_missed()

    def _tell_missed(self) -> None:
        self._told = self.missed.total()
        params = {"count": self._told, "channels": len(self.missed)}
        self._notices.raise_notice(GAP, Text(key="notice.discord_gap", params=params))


def _channel_of(event: Told) -> ChannelId:
    """In whose order it comes; what happens to the bot itself has one of its own in each server."""
    match event:
        case MessageWritten():
            return event.message.channel.id
        case MessageDeleted():
            return event.channel.id
        case _:
            return ChannelId(event.community)
