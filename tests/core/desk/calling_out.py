"""Many cards, people who answer or don't, and bad days: what the chain of calls made of it, judged from outside.

The bot's own loops run in virtual time around a store in memory. Meanwhile the platform and the store go down, the
wall clock is set forward and back, and people claim, let go, vanish or never come. When each call was due is worked
out here from what the owner was promised, not from what the bot planned.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from bots.app import House, wired
from core.desk.clicks import Click
from core.errors import GaveUp, RetryLater, Unavailable
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import Case, CaseId, State, Tier
from core.model.case_event import Refused, Why
from core.model.event import MessageWritten
from core.model.message import MemberId
from core.model.order import Order
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord, ActionState, Commit, Committed, Timer
from tests.core.examples import COMMUNITY, a_message
from tests.core.house import Crew, Stage, WordFilter
from tests.core.noticeboard import Noticeboard
from tests.virtual_time import LoopClock

PROMISED_MINUTES = {4: 5, 3: 15, 2: 120}
PROMISED_SHARES = {Tier.AGAIN: 0.5, Tier.NEXT: 1.0, Tier.ALL: 1.5, Tier.OWNERS: 2.0, Tier.BANNER: 2.5}

CALM_AFTER_S = 60.0
"""How long after an outage of the platform calls may still hang in it."""

LONGEST_CHAIN_S = 2.5 * 120 * 60
LONGEST_BACK = timedelta(hours=12)
"""How far the wall clock can go back in all."""

RESPONDERS = ("rae", "sam", "tom", "una")
POLICY = CommunityPolicy.model_validate(
    {
        "crisis_alerts_per_day": 1000,
        "lease_minutes": 15,
        "rota": {
            "shifts": [
                {"begins": "06:00", "ends": "14:00", "members": ["rae", "sam"]},
                {"begins": "14:00", "ends": "22:00", "members": ["sam", "tom"]},
            ]
        },
    }
)
"""Nobody is planned at night: then everybody is called."""


@dataclass(frozen=True)
class Spell:
    """A stretch of the loop's time, in seconds."""

    begins: float
    ends: float


@dataclass
class Called:
    """One step of a chain, as it was written down."""

    case_id: CaseId
    level: int
    tier: Tier
    since: datetime
    since_s: float
    at_s: float


@dataclass
class Outcome:
    """What came of it; distances in seconds of the loop's time.

    Attributes:
        acknowledged: Cases that somebody claimed at least once and did not let fall.
        unanswered: Cases whose chain came to its end.
        adrift: Cases that are neither, or whose card or call never arrived.
        farthest_s: The greatest distance of a step of a chain from its set time, without the time in which the store
            refused to write: counted from the moment at which the wall clock had come to the set time.
        early: Steps that were taken before their time, or twice in one wait.
        slowest_page_s: The longest way of a page from the decision to the platform while both were up.
        worst_page_s: The same with outages.
    """

    cards: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    adrift: int = 0
    calls: int = 0
    farthest_s: float = 0.0
    early: int = 0
    pages: int = 0
    withdrawn: int = 0
    slowest_page_s: float = 0.0
    worst_page_s: float = 0.0
    store_down_s: float = 0.0
    platform_down_s: float = 0.0
    jumps: int = 0
    lapses: int = 0
    notices: list[str] = field(default_factory=list)


class Ledger:
    """Reads every commit: when each case began to wait, and when its chain went on."""

    def __init__(self) -> None:
        self.calls: list[Called] = []
        self.early = 0
        self.lapses = 0
        self.decided_s: dict[str, float] = {}
        self._waits: dict[CaseId, tuple[datetime, float]] = {}
        self._before: dict[CaseId, Case] = {}
        self._tiers: dict[CaseId, Tier] = {}

    def note(self, unit: Commit, at_s: float) -> None:
        for action in unit.actions:
            if action.kind is ActionKind.PAGE:
                self.decided_s.setdefault(action.key, at_s)
        verbs = {draft.verb for draft in unit.audit}
        self.lapses += AuditVerb.LEASE_LAPSED in verbs
        for write in unit.cases:
            case, before = write.case, self._before.get(write.case.id)
            self._before[case.id] = case
            if case.state is not State.WAITING:
                continue
            if before is None or before.state is not State.WAITING or before.is_quiet > case.is_quiet:
                self._waits[case.id] = case.updated_at, at_s
                self._tiers[case.id] = Tier.FIRST
            if AuditVerb.CLOCK_BACK in verbs and case.waiting_since is not None:
                self._waits[case.id] = case.waiting_since, at_s
            if AuditVerb.CALLED in verbs:
                self._step(case, at_s)

    def _step(self, case: Case, at_s: float) -> None:
        tier, (since, since_s) = Tier(case.tier), self._waits[case.id]
        self.early += tier <= self._tiers[case.id]
        self._tiers[case.id] = tier
        self.calls.append(Called(case_id=case.id, level=case.level, tier=tier, since=since, since_s=since_s, at_s=at_s))


