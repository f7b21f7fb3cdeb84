"""A console over memory: the real desk, pages and local platform, a clock that stands still, and cases on demand."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from adapters.console.app import create_console
from adapters.console.notices import NoticeBoard
from adapters.console.sources import MemberDesk, Opened, Pins, Player, Status
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.local.staff import LocalStaff
from config.texts.catalogue import Catalogue
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.model.case import Case, CaseId, Concern, Enforcement, Evidence
from core.model.finding import Category, Kind
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, RoleId
from core.model.policy import CommunityPolicy
from core.model.record import Action, CaseWrite, Commit, Committed, SealedMessage
from tests.clock import FakeClock

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GENERAL = Channel(id=ChannelId("general"), name="general")


def person(name: str, *roles: str) -> Author:
    return Author(id=MemberId(name.lower()), name=name, roles=frozenset(map(RoleId, roles)))


CAST = (
    person("Chidi", "moderator", "responder"),
    person("Bastian", "moderator"),
    person("Alma", "owner"),
    person("Wren"),
    person("Tomas"),
)


def card_of(page: str, case_id: str = "case1") -> str:
    """One case's part of a page."""
    found = re.search(rf'<article id="case-{case_id}".*?</article>', page, re.S)
    assert found is not None
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pier:
    """The console and what stands behind it."""

    client: httpx.AsyncClient
    platform: LocalPlatform
    store: MemoryStore
    queue: Queue
    notices: NoticeBoard
    clock: FakeClock
    token: str

    def be(self, name: str) -> None:
        """Sit down at the desk as somebody."""
        self.client.cookies.set("lightkeeper_desk", name)

    def speak_as(self, name: str) -> None:
        """Speak in the chat as somebody."""
        self.client.cookies.set("lightkeeper_voice", name)

    async def post(self, path: str, data: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """A click from our own page."""
        given = {"x-lightkeeper-token": self.token, "origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
        return await self.client.post(path, data=dict(data or {}), headers=given | headers)

    async def look(self) -> str:
        """The list of cases as a page."""
        return (await self.client.get("/queue")).text

    async def become(self, case_id: str, community: CommunityId = HARBOUR, **changes: Any) -> Case:
        """The case as time and other people have made it."""
        before = await self.store.case(community, CaseId(case_id))
        assert before is not None
        after = replace(before, version=before.version + 1, **changes)
        written = await self.store.commit(Commit(cases=(CaseWrite(case=after, expected_version=before.version),)))
        assert written is Committed.WRITTEN
        return after

    async def click(self, case_id: str, verb: str, **params: str) -> httpx.Response:
        """A click on the case as it stands now, which has to work."""
        case = await self.store.case(HARBOUR, CaseId(case_id))
        assert case is not None
        answer = await self.post(f"/cases/{case_id}/{verb}", {"turn": str(case.turn), **params})
        assert answer.status_code == 200, answer.text
        return answer

    async def open_case(
        self,
        case_id: str = "case1",
        *,
        concern: Concern = Concern.CONDUCT,
        level: int = 3,
        text: str = "you gravel",
        spans: tuple[tuple[int, int], ...] = ((4, 10),),
        community: CommunityId = HARBOUR,
        author: Author = CAST[4],
        actions: tuple[Action, ...] = (),
    ) -> Case:
        """A case with one message of evidence and one before it."""
        is_crisis = concern is Concern.CRISIS
        category, kind = (Category.CRISIS, Kind.DISCLOSURE) if is_crisis else (Category.HARASSMENT, Kind.THREAT)
        case = Case(
            id=CaseId(case_id),
            community=community,
            concern=concern,
            subject=author.id,
            channel=GENERAL.id,
            category=category,
            kind=kind,
            level=level,
            opened_at=self.clock.now(),
            updated_at=self.clock.now(),
            messages=1,
            version=1,
            turn=1,
        )
        message = Message(
            platform=LOCAL,
            community=community,
            channel=GENERAL,
            id=MessageId(f"m-{case_id}"),
            author=author,
            text=text,
            sent_at=self.clock.now(),
        )
        before = replace(message, id=MessageId(f"b-{case_id}"), author=CAST[3], text="what was said before")
        evidence = Evidence(
            case_id=case.id,
            message_id=message.id,
            channel=GENERAL.id,
            author=author.id,
            sent_at=message.sent_at,
            category=category,
            kind=kind,
            level=level,
            score=0.9,
            filter="test",
            rule="test:1",
            why="A word of this test was seen.",
            spans=spans,
        )
        written = await self.store.commit(
            Commit(
                cases=(CaseWrite(case=case, expected_version=0),),
                evidence=(evidence,),
                texts=(
                    (case.id, SealedMessage(message=before, is_context=True)),
                    (case.id, SealedMessage(message=message)),
                ),
                actions=actions,
            )
        )
        assert written is Committed.WRITTEN
        return case


@asynccontextmanager
async def pier(
    players: tuple[Player, ...] = (),
    policy: CommunityPolicy | None = None,
    cast: tuple[Author, ...] = CAST,
    members: MemberDesk | None = None,
    pins: Pins | None = None,
    opened: Opened | None = None,
) -> AsyncIterator[Pier]:
    """Build it, and read the page's token."""
    clock, notices = FakeClock(NOW), NoticeBoard()
    store = MemoryStore(clock)
    platform = LocalPlatform(intake=MemoryIntake(), clock=clock, members=cast, channels=(GENERAL,))

    def policy_of(_: CommunityId) -> CommunityPolicy:
        return policy or CommunityPolicy()

    staff = LocalStaff(platform.members)
    queue = Queue(store=store, clock=clock, policy_of=policy_of, staff=staff, preference_of=store.preference)
    console = create_console(
        queue=queue,
        chat=platform,
        texts=Catalogue(),
        clock=clock,
        notices=notices,
        players=players,
        duty=DutyDesk(store=store, clock=clock, policy_of=policy_of, staff=staff),
        status=lambda: Status(screened=7, enforcement=Enforcement.SHADOW, policy="general"),
        members=members,
        pins=pins,
        opened=opened,
    )
    transport = httpx.ASGITransport(app=console)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        page = (await client.get("/")).text
        token = re.search(r"X-Lightkeeper-Token&#34;: &#34;([^&]+)&#34;|X-Lightkeeper-Token\": \"([^\"]+)\"", page)
        assert token is not None
        yield Pier(
            client=client,
            platform=platform,
            store=store,
            queue=queue,
            notices=notices,
            clock=clock,
            token=token[1] or token[2],
        )
