"""What members ask for in the demo's chat, in calm words: reports, appeals, their record; and the clock they move."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from adapters.console.app import create_console
from adapters.console.notices import NoticeBoard
from adapters.console.sources import Progress, Status
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform
from adapters.local.staff import LocalStaff
from config.texts.catalogue import Catalogue
from core.care.appeals import RecordEntry
from core.care.reports import ReportAbout
from core.desk.queue import Queue
from core.errors import Unavailable
from core.model.action import LAWS, ActionKind
from core.model.card import Card, Text
from core.model.case import Case, CaseId, Concern, Enforcement, Outcome, Reason
from core.model.case_event import Refused, Why
from core.model.finding import Category, Kind
from core.model.message import CommunityId, MemberId, Message
from core.model.order import Order
from core.model.policy import CommunityPolicy
from core.model.record import Action
from tests.adapters.console.pier import CAST, GENERAL, NOW
from tests.clock import FakeClock


def a_case() -> Case:
    return Case(
        id=CaseId("c1"),
        community=HARBOUR,
        concern=Concern.APPEAL,
        subject="tomas",
        channel=GENERAL.id,
        category=Category.HARASSMENT,
        kind=Kind.INSULT,
        level=2,
        opened_at=NOW,
        updated_at=NOW,
    )


@dataclass
class Appeals:
    """Remembers what was filed, and answers what it was told to."""

    answer: Case | Refused | Exception = field(default_factory=a_case)
    entries: Sequence[RecordEntry] = ()
    filed: list[tuple[str, str, str]] = field(default_factory=list)
    is_settled: bool = False
    """Whether nothing is left to appeal."""

    async def file(self, community: CommunityId, member: MemberId, case_id: CaseId, words: str) -> Case | Refused:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.filed.append((member, case_id, words))
        return self.answer

    async def may_file(self, community: CommunityId, member: MemberId, case_id: CaseId) -> bool:
        return not self.is_settled

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[RecordEntry]:
        return self.entries


@dataclass
class Reports:
    """Remembers what was reported, and answers what it was told to."""

    answer: Case | Refused | Exception = field(default_factory=a_case)
    made: list[tuple[str, str, ReportAbout, list[str]]] = field(default_factory=list)

    async def report(
        self, reporter: MemberId, message: Message, about: ReportAbout, *, before: Sequence[Message] = ()
    ) -> Case | Refused:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.made.append((reporter, message.text, about, [each.text for each in before]))
        return self.answer


class Hands:
    """A clock that a visitor moves."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def move(self, by: timedelta) -> None:
        self._clock.advance(by)


@dataclass(frozen=True)
class Posted:
    card: Card
    at: datetime = NOW


@dataclass
class Calls:
    """Calls and digests as they were posted."""

    called: dict[str, list[Posted]] = field(default_factory=dict)
    digests: list[Posted] = field(default_factory=list)

    def calls_for(self, member: MemberId) -> Sequence[Posted]:
        return self.called.get(member, [])


class Narrator:
    """A player that only has a caption."""

    name = "narrator"
    label = "Play"

    def progress(self) -> Progress:
        return Progress(is_running=True, share=0.5, caption="21:05 – It is evening <at> the pier.")

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def listen(self, listener: object) -> "object":
        return lambda: None