class Archive(MemoryStore):
    """A store that can be down for a while, and has a ledger."""

    def __init__(self, clock: LoopClock, ledger: Ledger) -> None:
        super().__init__(clock)
        self._ledger = ledger
        self._loop_clock = clock
        self.is_down = False

    def _check(self) -> None:
        if self.is_down:
            raise Unavailable(reason="synthetic")

    async def commit(self, unit: Commit) -> Committed:
        self._check()
        committed = await super().commit(unit)
        if committed is Committed.WRITTEN:
            self._ledger.note(unit, self._loop_clock.monotonic())
        return committed

    async def claim_actions(self, *args: Any) -> Sequence[ActionRecord]:
        self._check()
        return await super().claim_actions(*args)

    async def record_action(self, *args: Any, **named: Any) -> None:
        self._check()
        await super().record_action(*args, **named)

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        self._check()
        return await super().due_timers(now, limit)


class Harbour(Stage):
    """A platform with bad spells: it refuses for now, or takes calls and never answers."""

    def __init__(self, clock: LoopClock) -> None:
        super().__init__()
        self._clock = clock
        self.mood = ""
        self.arrived_s: dict[str, float] = {}

    async def perform(self, order: Order) -> str:
        if self.mood == "hangs":
            await asyncio.Event().wait()
        if self.mood == "refuses":
            raise RetryLater(reason="synthetic")
        if self.mood == "breaks":
            raise GaveUp(reason="synthetic", unknown=True)
        if order.action.kind is ActionKind.PAGE:
            self.arrived_s.setdefault(order.action.key, self._clock.monotonic())
        self.effects.setdefault(order.action.key, order)
        await asyncio.sleep(0.05)
        return f"receipt of {order.action.key}"


