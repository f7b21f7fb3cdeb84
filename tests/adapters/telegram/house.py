"""A community of the fake Telegram, an intake that can be full, and orders to give."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from adapters.local.memory_intake import MemoryIntake
from adapters.telegram.connection import TelegramConnection, connect
from config.texts.catalogue import Catalogue
from core.errors import Unavailable
from core.model.action import ActionKind, Lane
from core.model.card import Audience, Card, Text
from core.model.case import CaseId, Concern
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned, Event, MessageWritten
from core.model.message import ChannelId, CommunityId, MemberId, Message
from core.model.order import Order
from core.model.page import Page
from core.model.people import Role
from core.model.record import Action
from tests.adapters.telegram.fake_telegram import CRISIS, GROUP, STAFF, TOKEN, FakeTelegram
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard

T = TypeVar("T")
HARBOUR = CommunityId(f"telegram:{GROUP}")
TEXTS = Catalogue()


def a_community(**more: Any) -> Community:
    settled: dict[str, Any] = {
        "id": HARBOUR,
        "name": "Harbour",
        "alerts": ChannelId(str(STAFF)),
        "crisis_alerts": ChannelId(str(CRISIS)),
        "owners": frozenset({MemberId("50")}),
        "moderators": frozenset({MemberId("51"), MemberId("52")}),
        "responders": frozenset({MemberId("61")}),
    }
    return Community(**settled | more)


def a_card(concern: Concern = Concern.CONDUCT, *lines: Text, level: int = 3, **more: Any) -> Card:
    settled: dict[str, Any] = {
        "case_id": CaseId("case234abcdef"),
        "version": 1,
        "turn": 1,
        "concern": concern,
        "level": level,
        "title": Text(key=f"card.{concern.value}.title", params={"level": level, "kind": "insult"}),
        "lines": lines or (Text(key="card.waiting"),),
    }
    return Card(**settled | more)


def an_order(
    kind: ActionKind,
    target: str = "7",
    *,
    card: Card | None = None,
    receipt: str = "",
    until: datetime | None = None,
    params: Mapping[str, str] | None = None,
    key: str = "a key",
    lane: Lane = Lane.ALERT,
    community: CommunityId = HARBOUR,
    notice: Text | None = None,
    page: Page | None = None,
) -> Order:
    action = Action(
        key=key,
        community=community,
        case_id=CaseId("case234abcdef"),
        version=1,
        kind=kind,
        lane=lane,
        target=target,
        channel=ChannelId(str(GROUP)),
        until=until,
        params=params or {},
    )
    return Order(action=action, card=card, receipt=receipt, notice=notice, page=page)


def a_call(*members: str, role: Role = Role.MODERATOR, **more: Any) -> Audience:
    return Audience(role=role, members=tuple(map(MemberId, members)), **more)


class FullIntake(MemoryIntake):
    """An intake that can refuse to write, and remembers what it took in, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0
        self.kept: list[Event] = []
        self.presence: list[BotRemoved | BotReturned] = []
        """Whether the bot is in the group, as the connection told; everything else is in `kept`."""

    async def append(self, events: Sequence[Event]) -> int:
        said = [each for each in events if not isinstance(each, BotRemoved | BotReturned)]
        if self.refusals and said:
            self.refusals -= 1
            raise Unavailable(reason="synthetic: the disk is full")
        new = await super().append(events)
        self.presence += [each for each in events if isinstance(each, BotRemoved | BotReturned)]
        self.kept += said
        return new

    @property
    def messages(self) -> list[Message]:
        return [event.message for event in self.kept if isinstance(event, MessageWritten)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


class House:
    """A connection with what it needs; `open` runs it, and `kill` ends it as a kill would."""

    def __init__(self, telegram: FakeTelegram, community: Community | None = None, token: str = TOKEN) -> None:
        self.telegram = telegram
        self.community = community or a_community()
        self.clock = FakeClock()
        self.intake = FullIntake()
        self.board = Noticeboard()
        self._token = token
        self._running: asyncio.Task[None] | None = None
        self.connection = self._connected()

    async def __aenter__(self) -> "House":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    def open(self) -> "asyncio.Task[None]":
        """Bring updates in, until `kill`."""
        self._running = asyncio.create_task(self.connection.run())
        return self._running

    async def kill(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._running
            self._running = None
        await self.connection.close()

    async def restart(self) -> None:
        """What was in memory is gone; the intake remembers."""
        await self.kill()
        self.connection = self._connected()
        self.open()

    async def paced(self, call: Coroutine[Any, Any, T]) -> T:
        """What a call comes to, letting pass the time that Telegram's pace takes."""
        task = asyncio.create_task(call)
        while not task.done():
            await self.telegram.until(lambda: task.done() or self.clock.sleepers)
            self.clock.advance(timedelta(seconds=1))
        return await task

    async def perform(self, order: Order) -> str:
        return await self.connection.platform.perform(order)

    def _connected(self) -> TelegramConnection:
        return connect(
            token=self._token,
            communities={self.community.id: self.community},
            intake=self.intake,
            clock=self.clock,
            notices=self.board,
            texts=TEXTS,
            base_url=self.telegram.url,
        )
