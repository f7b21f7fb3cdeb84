"""What happens to a case when a timer is due: a claim lapses, a snooze ends, its text goes."""

from collections.abc import Mapping

from core.flow.planning import LEASE_TIMER, SNOOZE_TIMER, TEXT_TIMER, card_action, entry, text_timer
from core.flow.timers import Handler
from core.model.action import ActionKind
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, CaseEvent, CaseId, LeaseLapsed, Refused, Woke, advance
from core.model.record import CaseWrite, Commit, Timer
from core.ports import Clock, Store


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
