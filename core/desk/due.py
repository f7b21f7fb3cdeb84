"""What happens when a timer is due: a claim lapses, a snooze ends, the next people are called, somebody is asked to
look in again, what had an end is over, a case's text goes, the digest is posted, the store sweeps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import GaveUp, Unavailable
from core.flow.pacing import (
    CHAIN_TIMER,
    FOLLOW_UP_TIMER,
    LEASE_TIMER,
    SNOOZE_TIMER,
    paced,
    tier_due,
    timer_changes,
)
from core.flow.planning import TEXT_TIMER, card_action, entry, tell_action, text_timer
from core.flow.timers import Handler
from core.model.action import ActionKind
from core.model.advancing import CaseEvent, Escalated, FollowUpDue, LeaseLapsed, Refused, Woke, advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, CaseId, FollowUp, Tier
from core.model.message import CommunityId
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.record import CaseWrite, Commit, Timer
from core.ports import Clock, Staff, Store

PolicyOf = Callable[[CommunityId], CommunityPolicy]

HOUSEKEEPING_TIMER = "housekeeping"
HOUSEKEEPING_EVERY = timedelta(hours=1)

Sweep = Callable[[], Awaitable[None]]
"""Takes away what was kept for its time only; may repeat."""


class CaseTimers:
    """The handler of every timer that cases set: says what to write when one is due."""

    def __init__(self, *, store: Store, clock: Clock, policy_of: PolicyOf, staff: Staff) -> None:
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._staff = staff

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {
            LEASE_TIMER: self._lease_lapse,
            SNOOZE_TIMER: self._snooze_wake,
            CHAIN_TIMER: self._chain,
            FOLLOW_UP_TIMER: self._follow_up,
            TEXT_TIMER: self._text_expiry,
        }

    async def _lease_lapse(self, timer: Timer) -> Commit:
        return self._moved(await self._case(timer), LeaseLapsed(), AuditVerb.LEASE_LAPSED)

    async def _snooze_wake(self, timer: Timer) -> Commit:
        return self._moved(await self._case(timer), Woke(), AuditVerb.WOKE)

    async def _chain(self, timer: Timer) -> Commit:
        """Call the tier that is due; after a sleep the last that is, not one after another."""
        case = await self._case(timer)
        if case is None or case.chain_at is None:
            return Commit()
        tier = tier_due(self._policy_of(case.community), case, self._clock.now())
        moved = self._moved(case, Escalated(by=None, to=tier), AuditVerb.CALLED, {"tier": str(int(tier))})
        if not moved.cases or tier < Tier.OWNERS:
            return moved
        after = moved.cases[0].case  # the owners may not look at the case's place: they are told in private too
        owners = self._staff.members(case.community, Role.OWNER)
        told = tuple(tell_action(after, each) for each in owners if each != case.subject and tier is Tier.OWNERS)
        return replace(moved, actions=(*moved.actions, *told))

    async def _follow_up(self, timer: Timer) -> Commit:
        case_id, _, which = timer.key.partition(":")
        case = await self._store.case(timer.community, CaseId(case_id)) if timer.community else None
        due = FollowUpDue(which=FollowUp(which))
        return self._moved(case, due, AuditVerb.FOLLOW_UP_DUE, {"which": which})

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
        self, case: Case | None, event: CaseEvent, verb: AuditVerb, facts: Mapping[str, str] | None = None
    ) -> Commit:
        """The case after the clock moved it, with a new page: an edited card wakes nobody."""
        if case is None:
            return Commit()
        now = self._clock.now()
        advanced = advance(case, event, now)
        if isinstance(advanced, Refused):  # somebody acted first: the timer is spent, nothing else happens
            return Commit()
        after = paced(case, advanced, self._policy_of(case.community), now)
        timers, cancelled = timer_changes(case, after)
        return Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            actions=(card_action(after, ActionKind.REFRESH_CARD), card_action(after, ActionKind.PAGE)),
            timers=timers,
            cancelled_timers=cancelled,
            audit=(entry(after, verb, now, CLOCK, facts),),
        )


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
