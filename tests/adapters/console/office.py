"""The console of a running bot over memory: two communities, a key, and cases on demand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from adapters.console.notices import NoticeBoard
from adapters.console.office_app import create_office
from adapters.console.sources import Line, Place, Readiness, Status
from adapters.local.memory import MemoryStore
from adapters.local.staff import LocalStaff
from config.texts.catalogue import Catalogue
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.model.card import Text
from core.model.case import Case, CaseId, Concern, Enforcement
from core.model.finding import Category, Kind
from core.model.message import Author, ChannelId, CommunityId
from core.model.policy import CommunityPolicy
from core.model.record import CaseWrite, Commit
from tests.adapters.console.pier import NOW, person
from tests.clock import FakeClock

KEY = "synthetic-key-of-a-console-that-nobody-runs"
HARBOUR, HILL, LONE = CommunityId("local:harbour"), CommunityId("local:hill"), CommunityId("other:lone")
PEOPLE = {
    HARBOUR: (person("Alma", "owner"), person("Bastian", "moderator")),
    HILL: (person("Chidi", "owner"), person("Bastian", "moderator")),
    LONE: (person("Rin", "owner"),),
}


@dataclass
class Fakes:
    """Speaks `Offices`, and says how the bot does."""

    is_ready: bool = True
    is_up: bool = True
    people_of: dict[CommunityId, tuple[Author, ...]] = field(default_factory=lambda: dict(PEOPLE))

    def places(self) -> Sequence[Place]:
        names = {HARBOUR: "The Harbour", HILL: "Lantern <Hill>", LONE: "Lone Tree"}
        return [Place(id=each, name=names[each]) for each in self.people_of]

    def people(self, community: CommunityId) -> Sequence[Author]:
        return self.people_of[community]

    def name_of(self, member: str) -> str:
        return member.capitalize()

    def channel_name(self, channel: str) -> str:
        return channel

    def status(self, community: CommunityId) -> Status:
        return Status(screened=7, enforcement=Enforcement.SHADOW, policy="general")

    def lines(self) -> Sequence[Line]:
        problem = None if self.is_up else Text(key="notice.loop", params={"loop": "local"})
        return [Line(platform="local", is_up=self.is_up, problem=problem)]

    async def readiness(self) -> Readiness:
        return Readiness(is_ready=self.is_ready, is_degraded=True, parts={"database": {"ok": self.is_ready}})

    async def metrics(self) -> bytes:
        return b"lightkeeper_ready 1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The console and what stands behind it."""

    client: httpx.AsyncClient
    store: MemoryStore
    fakes: Fakes

    async def token(self) -> str:
        """The pages' token, as the page at the door carries it."""
        return (await self.client.get("/enter")).text.partition('data-token="')[2].partition('"')[0]

    async def post(self, path: str, **data: str) -> httpx.Response:
        headers = {"x-lightkeeper-token": await self.token(), "origin": "http://127.0.0.1"}
        return await self.client.post(path, data=data, headers=headers)

    async def enter(self, member: str = "") -> None:
        assert (await self.post("/enter", key=KEY)).status_code == 204
        if member:
            assert (await self.post("/you", member=member)).status_code == 204

    async def open_case(self, community: CommunityId = HARBOUR, case_id: str = "case1") -> Case:
        case = Case(
            id=CaseId(case_id),
            community=community,
            concern=Concern.CONDUCT,
            subject="tomas",
            channel=ChannelId("general"),
            category=Category.HARASSMENT,
            kind=Kind.THREAT,
            level=3,
            opened_at=NOW,
            updated_at=NOW,
            messages=1,
            version=1,
            turn=1,
        )
        await self.store.commit(Commit(cases=(CaseWrite(case=case, expected_version=0),)))
        return case


@asynccontextmanager
async def opened() -> AsyncIterator[Office]:
    clock, fakes = FakeClock(NOW), Fakes()
    store = MemoryStore(clock)

    def policy_of(_: CommunityId) -> CommunityPolicy:
        return CommunityPolicy()

    staff = LocalStaff(lambda: fakes.people(HARBOUR))
    console = create_office(
        queue=Queue(store=store, clock=clock, policy_of=policy_of, staff=staff, preference_of=store.preference),
        duty=DutyDesk(store=store, clock=clock, policy_of=policy_of, staff=staff),
        offices=fakes,
        texts=Catalogue(),
        clock=clock,
        notices=NoticeBoard(),
        key=KEY,
        readiness=fakes.readiness,
        metrics=fakes.metrics,
        metrics_type="text/plain; version=0.0.4",
    )
    transport = httpx.ASGITransport(app=console)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Office(client=client, store=store, fakes=fakes)
