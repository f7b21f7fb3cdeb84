"""The state machine of a case: `advance(case, event)` gives the next case or a refusal.

    waiting --claim--> claimed --resolve--> resolved --undo--> claimed
       ^  \\--snooze--> snoozed                 (a case can be resolved from any open state)
       |                  | wake
       +--release, lease lapsed, its holder gone

When people are called, and when again, follows from the state and the policy (`core.flow.pacing`), not from here.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from core.model.case import (
    CARED_FOR,
    OUTCOMES,
    REASONS,
    Case,
    Concern,
    Outcome,
    Reason,
    State,
    Tier,
)
from core.model.case_event import (
    CaseEvent,
    Claimed,
    Digested,
    ErasureAsked,
    Escalated,
    Extended,
    FollowedUp,
    FollowUpDue,
    Forgotten,
    HandedOver,
    Held,
    HolderGone,
    Joined,
    LeaseLapsed,
    Noted,
    Refused,
    Released,
    Reopened,
    Resolved,
    Reviewed,
    SecondAsked,
    Seconded,
    Snoozed,
    Why,
    Woke,
)
from core.model.message import MemberId

MAX_HOLD = timedelta(days=7)
"""The longest that one hold keeps a case's text."""

ASK_AGAIN_AFTER = timedelta(minutes=5)
"""How soon a second pair of eyes can be asked for again: a double click pages people once."""


def advance(case: Case, event: CaseEvent, at: datetime) -> Case | Refused:
    """The case after `event`, or why it can't happen; pure.

    A refusal changes nothing. Crisis cases can't be snoozed away from level 3 on: they are refused as `NOT_ALLOWED`.
    """
    after = _next(case, event, at)
    if isinstance(after, Refused):
        return after
    return replace(after, version=case.version + 1, turn=case.turn + (_shown(after) != _shown(case)), updated_at=at)


def _shown(case: Case) -> tuple[object, ...]:
    """What somebody who clicks has to have seen."""
    return case.state, case.holder, case.level, case.snoozed_until


def _next(case: Case, event: CaseEvent, at: datetime) -> Case | Refused:
    match event:
        case Noted():
            return _noted(case, event)
        case Held():
            return _text_held(case, event, at)
        case Reviewed():
            return _reviewed(case, event)
        case ErasureAsked():
            return _erased(case, at)
        case Reopened() | FollowUpDue() | FollowedUp() | Forgotten():
            return _closed(case, event, at)
    if not case.is_open:
        return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
    match event:
        case Claimed():
            return _claimed(case, event, at)
        case Extended() | Released() | HandedOver() | SecondAsked():
            return _held(case, event, at)
        case Seconded():
            return _seconded(case, event)
        case Snoozed():
            return _snoozed(case, event)
        case Resolved():
            return _resolved(case, event, at)
        case _:
            return _moved(case, event, at)


def _moved(
    case: Case, event: Joined | LeaseLapsed | HolderGone | Woke | Escalated | Digested, at: datetime
) -> Case | Refused:
    """What messages and the clock do to an open case."""
    match event:
        case Joined():
            return _joined(case, event)
        case LeaseLapsed():
            has_lapsed = case.state is State.CLAIMED and case.lease_until is not None and case.lease_until <= at
            return _waiting(case) if has_lapsed else Refused(why=Why.CHANGED)
        case HolderGone():
            return _waiting(case) if case.state is State.CLAIMED else Refused(why=Why.CHANGED)
        case Woke():
            return _waiting(case) if case.state is State.SNOOZED else Refused(why=Why.CHANGED)
        case Escalated():
            to = min(event.to if event.to is not None else case.tier + 1, Tier.BANNER)
            is_double = event.tier not in {None, case.tier}
            if is_double or to <= case.tier:
                return Refused(why=Why.CHANGED)
            return replace(case, tier=to, is_quiet=False)
        case Digested():
            return replace(case, is_quiet=False) if case.is_quiet else Refused(why=Why.CHANGED)


def _noted(case: Case, event: Noted) -> Case:
    if event.by is not None and event.by == case.holder and event.lease_until is not None:
        return replace(case, lease_until=max(event.lease_until, case.lease_until or event.lease_until))
    return case


def _text_held(case: Case, event: Held, at: datetime) -> Case | Refused:
    if event.by is not None and not case.is_open:
        return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
    if event.by is not None and case.holder != event.by:
        return _taken(case) if case.holder else Refused(why=Why.NOT_YOURS)
    if not at < event.until <= at + MAX_HOLD:
        return Refused(why=Why.BAD_VALUE, field="hours")
    return replace(case, held_until=max(event.until, case.held_until or event.until))


def _reviewed(case: Case, event: Reviewed) -> Case:
    """Whoever granted the appeal may not be who closed the case: its own people stay named, only the verdict falls."""
    freed = replace(case, held_until=None)
    if event.is_overturned and case.outcome is Outcome.UPHELD:
        return replace(freed, outcome=Outcome.NOT_A_PROBLEM, reason=Reason.MISREAD)
    return freed


def _erased(case: Case, at: datetime) -> Case | Refused:
    """Nobody is looked after against their will; what was done to others waits for people."""
    if not case.subject or case.forgets_early:
        return Refused(why=Why.CHANGED)
    if not case.is_about_member:
        return Refused(why=Why.NOT_ALLOWED)
    early = replace(case, forgets_early=True, follow_up=None)
    if not case.is_open or case.concern is Concern.CONDUCT:
        return early
    return replace(
        _waiting(early),
        state=State.RESOLVED,
        outcome=Outcome.ERASED,
        closed_at=at,
        is_quiet=False,
        held_until=None,
    )


