"""A platform for `benchmarks.floor`: brings in as many lines as it is told to, as fast as the intake takes them."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from bots.bench.lines import synthetic_lines
from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.community import Community
from core.model.event import MessageWritten
from core.model.message import CommunityId, MemberId, PlatformName, RoleId
from core.model.order import Order
from core.ports import Clock, Intake, Link, Notices, Texts

BATCH = 64
NAME = PlatformName("floor")
COMMUNITY = CommunityId("floor:one")
CAPABILITIES = Capabilities(
    actions=frozenset(ActionKind),
    recognises_doubles=True,
    edits_cards=True,
    ephemeral=True,
    history=False,
    max_message_chars=4000,
    max_timeout_s=86400,
)


class FloorConnection:
    """Speaks `core.ports.Connection` and `Platform`. The file `lines` in its folder says how many lines to bring."""

    name = NAME
    capabilities = CAPABILITIES

    def __init__(self, intake: Intake, clock: Clock, folder: Path) -> None:
        self._intake = intake
        self._clock = clock
        self._folder = folder
        self._link = Link()

    @property
    def platform(self) -> "FloorConnection":
        return self

    @property
    def board(self) -> None:
        return None

    @property
    def link(self) -> Link:
        return self._link

    async def perform(self, order: Order) -> str:
        return order.action.key

    async def run(self) -> None:
        self._link = Link(is_up=True, since=self._clock.now())
        asked = self._folder / "lines"
        while not asked.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.05)
        lines = synthetic_lines(int(asked.read_text()))
        while batch := list(islice(lines, BATCH)):
            now = self._clock.now()
            await self._intake.append(
                [MessageWritten(message=replace(m, platform=NAME, community=COMMUNITY, sent_at=now)) for m in batch]
            )
        await asyncio.Event().wait()

    def name_of(self, member: str) -> str:
        return member

    def channel_name(self, channel: str) -> str:
        return channel

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        return frozenset()

    async def close(self) -> None:
        self._link = Link()


def connect(
    *,
    communities: Mapping[CommunityId, Community],
    intake: Intake,
    clock: Clock,
    notices: Notices,
    texts: Texts,
) -> FloorConnection:
    """As a plug-in is made."""
    return FloorConnection(intake, clock, Path(os.environ["FLOOR_DIR"]))
