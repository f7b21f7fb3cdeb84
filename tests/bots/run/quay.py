"""A platform for tests of `run`: it brings in what others write into a folder, and remembers there what was ordered.

As a plug-in of a real process it is made by `connect`, whose folder `QUAY_DIR` names. `inbox.jsonl` holds what members
say, one object a line; `journal.jsonl` holds what was taken in and carried out, and survives every kill.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters.local.journal import Journal
from adapters.local.platform import LocalPlatform
from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.member_ports import Board
from core.model.capabilities import Capabilities
from core.model.community import Community
from core.model.finding import NOTHING, Category, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, PlatformName, RoleId
from core.model.order import Order
from core.ports import Clock, Intake, Link, Notices, Texts

CAST = tuple(Author(id=MemberId(name.lower()), name=name) for name in ("Alma", "Bastian", "Chidi", "Tomas", "Wren"))
GENERAL = Channel(id=ChannelId("general"), name="general")
LOOK_EVERY_S = 0.02
ADAPTERS = "[lightkeeper.adapters]\nlocal = tests.bots.run.quay:connect\n"
FILTERS = "[lightkeeper.filters]\nstalling = tests.bots.run.quay:Stalling\n"

COMMUNITIES = """
[[community]]
platform = "local"
id = "harbour"
name = "The Harbour"
alerts = "alerts"
crisis_alerts = "responders"
notice = "general"
owners = ["alma"]
moderators = ["bastian"]
responders = ["chidi"]
"""


class Quay:
    """Speaks `core.ports.Connection`. `trouble` says what goes wrong: refused, stubborn, hangs or nothing."""

    def __init__(self, folder: Path, *, intake: Intake, clock: Clock, trouble: str = "") -> None:
        self.folder = folder
        self.trouble = trouble
        self.closed = asyncio.Event()
        self.performing = asyncio.Event()
        self.may_perform = asyncio.Event()
        self._clock = clock
        self._journal = Journal(folder / "journal.jsonl")
        self._local = LocalPlatform(
            intake=intake, clock=clock, members=CAST, channels=(GENERAL,), journal=self._journal
        )
        self._link = Link()

    @property
    def platform(self) -> "Quay":
        return self

    @property
    def board(self) -> Board:
        return self._local.board

    @property
    def link(self) -> Link:
        return self._link

    # `core.ports.Platform`

    @property
    def name(self) -> PlatformName:
        return self._local.name

    @property
    def capabilities(self) -> Capabilities:
        return self._local.capabilities

    async def perform(self, order: Order) -> str:
        if self.trouble == "hangs":
            self.performing.set()
            (self.folder / "performing").touch()
            await self.may_perform.wait()
        return await self._local.perform(order)

    async def run(self) -> None:
        if self.trouble == "refused":
            raise ConfigurationRefused("QUAY_TOKEN", "the token was revoked", "make another one")
        self._link = Link(is_up=True, since=self._clock.now())
        try:
            await self._bring_in()
        except asyncio.CancelledError:
            if self.trouble == "stubborn":
                await asyncio.sleep(3600)
            raise
        finally:
            self._link = Link(is_up=False, since=self._clock.now())

    async def _bring_in(self) -> None:
        taken = sum(entry["what"] == "said" for entry in self._journal.entries)
        while True:
            for line in self._inbox()[taken:]:
                await self._local.say(MemberId(line["member"]), GENERAL.id, line["text"])
                taken += 1
                self._link = replace(self._link, last_event_at=self._clock.now())
            await self._look_again()

    async def _look_again(self) -> None:
        await asyncio.sleep(LOOK_EVERY_S)

    def _inbox(self) -> Sequence[Mapping[str, str]]:
        path = self.folder / "inbox.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def name_of(self, member: str) -> str:
        return self._local.name_of(member)

    def channel_name(self, channel: str) -> str:
        return GENERAL.name if channel == GENERAL.id else channel

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        return frozenset({RoleId("helpers")}) if member == "wren" else frozenset()

    async def close(self) -> None:
        self._journal.close()
        self.closed.set()


def connect(
    *,
    communities: Mapping[CommunityId, Community],
    intake: Intake,
    clock: Clock,
    notices: Notices,
    texts: Texts,
) -> Quay:
    """As a plug-in is made."""
    return Quay(Path(os.environ["QUAY_DIR"]), intake=intake, clock=clock, trouble=os.environ.get("QUAY_TROUBLE", ""))


def said(folder: Path, member: str, text: str) -> None:
    """A member says something, whether anybody listens or not."""
    with (folder / "inbox.jsonl").open("a") as file:
        file.write(json.dumps({"member": member, "text": text}) + "\n")


class Stalling:
    """A filter that never answers on one word: a plug-in, as somebody might install one."""

    name = "stalling"
    version = "1"
    categories = frozenset({Category.TOXICITY})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        while any("stall" in seen.message.text for seen in batch):
            pass
        return [NOTHING for _ in batch]


def installed(site: Path, *, with_filter: bool = False) -> None:
    """Lay the plug-ins' entry points into a folder that stands on the path."""
    info = site / "lightkeeper_quay-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lightkeeper-quay\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ADAPTERS + (FILTERS if with_filter else ""))