def _joined(case: Case, event: Joined) -> Case:
    raised = event.level > case.level
    joined = replace(
        case,
        messages=case.messages + event.messages,
        level=max(case.level, event.level),
        kind=event.kind if raised else case.kind,
        category=event.category if raised else case.category,
        is_quiet=case.is_quiet and not raised,
    )
    return _waiting(joined) if raised and case.state is State.SNOOZED else joined


def _claimed(case: Case, event: Claimed, at: datetime) -> Case | Refused:
    if case.state is State.CLAIMED:
        return _taken(case)
    return replace(
        _waiting(case),
        state=State.CLAIMED,
        holder=event.by,
        held_since=at,
        lease_until=event.lease_until,
        is_quiet=False,
    )


def _held(case: Case, event: Extended | Released | HandedOver | SecondAsked, at: datetime) -> Case | Refused:
    if case.holder != event.by:
        return _taken(case) if case.holder else Refused(why=Why.NOT_YOURS)
    match event:
        case Extended():
            return replace(case, lease_until=event.lease_until)
        case Released():
            return _waiting(case)
        case SecondAsked():
            return _second_asked(case, at)
        case HandedOver():
            if event.to == event.by:
                return Refused(why=Why.BAD_VALUE, field="to")
            second = None if case.second == event.to else case.second
            return replace(case, holder=event.to, held_since=at, lease_until=event.lease_until, second=second)


def _second_asked(case: Case, at: datetime) -> Case | Refused:
    if not case.takes_second:
        return Refused(why=Why.NOT_ALLOWED)
    was_just_asked = case.second_asked_at is not None and timedelta() <= at - case.second_asked_at < ASK_AGAIN_AFTER
    if case.second is not None or was_just_asked:
        return Refused(why=Why.CHANGED, holder=case.second)
    return replace(case, second_asked_at=at)


def _seconded(case: Case, event: Seconded) -> Case | Refused:
    if not case.takes_second:
        return Refused(why=Why.NOT_ALLOWED)
    if case.holder is None:
        return Refused(why=Why.NOT_YOURS)
    if event.by == case.holder or case.second is not None:
        return Refused(why=Why.CHANGED, holder=case.second)
    return replace(case, second=event.by)


def _snoozed(case: Case, event: Snoozed) -> Case | Refused:
    if case.concern is Concern.CRISIS and case.is_severe:
        return Refused(why=Why.NOT_ALLOWED)
    if _held_by_another(case, event.by):
        return _taken(case)
    if case.snoozed_until == event.until:
        return Refused(why=Why.CHANGED)
    # Who puts it off has seen it: it needs no digest, and calls people when it wakes.
    return replace(_waiting(case), state=State.SNOOZED, snoozed_until=event.until, is_quiet=False)


def _resolved(case: Case, event: Resolved, at: datetime) -> Case | Refused:
    if event.outcome not in OUTCOMES[case.concern]:
        return Refused(why=Why.OUTCOME_DOES_NOT_FIT, field="outcome")
    if event.reason is not None and event.reason not in REASONS.get((case.concern, event.outcome), ()):
        return Refused(why=Why.BAD_VALUE, field="reason")
    if _held_by_another(case, event.by):
        return _taken(case)
    # Words are held for somebody who may need help; those of a joke go like any others.
    is_over = case.concern is Concern.CRISIS and event.outcome is Outcome.NOT_A_PROBLEM
    return replace(
        _waiting(case),
        state=State.RESOLVED,
        outcome=event.outcome,
        reason=Reason.SAME_PERSON if event.is_own else event.reason,
        closed_at=at,
        closed_by=event.by,
        second=case.second,
        is_quiet=False,
        held_until=None if is_over else case.held_until,
    )


def _closed(case: Case, event: Reopened | FollowUpDue | FollowedUp | Forgotten, at: datetime) -> Case | Refused:
    if case.is_open:
        return Refused(why=Why.NOT_CLOSED)
    match event:
        case FollowUpDue():
            is_wanted = case.concern is Concern.CRISIS and case.outcome in CARED_FOR
            return replace(case, follow_up=event.which) if is_wanted else Refused(why=Why.CHANGED)
        case FollowedUp():
            return replace(case, follow_up=None) if case.follow_up else Refused(why=Why.CHANGED)
        case Forgotten():
            is_gone = not case.subject
            return Refused(why=Why.CHANGED) if is_gone else replace(case, subject="", follow_up=None)
        case Reopened():
            # The clock went back: nobody can be cared for in a case that has forgotten them, or was asked to.
            if not case.subject or case.outcome is Outcome.ERASED:
                return Refused(why=Why.TEXT_GONE)
            return replace(
                case,
                state=State.CLAIMED,
                holder=event.by,
                held_since=at,
                lease_until=event.lease_until,
                outcome=None,
                reason=None,
                closed_at=None,
                closed_by=None,
                follow_up=None,
                second=None,
                second_asked_at=None,
            )


def _waiting(case: Case) -> Case:
    return replace(
        case,
        state=State.WAITING,
        holder=None,
        held_since=None,
        lease_until=None,
        snoozed_until=None,
        second=None,
        second_asked_at=None,
    )


def _held_by_another(case: Case, member: MemberId) -> bool:
    return case.holder is not None and case.holder != member


def _taken(case: Case) -> Refused:
    return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
