"""What happens when a timer is due: a claim lapses, a snooze ends, the next people are called, somebody is asked to
look in again, what had an end is over, a case's text goes, the digest is posted, the store sweeps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.desk.clock_back import ClockBack
from core.desk.digest import Digests
from core.desk.ending import Endings, EndsByItself
from core.desk.forgetting import Forgetting
from core.errors import GaveUp, Unavailable
from core.flow.calling import BUT
from core.flow.naming import action_key
from core.flow.pacing import (
    CHAIN_TIMER,
    FOLLOW_UP_TIMER,
    FORGET_TIMER,
    LEASE_TIMER,
    SNOOZE_TIMER,
    heard_at,
    paced,
    tier_due,
)
from core.flow.planning import (
    DIGEST_TIMER,
    ENDING_TIMER,
    LOOK_IN,
    TEXT_TIMER,
    TIER,
    card_action,
    entry,
    tell_action,
    text_timer,
)
from core.flow.rewriting import rewritten
from core.flow.timers import CLOCK_BACK_TIMER, Handler
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, CaseId, Concern, FollowUp, Tier
from core.model.case_event import CaseEvent, Escalated, FollowUpDue, LeaseLapsed, Noted, Refused, Woke
from core.model.message import CommunityId
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.record import Action, Commit, Timer
from core.ports import Clock, Staff, Store

PolicyOf = Callable[[CommunityId], CommunityPolicy]

HOUSEKEEPING_TIMER = "housekeeping"
HOUSEKEEPING_EVERY = timedelta(hours=1)

Sweep = Callable[[], Awaitable[None]]
"""Takes away what was kept for its time only; may repeat."""


class CaseTimers:
    """The handler of every timer that cases set: says what to write when one is due."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: PolicyOf,
        staff: Staff,
        ends_by_itself: EndsByItself = lambda _: frozenset(),
    ) -> None:
        """`ends_by_itself` says what a community's platform ends at its time without being asked."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._staff = staff
        self._digests = Digests(store=store, clock=clock, policy_of=policy_of)
        self._forgetting = Forgetting(store=store, clock=clock)
        self._clock_back = ClockBack(store=store, clock=clock, policy_of=policy_of)
        self._endings = Endings(store=store, clock=clock, ends_by_itself=ends_by_itself)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {
            LEASE_TIMER: self._lease_lapse,
            SNOOZE_TIMER: self._snooze_wake,
            CHAIN_TIMER: self._chain,
            FOLLOW_UP_TIMER: self._follow_up,
            TEXT_TIMER: self._text_expiry,
            DIGEST_TIMER: self._digests.due,
            FORGET_TIMER: self._forgetting.due,
            ENDING_TIMER: self._endings.over,
            CLOCK_BACK_TIMER: self._clock_back.due,
        }

    async def _lease_lapse(self, timer: Timer) -> Commit:
        """Whoever let a claim run out is not the one who is called next."""
        case = await self._case(timer)
        if case is None or case.lease_until is None:
            return Commit()
        if case.lease_until > self._clock.now():  # the clock went back: the claim lives until its own time
            return Commit(timers=(replace(timer, due_at=case.lease_until),))
        gone = {BUT: case.holder} if case.holder else {}
        return self._moved(case, LeaseLapsed(), AuditVerb.LEASE_LAPSED, params=gone)

    async def _snooze_wake(self, timer: Timer) -> Commit:
        return self._moved(await self._case(timer), Woke(), AuditVerb.WOKE)

    async def _chain(self, timer: Timer) -> Commit:
        """Call the tier that is due; after a sleep the last that is, not one after another."""
        case = await self._case(timer)
        if case is None or case.chain_at is None:
            return Commit()
        tier = tier_due(self._policy_of(case.community), case, self._clock.now())
        if tier <= case.tier:  # the policy gives more time by now, or the clock went back: the same call, later
            later = self._advanced(case, Noted())
            again = [replace(timer, due_at=each.case.chain_at) for each in later.cases if each.case.chain_at]
            return replace(later, timers=tuple(again))
        moved = self._advanced(case, Escalated(by=None, to=tier), AuditVerb.CALLED, {"tier": str(int(tier))})
        if not moved.cases:
            return moved
        after = moved.cases[0].case
        calls = [self._page(after, reached) for reached in _to_call(Tier(case.tier), tier)]
        if case.tier < Tier.OWNERS <= tier:  # they may not look at the case's place: they are told in private too
            owners = self._staff.members(case.community, Role.OWNER)
            calls += [tell_action(after, each) for each in owners if each != case.subject]
        return replace(moved, actions=(await self._card(after), *calls))

    async def _card(self, case: Case) -> Action:
        """The refresh of the case's card; the card itself for one that only a digest told of so far."""
        records = await self._store.actions(case.community, case.id)
        has_one = any(each.action.kind is ActionKind.ALERT for each in records)
        return card_action(case, ActionKind.REFRESH_CARD if has_one else ActionKind.ALERT)

    def _page(self, case: Case, tier: Tier) -> Action:
        key = action_key(case.id, case.version, ActionKind.PAGE, f"{case.id} {int(tier)}")
        page = card_action(case, ActionKind.PAGE)
        return replace(page, key=key, params={**page.params, TIER: str(int(tier))})

    async def _follow_up(self, timer: Timer) -> Commit:
        """Those on duty are asked to look in again, unless the member has an open case: that is looking in."""
        case_id, _, which = timer.key.partition(":")
        case = await self._store.case(timer.community, CaseId(case_id)) if timer.community else None
        if case is None or not case.subject:  # it may have been forgotten first, after a long sleep
            return Commit()
        if await self._store.open_case(case.community, case.subject, Concern.CRISIS) is not None:
            return Commit()
        due = FollowUpDue(which=FollowUp(which))
        calls = {TIER: str(int(Tier.FIRST)), LOOK_IN: which}
        return self._moved(case, due, AuditVerb.FOLLOW_UP_DUE, {"which": which}, calls)

    async def _text_expiry(self, timer: Timer) -> Commit:
        case = await self._case(timer)
        if case is None:
            return Commit()
        now = self._clock.now()
        return Commit(
            destroyed_texts=(case.id,),
            timers=(text_timer(case, now),) if case.is_open else (),  # more may join it
            audit=(entry(case, AuditVerb.TEXT_DESTROYED, now, CLOCK),),
        )

    async def _case(self, timer: Timer) -> Case | None:
        return await self._store.case(timer.community, CaseId(timer.key)) if timer.community else None

    def _moved(
        self,
        case: Case | None,
        event: CaseEvent,
        verb: AuditVerb,
        facts: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Commit:
        """The case after the clock moved it, with a new page: an edited card wakes nobody.

        What is not about somebody's safety now is heard in watched hours only: a look-in too has the time.
        """
        moved = self._advanced(case, event, verb, facts) if case is not None else Commit()
        if not moved.cases:
            return moved
        after, now = moved.cases[0].case, self._clock.now()
        concern = after.concern if after.is_open else Concern.CONDUCT
        heard = heard_at(self._policy_of(after.community), concern, now)
        page = card_action(after, ActionKind.PAGE)
        page = replace(page, params={**page.params, **(params or {})}, due_at=heard if heard > now else None)
        return replace(moved, actions=(card_action(after, ActionKind.REFRESH_CARD), page))

    def _advanced(
        self, case: Case, event: CaseEvent, verb: AuditVerb | None = None, facts: Mapping[str, str] | None = None
    ) -> Commit:
        """The case after the clock moved it; nothing where somebody acted first: the timer is spent."""
        now = self._clock.now()
        advanced = advance(case, event, now)
        if isinstance(advanced, Refused):
            return Commit()
        after = paced(case, advanced, self._policy_of(case.community), now)
        return replace(rewritten(case, after), audit=(entry(after, verb, now, CLOCK, facts),) if verb else ())


def _to_call(before: Tier, tier: Tier) -> list[Tier]:
    """Which tiers are called when the chain goes from one to another.

    Whoever was slept through is not called one by one, but neither everybody nor the owners are passed over.
    """
    if tier <= Tier.NEXT:
        return [tier]
    return [each for each in (Tier.ALL, Tier.OWNERS) if before < each <= tier]


def housekeeping_timer(now: datetime) -> Timer:
    """The whole system's next housekeeping; set at every start, it sets itself from then on."""
    return Timer(kind=HOUSEKEEPING_TIMER, key="all", due_at=now + HOUSEKEEPING_EVERY)


def housekeeping(sweep: Sweep, clock: Clock) -> Handler:
    """The handler that sweeps once an hour, also when nothing comes in."""

    async def swept(_: Timer) -> Commit:
        try:
            await sweep()
        except Unavailable as error:  # it is put off by itself: no claim or text waits for it
            raise GaveUp(reason=error.reason) from error
        return Commit(timers=(housekeeping_timer(clock.now()),))

    return swept
