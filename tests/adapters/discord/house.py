"""What the tests of the Discord adapter share: a made-up community, a connection on top of the fake, orders."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.discord.connection import DiscordConnection
from adapters.local.memory_intake import MemoryIntake
from config.texts.catalogue import Catalogue
from core.desk.card import compose
from core.desk.digest import compose_digest
from core.errors import LightkeeperError
from core.flow.naming import action_key
from core.flow.planning import tell_action
from core.flow.telling import owner_actions, owner_words
from core.model.action import LAWS, ActionKind, Lane
from core.model.card import Audience, Text
from core.model.case import Case, CaseId, Concern, Evidence
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned, Event, MessageDeleted, MessageWritten
from core.model.finding import Category, Kind
from core.model.message import ChannelId, CommunityId, MemberId, Message, MessageId, RoleId
from core.model.order import Order
from core.model.page import Page
from core.model.people import Role
from core.model.record import Action
from core.ports import Intake
from tests.adapters.discord import made_up
from tests.adapters.discord.fake_discord import FakeDiscord
from tests.clock import START, FakeClock
from tests.core.noticeboard import Noticeboard

HARBOUR = Community(
    id=CommunityId(f"discord:{made_up.GUILD_ID}"),
    name="Harbour",
    alerts=ChannelId(str(made_up.ALERTS)),
    crisis_alerts=ChannelId(str(made_up.CRISIS)),
    owners=frozenset({MemberId(str(made_up.BEN))}),
    moderators=frozenset({MemberId(str(made_up.BEN))}),
    moderator_roles=frozenset({RoleId(str(made_up.MODERATOR_ROLE))}),
    responders=frozenset({MemberId(str(made_up.ANN))}),
)
TEXTS = Catalogue()


class Held(MemoryIntake):
    """An intake that keeps what it got, and can refuse for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []
        self.events: list[Event] = []
        self.presence: list[BotRemoved | BotReturned] = []
        """Whether the bot is in the server, as the connection told; everything else is in `events`."""

    async def append(self, events: Sequence[Event]) -> int:
        if self.failures:
            raise self.failures.pop(0)
        new = await super().append(events)
        self.presence += [each for each in events if isinstance(each, BotRemoved | BotReturned)]
        self.events += [each for each in events if not isinstance(each, BotRemoved | BotReturned)]
        return new

    @property
    def messages(self) -> list[Message]:
        return [each.message for each in self.events if isinstance(each, MessageWritten)]

    @property
    def deletions(self) -> list[MessageDeleted]:
        return [each for each in self.events if isinstance(each, MessageDeleted)]


@dataclass
class Stage:
    """A connection on top of the fake, and everything around it."""

    fake: FakeDiscord
    connection: DiscordConnection
    intake: Held
    clock: FakeClock
    notices: Noticeboard
    running: "asyncio.Task[None] | None" = None

    async def start(self) -> None:
        """Run the connection until events come in."""
        self.running = asyncio.create_task(self.connection.run())
        await self.fake.until(lambda: self.connection.link.is_up or self._has_ended())
        if self._has_ended():
            self.running.result()

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def ended(self) -> BaseException:
        """What ended the connection."""
        assert self.running is not None
        await self.fake.until(self._has_ended)
        error = self.running.exception()
        assert error is not None
        return error

    async def perform(self, order: Order) -> str | LightkeeperError:
        """The receipt, or what was raised."""
        try:
            return await self.connection.platform.perform(order)
        except LightkeeperError as error:
            return error

    async def received(self, count: int) -> None:
        await self.fake.until(lambda: len(self.intake.events) >= count)

    def _has_ended(self) -> bool:
        return self.running is not None and self.running.done()


def a_connection(
    *,
    intake: Intake,
    clock: FakeClock,
    notices: Noticeboard,
    community: Community = HARBOUR,
    token: str = made_up.TOKEN,
    deadline_s: float = 20.0,
) -> DiscordConnection:
    return DiscordConnection(
        token=token,
        communities={community.id: community},
        intake=intake,
        clock=clock,
        notices=notices,
        texts=TEXTS,
        locale="en",
        guild_ready_timeout_s=0.05,
        deadline_s=deadline_s,
    )


