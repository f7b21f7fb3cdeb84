"""The whole core around a store in memory: what tests say, click and see goes through the real engine and desk."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from core.care.appeals import Appeals
from core.care.erasing import Erasures
from core.care.leaving import Leaving
from core.care.letters import Letters
from core.care.members import FIRST_PAGE, Command, Languages
from core.care.privacy import Privacy
from core.care.reports import ReportAbout, Reports
from core.care.resources import Resources
from core.care.support_services import ServicesShown
from core.care.ways import Way, read_way
from core.desk.card import Composer
from core.desk.clicks import Click
from core.desk.digest import compose_digest
from core.desk.due import CaseTimers
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.desk.watch import RotaWatch
from core.errors import Unavailable
from core.flow.consent import Consent
from core.flow.delivery import Delivery
from core.flow.engine import Engine
from core.flow.filter import Seen
from core.flow.recents import Recents
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.flow.timers import Timers
from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.case import OPEN_STATES, Case, CaseId, Concern, State
from core.model.case_event import Refused
from core.model.community import Community
from core.model.event import MessageDeleted, MessageWritten, member_of
from core.model.event import community_of as event_community
from core.model.finding import Category, CheckState, Finding, Kind, Verdict
from core.model.message import ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.order import Order
from core.model.page import Asker, Page
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord, Commit, Committed
from tests.clock import FakeClock
from tests.core.examples import COMMUNITY, PIER, a_check, a_finding, a_message
from tests.core.noticeboard import Noticeboard
from tests.core.shelf import HARBOUR, Shelf

T = TypeVar("T")

ROLES = {
    MemberId("bob"): frozenset({Role.MODERATOR}),
    MemberId("cat"): frozenset({Role.MODERATOR}),
    MemberId("rae"): frozenset({Role.RESPONDER}),
    MemberId("olga"): frozenset({Role.OWNER}),
}


class Crew:
    """Speaks `core.ports.Staff`; a test may take roles away."""

    def __init__(self) -> None:
        self.roles = dict(ROLES)

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        return self.roles.get(member, frozenset())

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return sorted(member for member, roles in self.roles.items() if role in roles)


LIVE_LADDER = CommunityPolicy.model_validate(
    {
        "enforcement": "live",
        "ladder": [
            {"category": "harassment", "min_level": 3, "action": "timeout", "duration_s": 600, "mode": "automatic"},
            {"category": "harassment", "min_level": 3, "action": "delete", "mode": "automatic"},
            {"category": "harassment", "min_level": 4, "action": "ban", "mode": "propose", "duration_s": 86400},
            {"category": "rules", "min_level": 2, "action": "warn", "mode": "automatic"},
        ],
    }
)


CATEGORY_OF = {
    Kind.DISCLOSURE: Category.CRISIS,
    Kind.INSULT: Category.HARASSMENT,
    Kind.PILE_ON: Category.HARASSMENT,
    Kind.TERM: Category.RULES,
}


class WordFilter:
    """Finds what a message says: `insult:3` is an insult of level 3, `unchecked` a crisis check that failed."""

    name = "words"
    version = "1"
    categories = frozenset(Category)

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._judge(each.message.text) for each in batch]

    def _judge(self, text: str) -> Verdict:
        findings: list[Finding] = []
        for word in text.split():
            name, _, level = word.partition(":")
            if level.isdigit():
                kind = Kind(name)
                findings.append(a_finding(CATEGORY_OF[kind], int(level), kind=kind))
        checks = (a_check(Category.CRISIS, CheckState.FAILED),) if "unchecked" in text else ()
        return Verdict(findings=tuple(findings), checks=checks)


class Stage:
    """Speaks `core.ports.Platform`: remembers every call, and every effect once by its action key."""

    name = PlatformName("local")
    capabilities = Capabilities(
        actions=frozenset(ActionKind),
        recognises_doubles=True,
        edits_cards=True,
        ephemeral=True,
        history=False,
        max_message_chars=4000,
        max_timeout_s=86400,
    )

    def __init__(self) -> None:
        self.calls: list[Order] = []
        self.effects: dict[str, Order] = {}
        self.trouble: deque[tuple[ActionKind | None, BaseException]] = deque()
        self.hangs = False

    def refuse(self, error: BaseException, times: int = 1, kind: ActionKind | None = None) -> None:
        """Let the next `times` calls (of `kind`) end with `error`, before any effect."""
        self.trouble.extend([(kind, error)] * times)

    async def perform(self, order: Order) -> str:
        self.calls.append(order)
        if self.hangs:
            await asyncio.Event().wait()
        for trouble in self.trouble:
            if trouble[0] in {None, order.action.kind}:
                self.trouble.remove(trouble)
                raise trouble[1]
        self.effects.setdefault(order.action.key, order)
        return f"receipt of {order.action.key}"

    def orders(self, kind: ActionKind) -> list[Order]:
        """The effects of one kind, each once."""
        return [order for order in self.effects.values() if order.action.kind is kind]

    def called(self, kind: ActionKind) -> int:
        return sum(order.action.kind is kind for order in self.calls)


class RiggedStore(MemoryStore):
    """A store that can refuse to write, answer that a case is stale, or break on one case's evidence."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.refusals: deque[BaseException] = deque()
        self.stale = 0
        self.before_commit: list[Awaitable[Any]] = []
        self.commits: list[Commit] = []
        self.unrecorded = 0
        self.intake = MemoryIntake()

    async def commit(self, unit: Commit) -> Committed:
        while self.before_commit:
            await self.before_commit.pop()
        if self.refusals:
            raise self.refusals.popleft()
        if self.stale:
            self.stale -= 1
            return Committed.STALE
        result = await super().commit(unit)
        if result is Committed.WRITTEN:
            self.commits.append(unit)
            await self._let_undecided_go(unit)
        return result

    async def _let_undecided_go(self, unit: Commit) -> None:
        """A database does this in the same transaction; in memory, events lie somewhere else."""
        gone = {(each.community, each.member) for each in unit.erased} | {(each, None) for each in unit.left}
        for taken in await MemoryIntake.take(self.intake, 100_000) if gone else ():
            community = event_community(taken.event)
            if {(community, member_of(taken.event)), (community, None)} & gone:
                await MemoryIntake.ack(self.intake, [taken.seq])

    async def record_action(self, *args: Any, **named: Any) -> None:
        if self.unrecorded:
            self.unrecorded -= 1
            raise Unavailable(reason="synthetic")
        await super().record_action(*args, **named)


