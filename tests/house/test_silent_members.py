"""A night of members' commands, letters, reports, appeals, faults and an erasure: the log names nobody, quotes nobody
and is not empty."""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from adapters.console.notices import NoticeBoard
from adapters.local.failures import Failure
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.local.staff import LocalStaff
from adapters.store.database import Database
from bots.app import House, wired
from bots.care import Care
from bots.demo.directory import HARBOURLAND, DemoDirectory
from bots.logging import configure_logging
from bots.run.telling import LoggedNotices
from bots.supervisor import supervised
from config.texts.catalogue import Catalogue
from core.care.members import Command
from core.care.reports import ReportAbout
from core.desk.clicks import Click
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.action import ActionKind
from core.model.case import OPEN_STATES, Case, Concern
from core.model.community import Community
from core.model.message import Author, Channel, ChannelId, MemberId, RoleId
from core.model.page import Asker, Page
from core.model.people import Actor
from core.model.policy import CommunityPolicy
from tests.clock import FakeClock
from tests.core.house import WordFilter

PEOPLE = {
    "id-of-ann-91c2": "Ann Quillfeather",
    "id-of-ben-4d7e": "Ben Marrowbone",
    "id-of-rae-0b55": "Rae Thistledown",
    "id-of-olga-7aa0": "Olga Brackenridge",
}
ANN, BEN, RAE, OLGA = map(MemberId, PEOPLE)
ROLES = {RAE: {"responder", "moderator"}, OLGA: {"owner"}}
CANARY = "canary-5e1f"
PIER = ChannelId("pier")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    stream = io.StringIO()
    configure_logging("json", "debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = True
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()


@dataclass(frozen=True)
class Night:
    house: House
    platform: LocalPlatform
    database: Database
    clock: FakeClock
    notices: LoggedNotices

    async def settle(self) -> None:
        for _ in range(3):
            while await self.house.engine.step():
                pass
            await self.house.delivery.deliver_due()
            await self.house.timers.fire_due()
            self.clock.advance(timedelta(seconds=30))

    async def say(self, who: MemberId, text: str) -> None:
        await self.platform.say(who, PIER, f"{text} {CANARY}")
        await self.settle()

    async def the_case(self, concern: Concern) -> Case:
        cases = await self.database.store.cases(HARBOUR, OPEN_STATES, 10)
        return next(each for each in cases if each.concern is concern)

    async def click(self, who: MemberId, concern: Concern, verb: str, **params: str) -> None:
        case = await self.the_case(concern)
        actor = Actor(community=HARBOUR, member=who, roles=LocalStaff(self.platform.members).roles_of(HARBOUR, who))
        await self.house.queue.act(actor, Click(case_id=case.id, verb=verb, turn=case.turn, params=params))
        await self.settle()

    async def walk(self, who: MemberId, seen: set[str], page: Page) -> None:
        """Press everything that there is to press, a page at a time, but for what deletes."""
        assert self.house.members is not None
        for choice in page.choices:
            if choice.to and choice.to not in seen and not choice.to.startswith("p.erase"):
                seen.add(choice.to)
                if len(seen) < 150:
                    asker = Asker(community=HARBOUR, member=who, locale="de-AT")
                    await self.walk(who, seen, await self.house.members.press(asker, choice.to))


@asynccontextmanager
async def a_night(folder: Path) -> AsyncIterator[Night]:
    clock, filter_, policy = FakeClock(), WordFilter(), CommunityPolicy()
    notices = LoggedNotices(NoticeBoard())
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'night.sqlite3'}", clock=clock)
    cast = [
        Author(id=who, name=PEOPLE[who], roles=frozenset(map(RoleId, ROLES.get(who, ()))))
        for who in map(MemberId, PEOPLE)
    ]
    platform = LocalPlatform(
        intake=database.intake, clock=clock, members=cast, channels=[Channel(id=PIER, name="pier")]
    )
    lane = Lane(
        name="words",
        worker=InlineWorker([filter_]),
        filters=(FilterInfo(name=filter_.name, categories=filter_.categories),),
    )
    community = Community(
        id=HARBOUR,
        name="The harbour",
        alerts=PIER,
        crisis_alerts=PIER,
        owners=frozenset({OLGA}),
        responders=frozenset({RAE}),
        notice=PIER,
        help_channels=(PIER,),
        countries=(HARBOURLAND,),
    )
    house = wired(
        store=database.store,
        intake=database.intake,
        screening=Screening([lane], clock, notices),
        policy_of=lambda _: policy,
        platforms={LOCAL: platform},
        staff=LocalStaff(platform.members),
        clock=clock,
        notices=notices,
        care=Care(
            store=database.store,
            communities={HARBOUR: community},
            directory=DemoDirectory(clock.now().date()),
            boards={LOCAL: platform.board},
            languages=Catalogue().languages(),
        ),
    )
    assert house.keeper is not None
    await house.keeper.look()
    try:
        yield Night(house, platform, database, clock, notices)
    finally:
        await database.close()


async def test_a_night_of_members_leaves_no_name_no_id_and_no_word_in_the_log(log: io.StringIO, tmp_path: Path) -> None:
    async with a_night(tmp_path) as night:
        assert night.house.members is not None
        await night.say(ANN, "disclosure:3")
        await night.say(BEN, "insult:3")
        await night.click(RAE, Concern.CRISIS, "claim")
        await night.click(RAE, Concern.CRISIS, "note", note=CANARY)
        night.platform.fail_next(Failure.NOT_ALLOWED, times=1, kind=ActionKind.SUPPORT_MESSAGE)
        await night.click(RAE, Concern.CRISIS, "order", kind="support_message")
        await night.click(OLGA, Concern.CONDUCT, "claim")
        night.platform.fail_next(Failure.DONE_THEN_TIMEOUT, times=3)
        await night.click(OLGA, Concern.CONDUCT, "order", kind="timeout", duration_s="600")
        await night.click(OLGA, Concern.CONDUCT, "resolve", outcome="upheld")
        said = night.platform.messages(PIER, 10)
        await night.house.reports.report(ANN, next(each for each in said if each.author.id == BEN), ReportAbout.OTHER)
        (record, *_) = await night.house.appeals.record(HARBOUR, BEN)
        await night.house.appeals.file(HARBOUR, BEN, record.case_id, CANARY)
        seen: set[str] = set()
        for who in (ANN, BEN):
            for command in Command:
                page = await night.house.members.command(Asker(community=HARBOUR, member=who), command)
                await night.walk(who, seen, page)
            await night.settle()
        for who in (ANN, BEN):
            asker = Asker(community=HARBOUR, member=who)
            question = await night.house.members.command(asker, Command.DELETE_MY_DATA)
            await night.house.members.press(asker, question.choices[0].to)
            await night.settle()
        await _fall_over(night)
        assert len(seen) > 20
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {"notice_raised", "loop_failed"} <= {line["event"] for line in lines}
    told = log.getvalue()
    assert [each for each in (CANARY, *PEOPLE, *PEOPLE.values()) if each in told] == []
    assert not [line for line in lines if {"member", "author", "text", "target"} & line.keys()]


async def _fall_over(night: Night) -> None:
    """A loop that fails with the worst of all errors to say: one that quotes and names."""

    async def fail() -> None:
        who, said = PEOPLE[ANN], CANARY
        raise ValueError(f"{ANN} ({who}) said {said}")

    async with supervised({"members": fail}, night.clock, night.notices):
        for _ in range(10):
            await asyncio.sleep(0)
