"""Random interleavings of members, moderators, responders, an owner, timers, delivery, clock jumps and crashes.

Time is virtual. What happens at once really interleaves: every read and write of the store lets others go first. After
each step an oracle reads what was written (`tests.core.ledger`): 0 lost cards, 0 double claims, 0 double actions.
`LIGHTKEEPER_INTERLEAVINGS` sets how many walks are tried: a few hundred here, 10,000 in `make chaos`.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.care.reports import ReportAbout
from core.desk.clicks import Click, Verb, verbs_for
from core.desk.orders import ORDERABLE
from core.errors import GaveUp, NotAllowed, RetryLater, Unavailable
from core.model.action import LAWS, ActionKind, Retry
from core.model.case import OUTCOMES, Case, CaseId, Concern
from core.model.event import MessageWritten
from core.model.message import Channel, ChannelId, MemberId, Message
from core.model.order import Order
from core.model.people import Actor, Role, may_see
from core.model.policy import CommunityPolicy
from core.model.record import ActionState, Commit, Committed
from tests.clock import FakeClock
from tests.core.examples import COMMUNITY, PIER, a_message
from tests.core.house import LIVE_LADDER, House
from tests.core.ledger import Ledger
from tests.core.mortal import Fate, Killed, MortalIntake, MortalStage, MortalStore, is_kill

WALKS = int(os.environ.get("LIGHTKEEPER_INTERLEAVINGS", "150"))

CREW = {
    MemberId("bob"): frozenset({Role.MODERATOR}),
    MemberId("cat"): frozenset({Role.MODERATOR}),
    MemberId("dan"): frozenset({Role.MODERATOR, Role.RESPONDER}),
    MemberId("rae"): frozenset({Role.RESPONDER}),
    MemberId("rob"): frozenset({Role.RESPONDER}),
    MemberId("olga"): frozenset({Role.OWNER}),
}
MEMBERS = ("ann", "ben", "cyn", "bob")
TEXTS = (
    "insult:2",
    "insult:3",
    "insult:4",
    "term:2",
    "disclosure:1",
    "disclosure:2",
    "disclosure:3",
    "disclosure:4 insult:3",
    "pile_on:3",
    "good morning",
)
AGAIN = {Concern.CRISIS: "disclosure:3", Concern.CONDUCT: "insult:3"}
QUAY = Channel(id=ChannelId("quay"), name="quay")
POLICY = CommunityPolicy.model_validate({**LIVE_LADDER.model_dump(), "crisis_alerts_per_day": 1})

TURNING = frozenset({Verb.CLAIM, Verb.RELEASE, Verb.HAND_OVER, Verb.SNOOZE, Verb.RESOLVE, Verb.UNDO})
"""The verbs of which only one can win on a turn."""


class JumpingClock(FakeClock):
    """A clock that somebody else sets: its time jumps, its seconds go on."""

    def __init__(self) -> None:
        super().__init__()
        self._jumped = timedelta()
        self._furthest = self.now()

    def now(self) -> datetime:
        return super().now() + self._jumped

    def jump(self, by: timedelta) -> None:
        self._furthest = max(self._furthest, self.now())
        self._jumped += by

    def put_right(self) -> None:
        """What was set while the clock went ahead comes up: as late as the clock was wrong, and no later."""
        self.jump(max(self._furthest - self.now(), timedelta()))


class BusyStore(MortalStore):
    """Lets others go first, now more, now less, at every read and write."""

    def __init__(self, clock: FakeClock, fate: Fate) -> None:
        super().__init__(clock, fate)
        self.drawn = random.Random(0)

    async def busy(self) -> None:
        for _ in range(self.drawn.randrange(3)):
            await asyncio.sleep(0)

    async def case(self, *args: Any) -> Case | None:
        found = await super().case(*args)
        await self.busy()
        return found

    async def due_timers(self, *args: Any) -> Any:
        found = await super().due_timers(*args)
        await self.busy()
        return found

    async def history(self, *args: Any) -> Any:
        found = await super().history(*args)
        await self.busy()
        return found

    async def actions(self, *args: Any) -> Any:
        found = await super().actions(*args)
        await self.busy()
        return found

    async def commit(self, unit: Commit) -> Committed:
        await self.busy()
        return await super().commit(unit)


class Happened(dict[str, Order]):
    """Counts how often each thing happened."""

    def __init__(self, times: Counter[str]) -> None:
        super().__init__()
        self._times = times

    def setdefault(self, key: str, order: Order) -> Order:
        self._times[key] += 1
        return super().setdefault(key, order)


class WatchedStage(MortalStage):
    """Sees whom an automatic enforcement hits, at the moment in which it does."""

    def __init__(self, fate: Fate, store: BusyStore) -> None:
        super().__init__(fate)
        self._store = store
        self.authors: dict[str, str] = {}
        self.wrongs: list[Order] = []
        self.happened: Counter[str] = Counter()
        self.effects = Happened(self.happened)

    async def perform(self, order: Order) -> str:
        action = order.action
        if LAWS[action.kind].enforces and not action.params.get("by"):
            hit = self.authors.get(action.target, action.target)
            if await self._store.open_case(COMMUNITY, hit, Concern.CRISIS) is not None:
                self.wrongs.append(order)
        return await super().perform(order)


class Shift(House):
    """A house over a clock that jumps, that dies and starts again."""

    def __init__(self) -> None:
        self.fate = Fate()
        super().__init__(POLICY)
        self.jumping_clock = self.clock = JumpingClock()
        self.busy_store = self.store = BusyStore(self.clock, self.fate)
        self.intake = MortalIntake(self.fate)
        self.watched = self.stage = WatchedStage(self.fate, self.busy_store)
        self.crew.roles = dict(CREW)
        self.start()

    async def restart(self) -> None:
        """What was in memory is gone; starting can be struck again."""
        while True:
            self.start()
            try:
                await self.store.unclaim_actions()
            except BaseException as blow:
                if not isinstance(blow, Unavailable) and not is_kill(blow):
                    raise
            else:
                return

    def actor(self, member: MemberId) -> Actor:
        return Actor(community=COMMUNITY, member=member, roles=self.crew.roles[member])


@dataclass(frozen=True)
class Saying:
    author: str
    text: str
    channel: Channel


@dataclass(frozen=True)
class Editing:
    which: int
    text: str


@dataclass(frozen=True)
class Deleting:
    which: int


@dataclass(frozen=True)
class Clicking:
    """A click on a page that somebody has open; `late` is by how many turns the page is behind.

    It is on the case `which` of those in the ledger, or on the one that `case_id` names.
    """

    who: MemberId
    which: int
    verb: Verb
    pick: int
    late: int = 0
    case_id: CaseId | None = None


@dataclass(frozen=True)
class Deciding:
    """Somebody who may does something that a case offers now: its holder, where it has one."""

    which: int
    nth: int
    pick: int
    other: bool = False


@dataclass(frozen=True)
class Looking:
    who: MemberId
    which: int


@dataclass(frozen=True)
class Appealing:
    who: str
    which: int
    is_theirs: bool


@dataclass(frozen=True)
class Reporting:
    who: str
    which: int
    about: ReportAbout


@dataclass(frozen=True)
class Minding:
    """Going on or off duty, or handing everything over."""

    who: MemberId
    to: MemberId
    what: str


@dataclass(frozen=True)
class Jumping:
    by: timedelta


@dataclass(frozen=True)
class Looping:
    """One of the loops does its work: "decide", "deliver" or "fire"."""

    loop: str


Doing = (
    Deciding | Saying | Editing | Deleting | Clicking | Looking | Appealing | Reporting | Minding | Jumping | Looping
)

small = st.integers(0, 5)
sayings = st.builds(
    Saying, author=st.sampled_from(MEMBERS), text=st.sampled_from(TEXTS), channel=st.sampled_from([PIER, QUAY])
)
clickings = st.builds(
    Clicking,
    who=st.sampled_from(list(CREW)),
    which=small,
    verb=st.sampled_from([*Verb, Verb.CLAIM, Verb.CLAIM, Verb.ORDER, Verb.RESOLVE]),
    pick=small,
    late=st.sampled_from([0, 0, 0, 1]),
)
decidings = st.builds(
    Deciding, which=small, nth=small, pick=st.integers(0, 40), other=st.sampled_from([False, False, False, True])
)
appealings = st.builds(
    Appealing, who=st.sampled_from(MEMBERS), which=small, is_theirs=st.sampled_from([True, True, True, False])
)
jumpings = st.builds(Jumping, by=st.sampled_from([timedelta(hours=h) for h in (-30, -3, -1, 1, 3, 30)]))
workings = st.builds(Looping, loop=st.sampled_from(["decide", "deliver", "fire"]))
doings: st.SearchStrategy[Doing] = st.one_of(
    clickings,
    decidings,
    decidings,
    workings,
    workings,
    sayings,
    st.builds(Editing, which=small, text=st.sampled_from(TEXTS)),
    st.builds(Deleting, which=small),
    st.builds(Looking, who=st.sampled_from(list(CREW)), which=small),
    appealings,
    st.builds(Reporting, who=st.sampled_from(MEMBERS), which=small, about=st.sampled_from(ReportAbout)),
    st.builds(
        Minding,
        who=st.sampled_from(list(CREW)),
        to=st.sampled_from(list(CREW)),
        what=st.sampled_from(["on", "off", "hand_over", "hand_over"]),
    ),
    jumpings,
)


class Night(RuleBasedStateMachine):
    """What may happen to a community, in any order and at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.shift = Shift()
        self.ledger = Ledger()
        self.read = 0
        self.said: list[Message] = []
        self.won: set[tuple[CaseId, int]] = set()

    @initialize(text=st.sampled_from(["insult:3", "disclosure:3", "disclosure:2"]))
    def _somebody_speaks(self, text: str) -> None:
        self._run([Saying("ann", text, PIER), Looping("decide")])

    @rule(saying=sayings)
    def message(self, saying: Saying) -> None:
        self._run([saying])
        self._run([Looping("decide")])

    @rule(clicking=clickings)
    def click(self, clicking: Clicking) -> None:
        self._run([clicking])

    @rule(deciding=decidings)
    def decide(self, deciding: Deciding) -> None:
        self._run([deciding])

    @rule(deciding=decidings, then=st.lists(decidings, min_size=1, max_size=3))
    def work_through(self, deciding: Deciding, then: list[Deciding]) -> None:
        """Somebody takes a case and does several things with it."""
        taken = self._case(deciding.which)
        if taken is not None and taken.is_open and taken.holder is None:
            self._run([replace(deciding, pick=0)])
        for each in then:
            self._run([replace(each, which=deciding.which)])
            self._run([Looping("deliver")])

    @rule(clicking=clickings, others=st.lists(st.sampled_from(list(CREW)), min_size=1, max_size=4))
    def same_click_at_once(self, clicking: Clicking, others: list[MemberId]) -> None:
        self._run([clicking, *(replace(clicking, who=other) for other in others)])

    @rule(deciding=decidings, times=st.integers(2, 3))
    def double_click(self, deciding: Deciding, times: int) -> None:
        self._run([deciding] * times)

    @rule(which=small, nth=small)
    def undo_after_more_of_the_same(self, which: int, nth: int) -> None:
        """Somebody takes back how a case ended while its subject has given reason for another."""
        closed = [case for case in self.ledger.cases.values() if not case.is_open and case.concern in AGAIN]
        if closed:
            case = closed[which % len(closed)]
            self._run([Saying(case.subject, AGAIN[case.concern], PIER)])
            self._run([Looping("decide")])
            self._run([Clicking(list(CREW)[nth], 0, Verb.UNDO, 0, case_id=case.id)])

    @rule(minutes=st.sampled_from([5, 16, 90]), jumping=jumpings, seed=st.integers(0, 99))
    def the_clock_jumps_while_timers_fire(self, minutes: int, jumping: Jumping, seed: int) -> None:
        self.shift.busy_store.drawn.seed(seed)
        self.shift.clock.advance(timedelta(minutes=minutes))
        self._run([Looping("fire"), jumping])

    @rule(appealing=appealings)
    def appeal(self, appealing: Appealing) -> None:
        self._run([appealing])

    @rule(together=st.lists(doings, min_size=2, max_size=4), seed=st.integers(0, 99))
    def at_once(self, together: list[Doing], seed: int) -> None:
        self.shift.busy_store.drawn.seed(seed)
        self._run(together)

    @rule(working=workings)
    def work(self, working: Looping) -> None:
        self._run([working])

    @rule(minutes=st.sampled_from([1, 4, 16, 90, 60 * 25, 60 * 24 * 7]))
    def time_passes(self, minutes: int) -> None:
        self.shift.clock.advance(timedelta(minutes=minutes))
        self._run([Looping("fire")])

    @rule(member=st.sampled_from(list(CREW)), has=st.booleans())
    def role(self, member: MemberId, has: bool) -> None:
        """Somebody's role is taken away or given back; the owner stays."""
        if member != "olga":
            self.shift.crew.roles[member] = CREW[member] if has else frozenset()

    @rule(moment=st.integers(1, 12), is_kill=st.booleans())
    def blow(self, moment: int, is_kill: bool) -> None:
        """The process is killed, or the disk is full, at one of the next writes."""
        fate = self.shift.fate
        at = fate.moments + moment
        fate.blow = Killed if is_kill else None
        fate.strikes = lambda now: now == at

    @rule(
        error=st.sampled_from(
            [RetryLater(reason="slow down"), NotAllowed(reason="no"), GaveUp(reason="lost", unknown=True)]
        ),
        kind=st.none() | st.sampled_from(ActionKind),
    )
    def trouble(self, error: Exception, kind: ActionKind | None) -> None:
        self.shift.stage.refuse(error, kind=kind)

    @invariant()
    def everything_holds(self) -> None:
        self.ledger.holds()
        assert not self.shift.watched.wrongs, "somebody in crisis care was punished without a person's click"
        for key, times in self.shift.watched.happened.items():
            assert times == 1 or LAWS[self.ledger.actions[key].kind].retry is not Retry.NEVER, "somebody was told twice"

    def teardown(self) -> None:
        """The night ends: everything is up, and everything that was decided arrives."""
        if self.loop is None:
            return
        try:
            self.shift.fate.strikes = lambda _: False
            self.shift.stage.trouble.clear()
            self.loop.run_until_complete(self._morning())
            self.everything_holds()
        finally:
            self.loop.close()

    async def _morning(self) -> None:
        shift = self.shift
        shift.jumping_clock.put_right()
        await shift.restart()
        for _ in range(3):
            await shift.settle()
            while await shift.timers.fire_due():
                pass
        await shift.settle()
        self._read()
        for case in self.ledger.cases.values():
            alerts = await shift.records(case, ActionKind.ALERT)
            assert len(alerts) <= 1
            assert all(each.state is ActionState.DONE for each in alerts), "a card never arrived"
        undone = Counter(o.action.params.get("undoes") for o in shift.stage.effects.values())
        del undone[None]
        assert not [key for key, count in undone.items() if count > 1], "something was undone twice"
        assert not await shift.intake.take(10)
        assert await shift.store.verify_audit(COMMUNITY) is None

    def _run(self, together: Sequence[Doing]) -> None:
        """Do these at once; whoever is killed starts again."""
        self.loop = self.loop or asyncio.new_event_loop()
        self.loop.run_until_complete(self._at_once(together))
        self._read()
        self.ledger.each_was_ordered_once()

    def _read(self) -> None:
        commits = self.shift.store.commits
        self.ledger.read(commits[self.read :])
        self.read = len(commits)

    async def _at_once(self, together: Sequence[Doing]) -> None:
        tasks = [asyncio.ensure_future(self._do(each)) for each in together]
        idle = 0
        while not all(task.done() for task in tasks) and not any(map(_was_killed, tasks)):
            await asyncio.sleep(0)
            idle += 1
            if idle > 3 and self.shift.clock.sleepers:
                self.shift.clock.advance(timedelta(seconds=1))
                idle = 0
        for task in tasks:  # whoever was at work when the process died does nothing more
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        for blow in answers:
            if not isinstance(blow, BaseException) or isinstance(blow, asyncio.CancelledError | Unavailable):
                continue
            if not is_kill(blow):
                raise blow
        if any(map(_was_killed, tasks)):
            await self.shift.restart()

    def _do(self, doing: Doing) -> Coroutine[Any, Any, object]:
        match doing:
            case Saying() | Editing() | Deleting():
                return self._say(doing)
            case Clicking():
                return self._click(doing)
            case Deciding():
                return self._decide(doing)
            case Looking():
                return self._look(doing)
            case Appealing():
                return self._appeal(doing)
            case Reporting():
                return self._report(doing)
            case Minding():
                return self._mind(doing)
            case Jumping():
                return self._jump(doing)
            case Looping(loop="decide"):
                return self.shift.decide()
            case Looping(loop="deliver"):
                return self.shift.delivery.deliver_due()
            case Looping():
                return self.shift.timers.fire_due()

    async def _say(self, doing: Saying | Editing | Deleting) -> None:
        shift = self.shift
        match doing:
            case Saying():
                message_id = f"m{len(self.said)}"
                message = a_message(
                    message_id, doing.text, author=doing.author, channel=doing.channel, sent_at=shift.clock.now()
                )
                self.said.append(message)
                shift.watched.authors[message_id] = doing.author
            case Editing() if self.said:
                old = self.said[doing.which % len(self.said)]
                message = replace(old, text=doing.text, edited_at=shift.clock.now())
            case Deleting() if self.said:
                await shift.delete(self.said[doing.which % len(self.said)].id)
                return
            case _:
                return
        await shift.intake.append([MessageWritten(message=message)])

    def _case(self, which: int) -> Case | None:
        """A case as it was last written, an open one rather than a closed one."""
        cases = sorted(self.ledger.cases.values(), key=lambda case: (not case.is_open, case.id))
        return cases[which % len(cases)] if cases else None

    async def _look(self, doing: Looking) -> None:
        case = self._case(doing.which)
        if case is not None:
            await self.shift.queue.show(self.shift.actor(doing.who), case.id)

    async def _appeal(self, doing: Appealing) -> None:
        case = self._case(doing.which)
        if case is not None:
            member = MemberId(case.subject if doing.is_theirs else doing.who)
            await self.shift.appeals.file(COMMUNITY, member, case.id, f"it was a quotation, said {doing.who}")

    async def _report(self, doing: Reporting) -> None:
        if self.said:
            await self.shift.reports.report(MemberId(doing.who), self.said[doing.which % len(self.said)], doing.about)

    async def _mind(self, doing: Minding) -> None:
        duty, actor = self.shift.duty, self.shift.actor(doing.who)
        match doing.what:
            case "on":
                await duty.on(actor)
            case "off":
                await duty.off(actor)
            case _:
                await duty.hand_over(actor, doing.to, "synthetic")

    async def _jump(self, doing: Jumping) -> None:
        await asyncio.sleep(0)
        self.shift.jumping_clock.jump(doing.by)

    async def _click(self, doing: Clicking) -> None:
        case = self.ledger.cases[doing.case_id] if doing.case_id else self._case(doing.which)
        if case is None:
            return
        params = await self._params(doing, case)
        click = Click(case_id=case.id, verb=doing.verb, turn=case.turn - doing.late, params=params)
        answer = await self.shift.queue.act(self.shift.actor(doing.who), click)
        if isinstance(answer, Case):
            assert not doing.late, "a click on an older turn did something"
            if doing.verb in TURNING:
                assert (case.id, case.turn) not in self.won, "two clicks on one turn have won"
                self.won.add((case.id, case.turn))

    async def _decide(self, doing: Deciding) -> None:
        case = self._case(doing.which)
        if case is None:
            return
        may = [m for m in CREW if may_see(self.shift.actor(m), case) and (m != case.holder or not doing.other)]
        if not may:
            return
        who = case.holder if case.holder in may else may[doing.nth % len(may)]
        verbs = [*verbs_for(self.shift.actor(who), case), Verb.CARRY_OUT, Verb.UNDO_ACTION]
        verb = verbs[doing.pick % len(verbs)]
        await self._click(Clicking(who, doing.which, Verb.ORDER if verb is Verb.EXTEND else verb, doing.pick % 6))

    async def _params(self, doing: Clicking, case: Case) -> dict[str, str]:
        pick, crew = doing.pick, list(CREW)
        outcomes, kinds = OUTCOMES[case.concern], list(ORDERABLE[case.concern].items())
        kind, durations = kinds[pick % len(kinds)] if kinds else (ActionKind.WARN, ())
        records = [each for each in await self.shift.records(case) if LAWS[each.action.kind].enforces]
        return {
            "outcome": outcomes[pick % len(outcomes)],
            "minutes": "90",
            "to": crew[pick],
            "note": "synthetic",
            "hours": "48",
            "tier": str(int(case.tier)),
            "kind": kind,
            "duration_s": str(durations[pick % len(durations)]) if durations else "",
            "action": records[pick % len(records)].action.key if records else "",
        }


def _was_killed(task: asyncio.Future[Any]) -> bool:
    blow = task.exception() if task.done() and not task.cancelled() else None
    return blow is not None and is_kill(blow)


TestNight = Night.TestCase
TestNight.settings = settings(
    max_examples=WALKS,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
TestNight = pytest.mark.timeout(7200)(TestNight)