@asynccontextmanager
async def a_stage(
    fake: FakeDiscord, community: Community = HARBOUR, *, deadline_s: float = 20.0
) -> AsyncIterator[Stage]:
    """A stage whose connection has not started; it is stopped and closed at the end."""
    intake, clock, notices = Held(), FakeClock(), Noticeboard()
    connection = a_connection(intake=intake, clock=clock, notices=notices, community=community, deadline_s=deadline_s)
    stage = Stage(fake=fake, connection=connection, intake=intake, clock=clock, notices=notices)
    try:
        yield stage
    finally:
        await stage.stop()
        await connection.close()


def a_case(concern: Concern = Concern.CONDUCT, *, level: int = 3, case_id: str = "") -> Case:
    is_crisis = concern is Concern.CRISIS
    return Case(
        id=CaseId(case_id or ("k7q2mabcdefgh" if not is_crisis else "c4isismabcdef")),
        community=HARBOUR.id,
        concern=concern,
        subject=str(made_up.ANN),
        channel=ChannelId(str(made_up.GENERAL)),
        category=Category.CRISIS if is_crisis else Category.HARASSMENT,
        kind=Kind.DISCLOSURE if is_crisis else Kind.PILE_ON,
        level=level,
        opened_at=START,
        updated_at=START,
        messages=1,
        version=1,
        turn=1,
    )


def an_evidence(case: Case, why: str = "A synthetic reason.") -> Evidence:
    return Evidence(
        case_id=case.id,
        message_id=MessageId("1"),
        channel=case.channel,
        author=MemberId(case.subject),
        sent_at=START,
        category=case.category,
        kind=case.kind,
        level=case.level,
        score=0.9,
        filter="synthetic",
        rule="r1",
        why=why,
        link=f"https://discord.com/channels/{made_up.GUILD_ID}/{made_up.GENERAL}/1",
    )


def an_alert(
    case: Case | None = None,
    kind: ActionKind = ActionKind.ALERT,
    *,
    receipt: str = "",
    why: str = "A synthetic reason.",
    audience: Audience | None = None,
    key: str = "",
) -> Order:
    case = case or a_case()
    lane = Lane.CRISIS if case.concern is Concern.CRISIS else LAWS[kind].lane
    action = Action(
        key=key or action_key(case.id, case.version, kind, case.id),
        community=case.community,
        case_id=case.id,
        version=case.version,
        kind=kind,
        lane=lane,
        target=case.id,
    )
    card = replace(compose(case, [an_evidence(case, why)], kind), audience=audience)
    return Order(action=action, card=card, receipt=receipt)


def a_call(*members: int, role: Role = Role.MODERATOR, **more: Any) -> Audience:
    return Audience(role=role, members=tuple(MemberId(str(each)) for each in members), **more)


def told(case: Case, member: int) -> Order:
    """A card for one person in private."""
    action = tell_action(case, MemberId(str(member)))
    return Order(action=action, card=compose(case, [an_evidence(case)], ActionKind.TELL))


def a_digest(*cases: Case, at: datetime = START) -> Order:
    """What waited for the digest, posted at that time."""
    action = Action(
        key=action_key(CaseId(""), 0, ActionKind.DIGEST, at.isoformat()),
        community=HARBOUR.id,
        case_id=CaseId(""),
        version=0,
        kind=ActionKind.DIGEST,
        lane=LAWS[ActionKind.DIGEST].lane,
        target=HARBOUR.id,
    )
    return Order(action=action, card=compose_digest(HARBOUR.id, cases, at))


def an_order(
    kind: ActionKind,
    target: int,
    *,
    until: datetime | None = None,
    by: str = "",
    version: int = 1,
    receipt: str = "",
    notice: Text | None = None,
    page: Page | None = None,
    **params: str,
) -> Order:
    case = a_case()
    action = Action(
        key=action_key(case.id, version, kind, str(target)),
        community=HARBOUR.id,
        case_id=case.id,
        version=version,
        kind=kind,
        lane=LAWS[kind].lane,
        target=str(target),
        channel=ChannelId(str(made_up.GENERAL)),
        until=until,
        params={**({"by": by} if by else {}), **params},
    )
    return Order(action=action, receipt=receipt, notice=notice, page=page)


def for_owner(text: str, member: int, **params: str) -> Order:
    """Something about the community for one of its owners."""
    (action,) = owner_actions(HARBOUR.id, [MemberId(str(member))], text, params, START, once=str(params))
    return Order(action=action, notice=owner_words(action))