class Night:
    """One run: cards over some hours, from one seed."""

    def __init__(self, seed: int, cards: int, over: timedelta, levels: Sequence[int] = (2, 3, 3, 4, 4)) -> None:
        self._drawn = random.Random(seed)
        self._cards = cards
        self._levels = levels
        self._over_s = over.total_seconds()
        self._clock = LoopClock()
        self._ledger = Ledger()
        self._store = Archive(self._clock, self._ledger)
        self._stage = Harbour(self._clock)
        self._board = Noticeboard()
        self._crew = Crew()
        self._crew.roles.update({MemberId(each): frozenset({Role.RESPONDER}) for each in RESPONDERS})
        self._intake = MemoryIntake()
        self._house = self._wired()
        self._store_spells: list[Spell] = []
        self._stage_spells: list[Spell] = []
        self._wall: list[tuple[float, datetime]] = []
        """From when on in the loop's time the wall clock showed what."""

    def _wired(self) -> House:
        words = WordFilter()
        lane = Lane(
            name="words", worker=InlineWorker([words]), filters=(FilterInfo(name="words", categories=words.categories),)
        )
        return wired(
            store=self._store,
            intake=self._intake,
            screening=Screening([lane], self._clock, self._board),
            policy_of=lambda _: POLICY,
            platforms={"local": self._stage},
            staff=self._crew,
            clock=self._clock,
            notices=self._board,
        )

    async def live(self) -> Outcome:
        """Let it pass, to the end of the last chain, and judge it."""
        self._wall.append((0.0, self._clock.now()))
        async with asyncio.TaskGroup() as loops:
            running = [loops.create_task(_kept_up(each)) for each in self._house.loops.values()]
            async with asyncio.TaskGroup() as people:
                for trouble in (self._store_fails, self._platform_fails, self._clock_jumps, self._come_and_go):
                    people.create_task(trouble())
                for number in range(self._cards):
                    people.create_task(self._card(number, self._drawn.uniform(0, self._over_s)))
            await self._settle()
            for task in running:
                task.cancel()
        return await self._judged()

    async def _settle(self) -> None:
        """Wait until nobody is called any more and everything has arrived, or it is clear that this will not come."""
        until_s = self._clock.monotonic() + LONGEST_CHAIN_S + LONGEST_BACK.total_seconds() + 3600
        while self._clock.monotonic() < until_s:
            await asyncio.sleep(600)
            is_over = all(not case.is_open or case.tier == Tier.BANNER for case in await self._all())
            if is_over and not (await self._store.counts())["actions_pending"]:
                return

    async def _all(self) -> Sequence[Case]:
        return await self._store.cases(COMMUNITY, frozenset(State), 10**6)

    async def _card(self, number: int, at_s: float) -> None:
        """Somebody writes, and people find the card or don't."""
        await asyncio.sleep(at_s)
        level = self._drawn.choice(self._levels)
        author = f"member{number}"
        message = a_message(f"m{number}", f"disclosure:{level}", author=author, sent_at=self._clock.now())
        await self._intake.append([MessageWritten(message=message)])
        target_s = PROMISED_MINUTES[level] * 60
        for _ in range(3):
            if self._drawn.random() < 0.3:
                return  # nobody ever comes
            await asyncio.sleep(self._drawn.expovariate(1 / target_s))
            taken = await self._taken(author)
            if taken is None:
                return
            match self._drawn.choice(("decides", "decides", "releases", "vanishes")):
                case "decides":
                    await asyncio.sleep(60)
                    await self._click(taken[0], author, "resolve", outcome="not_a_problem")
                    return
                case "releases":
                    await asyncio.sleep(120)
                    await self._click(taken[0], author, "release")
                case "vanishes":
                    await asyncio.sleep(20 * 60)

    async def _taken(self, author: str) -> tuple[str, Case] | None:
        who = self._drawn.choice(RESPONDERS)
        case = await self._click(who, author, "claim")
        return None if case is None else (who, case)

    async def _click(self, who: str, about: str, verb: str, **params: str) -> Case | None:
        """A person clicks until it is done, or somebody else did something."""
        actor = Actor(community=COMMUNITY, member=MemberId(who), roles=self._crew.roles[MemberId(who)])
        while True:
            with suppress(Unavailable):
                case = next((each for each in await self._about(about) if each.is_open), None)
                if case is None:
                    await asyncio.sleep(5)
                    if not await self._about(about):
                        continue
                    return None
                click = Click(case_id=case.id, verb=verb, turn=case.turn, params=params)
                answer = await self._house.queue.act(actor, click)
                if isinstance(answer, Case):
                    return answer
                if isinstance(answer, Refused) and answer.why is not Why.CHANGED:
                    return None
            await asyncio.sleep(1)

    async def _about(self, member: str) -> Sequence[Case]:
        return await self._store.cases_with(COMMUNITY, a_message(f"m{member.removeprefix('member')}").id)

    async def _store_fails(self) -> None:
        while (wait_s := self._drawn.expovariate(1 / 3600)) < self._left_s():
            await asyncio.sleep(wait_s)
            begins = self._clock.monotonic()
            self._store.is_down = True
            await asyncio.sleep(self._drawn.uniform(3, 120))
            self._store.is_down = False
            self._store_spells.append(Spell(begins, self._clock.monotonic()))

    async def _platform_fails(self) -> None:
        while (wait_s := self._drawn.expovariate(1 / 3600)) < self._left_s():
            await asyncio.sleep(wait_s)
            begins = self._clock.monotonic()
            self._stage.mood = self._drawn.choice(("hangs", "refuses", "breaks"))
            await asyncio.sleep(self._drawn.uniform(10, 1200))
            self._stage.mood = ""
            self._stage_spells.append(Spell(begins, self._clock.monotonic()))

    async def _clock_jumps(self) -> None:
        for _ in range(4):
            await asyncio.sleep(self._over_s / 5)
            hours = self._drawn.choice((-3, -1, 1, 2, 5)) * self._drawn.random()
            self._clock.jump(timedelta(hours=hours))
            self._wall.append((self._clock.monotonic(), self._clock.now()))

    async def _come_and_go(self) -> None:
        """People go on and off duty, and one loses the role for a while."""
        while (wait_s := self._drawn.expovariate(1 / 1800)) < self._left_s():
            await asyncio.sleep(wait_s)
            member = MemberId(self._drawn.choice(RESPONDERS))
            actor = Actor(community=COMMUNITY, member=member, roles=frozenset({Role.RESPONDER}))
            with suppress(Unavailable):
                if self._drawn.random() < 0.5:
                    await self._house.duty.on(actor, self._drawn.randint(1, 8))
                else:
                    await self._house.duty.off(actor)
            is_gone = self._drawn.random() < 0.2
            self._crew.roles[MemberId("una")] = frozenset({} if is_gone else {Role.RESPONDER})

    def _left_s(self) -> float:
        return self._over_s - self._clock.monotonic()

    async def _judged(self) -> Outcome:
        cases = await self._all()
        records = [record for case in cases for record in await self._store.actions(COMMUNITY, case.id)]
        alerts = [each for each in records if each.action.kind is ActionKind.ALERT]
        pages = [each for each in records if each.action.kind is ActionKind.PAGE]
        settled = {ActionState.DONE, ActionState.WITHDRAWN}
        ended = [case for case in cases if not case.is_open]
        unanswered = [case for case in cases if case.state is State.WAITING and case.tier == Tier.BANNER]
        outcome = Outcome(
            cards=self._cards,
            acknowledged=len(ended),
            unanswered=len(unanswered),
            adrift=self._cards
            - len(ended)
            - len(unanswered)
            + sum(each.state is not ActionState.DONE for each in alerts)
            + sum(each.state not in settled for each in pages),
            calls=len(self._ledger.calls),
            early=self._ledger.early,
            pages=sum(each.state is ActionState.DONE for each in pages),
            withdrawn=sum(each.state is ActionState.WITHDRAWN for each in pages),
            store_down_s=round(sum(each.ends - each.begins for each in self._store_spells)),
            platform_down_s=round(sum(each.ends - each.begins for each in self._stage_spells)),
            jumps=len(self._wall) - 1,
            lapses=self._ledger.lapses,
            notices=sorted(key for key in self._board.standing if not key.startswith("duty.")),
        )
        self._judge_calls(outcome)
        self._judge_pages(outcome, pages)
        return outcome

    def _judge_calls(self, outcome: Outcome) -> None:
        for call in self._ledger.calls:
            due_s = self._due_s(call)
            if due_s is None:
                outcome.early += 1
                continue
            down_s = sum(max(0.0, min(s.ends, call.at_s) - max(s.begins, due_s)) for s in self._store_spells)
            outcome.farthest_s = max(outcome.farthest_s, call.at_s - due_s - down_s)

    def _due_s(self, call: Called) -> float | None:
        """The first moment of that wait at which the wall clock showed the promised time or a later one."""
        target = timedelta(minutes=PROMISED_MINUTES[call.level])
        promised = call.since + PROMISED_SHARES[call.tier] * target
        ends = [begins for begins, _ in self._wall[1:]]
        for (begins, showed), end in zip(self._wall, [*ends, float("inf")], strict=True):
            shows_s = max(begins, call.since_s, begins + (promised - showed).total_seconds())
            if shows_s < end and shows_s <= call.at_s + 1e-6:
                return shows_s
        return None

    def _judge_pages(self, outcome: Outcome, pages: Sequence[ActionRecord]) -> None:
        for page in pages:
            if page.state is not ActionState.DONE:
                continue
            decided_s = self._ledger.decided_s[page.action.key]
            arrived_s = self._stage.arrived_s[page.action.key]
            outcome.worst_page_s = max(outcome.worst_page_s, arrived_s - decided_s)
            bad = (*self._store_spells, *self._stage_spells)
            if not any(each.begins <= arrived_s and decided_s <= each.ends + CALM_AFTER_S for each in bad):
                outcome.slowest_page_s = max(outcome.slowest_page_s, arrived_s - decided_s)


async def called_out(seed: int, cards: int, over: timedelta, levels: Sequence[int] = (2, 3, 3, 4, 4)) -> Outcome:
    """One run from one seed: so many cards of these levels, spread over that time."""
    return await Night(seed, cards, over, levels).live()


async def _kept_up(loop: Callable[[], Awaitable[None]]) -> None:
    await loop()
