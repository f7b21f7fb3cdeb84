"""What happens when a timer is due: a claim lapses, a snooze ends, a case's text goes, the store sweeps."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from core.errors import GaveUp, Unavailable
from core.flow.planning import LEASE_TIMER, SNOOZE_TIMER, TEXT_TIMER, card_action, entry, text_timer
from core.flow.timers import Handler
from core.model.action import ActionKind
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, CaseEvent, CaseId, LeaseLapsed, Refused, Woke, advance
from core.model.record import CaseWrite, Commit, Timer
from core.ports import Clock, Store

HOUSEKEEPING_TIMER = "housekeeping"
HOUSEKEEPING_EVERY = timedelta(hours=1)

Sweep = Callable[[], Awaitable[None]]
"""Takes away what was kept for its time only; may repeat."""


def handlers(store: Store, clock: Clock) -> Mapping[str, Handler]:
    """The handler of every timer kind that cases set."""

    async def case_of(timer: Timer) -> Case | None:
        return await store.case(timer.community, CaseId(timer.key)) if timer.community else None

    async def lease_lapse(timer: Timer) -> Commit:
        return _moved(await case_of(timer), LeaseLapsed(), AuditVerb.LEASE_LAPSED, clock)

    async def snooze_wake(timer: Timer) -> Commit:
        return _moved(await case_of(timer), Woke(), AuditVerb.WOKE, clock)

    async def text_expiry(timer: Timer) -> Commit:
        case = await case_of(timer)
        if case is None:
            return Commit()
        now = clock.now()
        return Commit(
            destroyed_texts=(case.id,),
            timers=(text_timer(case, now),) if case.is_open else (),  # more may join it
            audit=(entry(case, AuditVerb.TEXT_DESTROYED, now, CLOCK),),
        )

    return {LEASE_TIMER: lease_lapse, SNOOZE_TIMER: snooze_wake, TEXT_TIMER: text_expiry}


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


def _moved(case: Case | None, event: CaseEvent, verb: AuditVerb, clock: Clock) -> Commit:
    """The case after the clock moved it, with a new alert: an edited card wakes nobody."""
    if case is None:
        return Commit()
    now = clock.now()
    after = advance(case, event, now)
    if isinstance(after, Refused):  # somebody acted first: the timer is spent, nothing else happens
        return Commit()
    return Commit(
        cases=(CaseWrite(case=after, expected_version=case.version),),
        actions=(card_action(after, ActionKind.REFRESH_CARD), card_action(after, ActionKind.PAGE)),
        audit=(entry(after, verb, now, CLOCK),),
    )