@dataclass(frozen=True, kw_only=True)
class Deck:
    client: httpx.AsyncClient
    platform: LocalPlatform
    clock: FakeClock
    appeals: Appeals
    reports: Reports
    calls: Calls
    token: str

    def speak_as(self, member: str) -> None:
        self.client.cookies.set("lightkeeper_voice", member)

    async def get(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code < 500
        return answer.text

    async def post(self, path: str, data: Mapping[str, str] | None = None) -> httpx.Response:
        headers = {"x-lightkeeper-token": self.token, "origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
        return await self.client.post(path, data=dict(data or {}), headers=headers)

    async def letter(self, kind: ActionKind, notice: Text, member: str = "tomas", key: str = "k1") -> None:
        action = Action(
            key=key,
            community=HARBOUR,
            case_id=CaseId("case1"),
            version=1,
            kind=kind,
            lane=LAWS[kind].lane,
            target=member,
        )
        await self.platform.perform(Order(action=action, notice=notice))


@asynccontextmanager
async def deck(*, has_desks: bool = True) -> AsyncIterator[Deck]:
    clock = FakeClock(NOW)
    platform = LocalPlatform(intake=MemoryIntake(), clock=clock, members=CAST, channels=(GENERAL,))
    staff, store = LocalStaff(platform.members), MemoryStore(clock)
    appeals, reports, calls = Appeals(), Reports(), Calls()
    console = create_console(
        queue=Queue(
            store=store,
            clock=clock,
            policy_of=lambda _: CommunityPolicy(),
            staff=staff,
            preference_of=store.preference,
        ),
        chat=platform,
        texts=Catalogue(),
        clock=clock,
        notices=NoticeBoard(),
        players=[Narrator()],  # type: ignore[list-item]
        status=lambda: Status(screened=0, enforcement=Enforcement.SHADOW, policy="general"),
        hands=Hands(clock) if has_desks else None,
        appeals=appeals if has_desks else None,
        reports=reports if has_desks else None,
        calls=calls if has_desks else None,
    )
    transport = httpx.ASGITransport(app=console)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        token = re.search(r"X-Lightkeeper-Token\": \"([^\"]+)\"", (await client.get("/")).text)
        assert token is not None
        yield Deck(
            client=client,
            platform=platform,
            clock=clock,
            appeals=appeals,
            reports=reports,
            calls=calls,
            token=token[1],
        )


A_TIMEOUT = Text(key="letter.notice.timeout", params={"by": "person", "reason": "harassment", "case": "case1"})
DENIED = Text(key="letter.notice.appeal_denied", params={"case": "case2"})
LIFTED = Text(key="letter.notice.lift", params={"what": "timeout"})


async def test_a_message_of_somebody_else_is_reported_with_what_was_said_before_and_thanked_for() -> None:
    async with deck() as pier:
        await pier.platform.say(MemberId("wren"), GENERAL.id, "a fine day")
        said = await pier.platform.say(MemberId("tomas"), GENERAL.id, "<b>no names</b>, Wren")
        await pier.platform.say(MemberId("wren"), GENERAL.id, "later")
        pier.speak_as("wren")
        form = await pier.get(f"/chat/messages/{said.id}/report")
        assert "Why should somebody look at what Tomas wrote?" in form
        assert "&lt;b&gt;no names" in form
        answer = await pier.post(f"/chat/messages/{said.id}/report", {"about": "harassment"})
        assert answer.status_code == 200
        assert "Thank you. Somebody will look at it." in answer.text
        assert pier.reports.made == [("wren", said.text, ReportAbout.HARASSMENT, ["a fine day"])]


async def test_ones_own_message_and_one_that_is_gone_have_no_report() -> None:
    async with deck() as pier:
        said = await pier.platform.say(MemberId("wren"), GENERAL.id, "a fine day")
        pier.speak_as("wren")
        assert f"report-{said.id}" not in await pier.get("/chat")
        assert "can&#39;t be reported" in await pier.get(f"/chat/messages/{said.id}/report")
        assert "can&#39;t be reported" in (await pier.post("/chat/messages/x/report", {"about": "spam"})).text
        pier.speak_as("tomas")
        assert f"report-{said.id}" in await pier.get("/chat")
        forged = await pier.post(f"/chat/messages/{said.id}/report", {"about": "everything"})
        assert forged.status_code == 409
        assert pier.reports.made == []


async def test_a_report_past_the_limit_and_one_that_could_not_be_saved_are_said_calmly() -> None:
    async with deck() as pier:
        said = await pier.platform.say(MemberId("tomas"), GENERAL.id, "a fine day")
        pier.reports.answer = Refused(why=Why.TOO_MANY)
        answer = await pier.post(f"/chat/messages/{said.id}/report", {"about": "spam"})
        assert (answer.status_code, "as much as you can for today" in answer.text) == (409, True)
        pier.reports.answer = Unavailable(reason="synthetic")
        answer = await pier.post(f"/chat/messages/{said.id}/report", {"about": "spam"})
        assert (answer.status_code, "Please try again" in answer.text) == (503, True)


async def test_the_notice_of_a_sanction_has_its_words_and_a_way_to_appeal() -> None:
    async with deck() as pier:
        await pier.letter(ActionKind.NOTICE, A_TIMEOUT)
        pier.speak_as("tomas")
        page = await pier.get("/chat")
        assert Catalogue().render(A_TIMEOUT).split(".")[0].replace("'", "&#39;") in page
        assert "/chat/appeals/case1" in page
        assert "should the person who looks at it again know" in await pier.get("/chat/appeals/case1")
        answer = await pier.post("/chat/appeals/case1", {"channel": "general", "words": "it was\r\nour play"})
        assert "It will be looked at again." in answer.text
        assert pier.appeals.filed == [("tomas", "case1", "it was\nour play")]


async def test_the_command_of_chat_platforms_opens_the_form_with_its_words_and_is_not_said_in_public() -> None:
    async with deck() as pier:
        answer = await pier.post("/chat/messages", {"channel": "general", "text": "/appeal case1 it was our play"})
        assert "/chat/appeals/case1" in answer.text
        assert "it was our play</textarea>" in answer.text
        assert pier.platform.messages(GENERAL.id, 9) == []
    async with deck(has_desks=False) as pier:
        await pier.post("/chat/messages", {"channel": "general", "text": "/appeal case1"})
        assert len(pier.platform.messages(GENERAL.id, 9)) == 1


async def test_nobody_else_sees_a_letter_and_what_lifts_a_sanction_or_answers_an_appeal_has_no_appeal() -> None:
    async with deck() as pier:
        await pier.letter(ActionKind.NOTICE, LIFTED)
        await pier.letter(ActionKind.NOTICE, DENIED, key="k2")
        pier.speak_as("tomas")
        page = await pier.get("/chat")
        assert page.count('data-letter="notice"') == 2
        assert "/chat/appeals/" not in page
        pier.speak_as("wren")
        assert "data-letter" not in await pier.get("/chat")


async def test_an_appeal_that_cannot_be_is_said_calmly_and_unsaved_words_come_back() -> None:
    async with deck() as pier:
        for why, says in (
            (Why.NOT_FOUND, "nothing to appeal"),
            (Why.TOO_MANY, "is being looked at"),
            (Why.CLOSED, "was looked at again already"),
            (Why.BAD_VALUE, "write a few words"),
        ):
            pier.appeals.answer = Refused(why=why)
            answer = await pier.post("/chat/appeals/case1", {"words": "please"})
            assert (answer.status_code, says in answer.text) == (409, True), why
        pier.appeals.answer = Unavailable(reason="synthetic")
        answer = await pier.post("/chat/appeals/case1", {"words": "my long story"})
        assert answer.status_code == 503
        assert "my long story" in answer.text


async def test_what_counts_against_somebody_is_listed_with_its_end_or_said_to_be_nothing() -> None:
    async with deck() as pier:
        assert "Nothing counts against you here." in await pier.get("/chat/record")
        until = NOW + timedelta(days=90)
        one = RecordEntry(
            case_id=CaseId("c1"),
            at=NOW,
            outcome=Outcome.UPHELD,
            reason=Reason.HARASSMENT,
            until=until,
        )
        two = RecordEntry(case_id=CaseId("c2"), at=NOW, outcome=Outcome.UPHELD, reason=Reason.HOUSE_RULES, until=until)
        pier.appeals.entries = [one, two]
        page = await pier.get("/chat/record")
        assert "Harassment, decided on 4 May 2026" in page
        assert "It counts until 2 August 2026." in page
        assert "Rules of this community, decided on" in page


async def test_the_clock_is_shown_and_moved_by_a_click_and_by_nothing_else() -> None:
    async with deck() as pier:
        page = await pier.get("/")
        assert "It is evening &lt;at&gt; the pier." in page
        assert f"{NOW.astimezone():%a %H:%M}" in page
        answer = await pier.post("/clock/move", {"by": "8h"})
        assert f"{(NOW + timedelta(hours=8)).astimezone():%a %H:%M}" in answer.text
        assert pier.clock.now() == NOW + timedelta(hours=8)
        for forged in ("-1h", "", "100y"):
            assert (await pier.post("/clock/move", {"by": forged})).status_code == 404
        assert pier.clock.now() == NOW + timedelta(hours=8)


async def test_without_those_desks_and_hands_the_page_offers_nothing_of_them() -> None:
    async with deck(has_desks=False) as pier:
        said = await pier.platform.say(MemberId("tomas"), GENERAL.id, "a fine day")
        await pier.letter(ActionKind.NOTICE, A_TIMEOUT, member="wren")
        pier.speak_as("wren")
        page = await pier.get("/")
        assert "/report" not in page
        assert "/chat/appeals/" not in page
        assert "/chat/record" not in page
        assert 'id="clock"' not in page
        for path in (f"/chat/messages/{said.id}/report", "/chat/appeals/case1", "/chat/record", "/playing"):
            assert (await pier.client.get(path)).status_code == 404


async def test_who_is_called_sees_it_and_the_digest_is_seen_by_responders_and_the_owner_alone() -> None:
    async with deck() as pier:
        title = Text(key="card.crisis.title", params={"level": 3, "kind": "disclosure"})
        place = Text(key="card.place", params={"channel": "general", "opened_at": NOW.isoformat(), "messages": 1})
        card = Card(
            case_id=CaseId("c1"), version=1, turn=1, concern=Concern.CRISIS, level=3, title=title, lines=(place,)
        )
        pier.calls.called["chidi"] = [Posted(card)]
        pier.calls.digests.append(Posted(card))
        for member, sees in (("chidi", ["call", "digest"]), ("alma", ["digest"]), ("bastian", []), ("wren", [])):
            pier.speak_as(member)
            assert re.findall(r'data-letter="(\w+)"', await pier.get("/chat")) == sees, member
        pier.speak_as("alma")
        assert f"Channel #general, since {NOW.astimezone():%H:%M}" in await pier.get("/chat")


async def test_a_letter_whose_case_has_nothing_left_to_appeal_has_no_way_to_appeal() -> None:
    async with deck() as pier:
        await pier.letter(ActionKind.NOTICE, A_TIMEOUT)
        pier.speak_as("tomas")
        assert "/chat/appeals/case1" in await pier.get("/chat")
        pier.appeals.is_settled = True
        page = await pier.get("/chat")
        assert "It is about: Harassment." in page
        assert "/chat/appeals/case1" not in page


async def test_a_letter_says_its_end_as_the_clock_here_does_and_stands_where_it_came() -> None:
    async with deck() as pier:
        until = NOW + timedelta(hours=1)
        key, params = f"{A_TIMEOUT.key}_until", {**A_TIMEOUT.params, "until": f"{until:%Y-%m-%d %H:%M} UTC"}
        await pier.platform.say(MemberId("wren"), GENERAL.id, "before it")
        pier.clock.advance(timedelta(seconds=1))
        await pier.letter(ActionKind.NOTICE, Text(key=key, params=params))
        pier.clock.advance(timedelta(seconds=1))
        await pier.platform.say(MemberId("wren"), GENERAL.id, "after it")
        pier.speak_as("tomas")
        page = await pier.get("/chat/messages")
        said = [page.index(words) for words in ("before it", f"until {until.astimezone():%H:%M}.", "after it")]
        assert said == sorted(said)
