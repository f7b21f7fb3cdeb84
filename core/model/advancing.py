"""The state machine of a case: `advance(case, event)` gives the next case or a refusal.

    waiting --claim--> claimed --resolve--> resolved --undo--> claimed
       ^  \\--snooze--> snoozed                 (a case can be resolved from any open state)
       |                  | wake
       +--release, lease lapsed, its holder gone

When people are called, and when again, follows from the state and the policy (`core.flow.pacing`), not from here.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.model.case import (
    CARED_FOR,
    OUTCOMES,
    REASONS,
    Case,
    Concern,
    FollowUp,
    Outcome,
    Reason,
    State,
    Tier,
)
from core.model.finding import Category, Kind
from core.model.message import MemberId


class Why(StrEnum):
    """Why the desk or the machine refused."""

    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    CHANGED = "changed"
    ALREADY_CLAIMED = "already_claimed"
    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    NOT_CLOSED = "not_closed"
    SUPERSEDED = "superseded"
    OUTCOME_DOES_NOT_FIT = "outcome_does_not_fit"
    UNKNOWN_VERB = "unknown_verb"
    TEXT_GONE = "text_gone"
    NO_INVERSE = "no_inverse"
    BAD_VALUE = "bad_value"
    OWN_DECISION = "own_decision"
    """An appeal against what this person decided: somebody else looks at it."""
    TOO_MANY = "too_many"
    """A limit was reached, such as one support message a day."""
    NOT_HERE = "not_here"
    """The platform can't do this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A click that changed nothing, and what to tell the one who clicked.

    Attributes:
        holder: Who holds the case, where that is the reason; `since` when they took it.
        field: The parameter that was wrong, for `BAD_VALUE`.
    """

    why: Why
    holder: MemberId | None = None
    since: datetime | None = None
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """More evidence arrived: `messages` new ones, the gravest of `level` and `kind`."""

    category: Category
    kind: Kind
    level: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A moderator takes the case."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """The holder needs more time."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The holder gives the case back to the queue."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The holder gives the case to a named colleague."""

    by: MemberId
    to: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseLapsed:
    """The claim's time ran out without a sign of its holder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderGone:
    """The holder may not see the case any more: a lost role, an opted-out responder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAsked:
    """The holder asks for a second pair of eyes."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconded:
    """A colleague looks along."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """The case sleeps until a time."""

    by: MemberId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Woke:
    """A snooze ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A person (`by`) or the clock (None) calls further tiers; the `tier` that was seen tells a double click.

    `to` is how far the chain goes; the next tier without one.
    """

    by: MemberId | None
    tier: int | None = None
    to: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """The digest told of a case beyond the day's budget: from now on it calls people like any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """People decided; `is_own` where it is an appeal against what the very same person had decided."""

    by: MemberId
    outcome: Outcome
    reason: Reason | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """Undo of a resolution: the case goes back to the one who undoes it."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue:
    """It is time to look in again on somebody."""

    which: FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """Somebody looked in, or decided that it isn't needed."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The case's text is kept until a time beyond its own; `by` is None for an appeal's hold."""

    by: MemberId | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An appeal against the case was decided: its text is held no longer, and what was overturned counts no more."""

    is_overturned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A closed crisis case lets go of whom it was about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something was recorded that changes neither state nor level: a note, an ordered action, a deleted message.

    By its holder, it shows that the holder is at work: the claim lives on until `lease_until`.
    """

    by: MemberId | None = None
    lease_until: datetime | None = None


CaseEvent = (
    Joined
    | Claimed
    | Extended
    | Released
    | HandedOver
    | LeaseLapsed
    | HolderGone
    | SecondAsked
    | Seconded
    | Snoozed
    | Woke
    | Escalated
    | Digested
    | Resolved
    | Reopened
    | FollowUpDue
    | FollowedUp
    | Held
    | Reviewed
    | Forgotten
    | Noted
)

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
            is_kept = case.concern is not Concern.CRISIS or not case.subject
            return Refused(why=Why.CHANGED) if is_kept else replace(case, subject="", follow_up=None)
        case Reopened():
            if not case.subject:  # the clock went back: nobody can be cared for in a case that has forgotten them
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