class House:
    """Everything wired together over one clock."""

    def __init__(self, policy: CommunityPolicy | None = None, deadline_s: float = 30.0) -> None:
        self.policy = policy or CommunityPolicy()
        self.broken_policies: dict[CommunityId, Exception] = {}
        self.clock = FakeClock()
        self.store = RiggedStore(self.clock)
        self.intake = MemoryIntake()
        self.stage = Stage()
        self.board = Noticeboard()
        self.filter = WordFilter()
        self.crew = Crew()
        self.shelf = Shelf()
        self.community = HARBOUR
        self.languages = Languages()
        self.consent: Consent | None = None
        self.is_noticed = True
        self._deadline_s = deadline_s
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill: what was in memory is gone, store and platform remember."""
        self.store.intake = self.intake
        worker = InlineWorker([self.filter])
        lane = Lane(name="words", worker=worker, filters=(FilterInfo(name="words", categories=self.filter.categories),))
        recents = Recents()
        self.engine = Engine(
            intake=self.intake,
            store=self.store,
            screening=Screening([lane], self.clock, self.board),
            policy_of=self._policy_of,
            clock=self.clock,
            notices=self.board,
            recents=recents,
            consent=self.consent,
        )
        self.letters = Letters(
            store=self.store,
            clock=self.clock,
            services=ServicesShown(resources=Resources(directory=self.shelf, clock=self.clock)),
            staff=self.crew,
            community_of=lambda _: self.community,
            languages=self.languages,
        )
        self.delivery = Delivery(
            store=self.store,
            platforms={"local": self.stage},
            compose=Composer(staff=self.crew),
            compose_digest=compose_digest,
            compose_letter=self.letters.compose,
            clock=self.clock,
            notices=self.board,
            staff=self.crew,
            policy_of=self._policy_of,
            deadline_s=self._deadline_s,
            preference_of=self.store.preference,
        )
        due = CaseTimers(store=self.store, clock=self.clock, policy_of=self._policy_of, staff=self.crew)
        watch = RotaWatch(
            store=self.store, clock=self.clock, policy_of=self._policy_of, staff=self.crew, notices=self.board
        )
        self.erasures = Erasures(
            store=self.store,
            care=self.store,
            clock=self.clock,
            policy_of=self._policy_of,
            paused=self.engine.paused,
            forget=self.engine.forget,
        )
        leaving = Leaving(
            store=self.store,
            clock=self.clock,
            presence=self.engine.presence,
            recents=recents,
            paused=self.engine.paused,
            forget=self.engine.forget,
        )
        self.privacy = Privacy(
            store=self.store,
            care=self.store,
            clock=self.clock,
            staff=self.crew,
            erasures=self.erasures,
            policy_of=self._policy_of,
            community_of=community_of,
            is_noticed=lambda _: self.is_noticed,
        )
        handlers = {**due.handlers, **watch.handlers, **self.erasures.handlers, **leaving.handlers}
        self.timers = Timers(store=self.store, clock=self.clock, handlers=handlers, notices=self.board)
        self.duty = DutyDesk(store=self.store, clock=self.clock, policy_of=self._policy_of, staff=self.crew)
        self.queue = Queue(
            store=self.store,
            clock=self.clock,
            policy_of=self._policy_of,
            staff=self.crew,
            recents=recents,
            preference_of=self.store.preference,
        )

        self.appeals = Appeals(store=self.store, intake=self.intake, clock=self.clock, policy_of=self._policy_of)
        self.reports = Reports(store=self.store, clock=self.clock, policy_of=self._policy_of)

    def _policy_of(self, community: CommunityId) -> CommunityPolicy:
        if community in self.broken_policies:
            raise self.broken_policies[community]
        return self.policy

    async def say(self, text: str, message_id: str = "m1", **more: Any) -> Message:
        """A message comes in; nothing is decided yet."""
        message = a_message(message_id, text, sent_at=self.clock.now(), **more)
        await self.intake.append([MessageWritten(message=message)])
        return message

    async def appeal(self, member: str, case: Case, words: str = "please look again") -> Case | Refused:
        return await self.appeals.file(case.community, MemberId(member), case.id, words)

    async def report(self, reporter: str, message: Message, about: ReportAbout = ReportAbout.OTHER) -> Case | Refused:
        return await self.reports.report(MemberId(reporter), message, about)

    async def ask(self, member: str, command: Command, community: CommunityId = COMMUNITY) -> Page:
        """The page that a member gets for a command about their data."""
        return await self.go(member, FIRST_PAGE[command], community)

    async def press(self, member: str, page: Page, label: str) -> Page:
        """The page behind a button, found by the key of its words."""
        (choice,) = [each for each in page.choices if each.label.key == label]
        way = read_way(choice.to)
        assert way is not None
        return await self.go(member, way)

    async def go(self, member: str, way: Way, community: CommunityId = COMMUNITY) -> Page:
        page = await self.privacy.page(Asker(community=community, member=MemberId(member)), way)
        assert page is not None
        return page

    async def delete(self, message_id: str = "m1", community: CommunityId = COMMUNITY) -> None:
        event = MessageDeleted(
            platform=PlatformName("local"),
            community=community,
            channel=PIER,
            message_id=MessageId(message_id),
            at=self.clock.now(),
        )
        await self.intake.append([event])

    async def decide(self) -> None:
        """Decide everything that came in."""
        while await self.engine.step():
            pass

    async def settle(self) -> None:
        """Decide and deliver everything, as long as it takes."""
        await self.decide()
        await self.deliver()

    async def deliver(self, within: timedelta = timedelta(minutes=10)) -> None:
        """Deliver what is pending, moving the clock past its retries."""
        until = self.clock.now() + within
        await driven(self.clock, self.delivery.deliver_due())
        while (await self.store.counts())["actions_pending"] and self.clock.now() < until:
            self.clock.advance(timedelta(seconds=5))
            await driven(self.clock, self.delivery.deliver_due())

    async def pass_time(self, by: timedelta) -> None:
        """Time passes, and what is due fires."""
        self.clock.advance(by)
        while await self.timers.fire_due():
            pass

    async def undecided(self) -> int:
        """How many events are not acknowledged."""
        return len(await self.intake.take(1000))

    async def cases(self, *concerns: Concern, states: frozenset[State] = frozenset(State)) -> list[Case]:
        found = await self.store.cases(COMMUNITY, states, 100)
        return [case for case in found if not concerns or case.concern in concerns]

    async def the_case(self, concern: Concern = Concern.CONDUCT) -> Case:
        (case,) = await self.cases(concern, states=OPEN_STATES)
        return case

    async def case(self, case_id: CaseId) -> Case:
        case = await self.store.case(COMMUNITY, case_id)
        assert case is not None
        return case

    async def records(self, case: Case, *kinds: ActionKind) -> list[ActionRecord]:
        found = await self.store.actions(case.community, case.id)
        return [record for record in found if not kinds or record.action.kind in kinds]

    async def click(self, member: str, case: Case, verb: str, **params: str) -> Case | Refused:
        """A click on the card of `case` as it was then."""
        click = Click(case_id=case.id, verb=verb, turn=case.turn, params=params)
        return await self.queue.act(actor(member), click)

    async def clicked(self, member: str, case: Case, verb: str, **params: str) -> Case:
        """A click that has to work."""
        after = await self.click(member, case, verb, **params)
        assert isinstance(after, Case), after
        return after


def community_of(community: CommunityId) -> Community:
    return Community(
        id=community,
        name="Harbour",
        alerts=ChannelId("desk"),
        crisis_alerts=ChannelId("care"),
        owners=frozenset({MemberId("olga")}),
    )


def actor(member: str, community: CommunityId = COMMUNITY) -> Actor:
    return Actor(community=community, member=MemberId(member), roles=ROLES.get(MemberId(member), frozenset()))


async def driven(clock: FakeClock, work: Awaitable[T]) -> T:
    """Run `work` to its end, moving the clock whenever it only sleeps."""
    task = asyncio.ensure_future(work)
    idle = 0
    while not task.done():
        await asyncio.sleep(0)
        idle += 1
        if idle > 3 and clock.sleepers:
            clock.advance(timedelta(seconds=1))
            idle = 0
    return task.result()
