"""Clicks: the verbs that people have, what each asks of the state machine, and how the audit tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.model.advancing import MAX_HOLD
from core.model.audit import AuditVerb
from core.model.case import Case, CaseId, Concern, Outcome, Reason, State, Tier
from core.model.case_event import (
    CaseEvent,
    Claimed,
    Escalated,
    Extended,
    FollowedUp,
    HandedOver,
    Held,
    HolderGone,
    Noted,
    Refused,
    Released,
    Reopened,
    Resolved,
    SecondAsked,
    Seconded,
    Snoozed,
    Why,
)
from core.model.message import MemberId
from core.model.people import Actor, Role

MAX_LEVEL = 4
MAX_SNOOZE = timedelta(days=7)


class Verb(StrEnum):
    """What a person can do with a case."""

    CLAIM = "claim"
    EXTEND = "extend"
    RELEASE = "release"
    HAND_OVER = "hand_over"
    SNOOZE = "snooze"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    UNDO = "undo"
    ASK_SECOND = "ask_second"
    SECOND = "second"
    NOTE = "note"
    HOLD = "hold"
    LOOKED_IN = "looked_in"
    ORDER = "order"
    CARRY_OUT = "carry_out"
    UNDO_ACTION = "undo_action"


ON_ACTIONS = frozenset({Verb.ORDER, Verb.CARRY_OUT, Verb.UNDO_ACTION})
"""The verbs that order something of the platform, or take it back."""

ON_CLOSED = frozenset({Verb.UNDO, Verb.LOOKED_IN, Verb.UNDO_ACTION})
"""The verbs that a closed case may still have."""

MAX_NOTE_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A verb on a case.

    Attributes:
        turn: The turn that the card or page showed.
        params: `to` (hand_over: member id), `note` (note; hand_over where wanted), `minutes` (snooze), `outcome` and
            where wanted `reason` (resolve), `tier` (escalate: the one that was shown, 0 where none was), `hours`
            (hold), `kind` and where it takes one `duration_s` (order), `action` (carry_out, undo_action: an action's
            key), and for what is ordered or carried out where wanted the `reason` that its member is told.
    """

    case_id: CaseId
    verb: str
    turn: int
    params: Mapping[str, str] = field(default_factory=dict)


def verbs_for(actor: Actor, case: Case) -> tuple[Verb, ...]:
    """What this person can do with this case now, in the order shown."""
    if not case.is_open:
        undo = () if case.is_final else (Verb.UNDO,)
        return (Verb.LOOKED_IN, *undo) if case.follow_up else undo
    is_crisis = case.concern is Concern.CRISIS
    snooze = () if is_crisis and case.is_severe else (Verb.SNOOZE,)
    hold = (Verb.HOLD,) if is_crisis and case.level == MAX_LEVEL and Role.RESPONDER in actor.roles else ()
    if case.state is State.CLAIMED and case.holder == actor.member:
        second = (Verb.ASK_SECOND,) if case.takes_second and case.second is None else ()
        return (
            Verb.RESOLVE,
            *second,
            Verb.ORDER,
            Verb.NOTE,
            Verb.EXTEND,
            Verb.HAND_OVER,
            Verb.RELEASE,
            *snooze,
            Verb.ESCALATE,
            *hold,
        )
    if case.state is State.CLAIMED:
        second = (Verb.SECOND,) if case.takes_second and case.second is None else ()
        return (*second, Verb.NOTE, Verb.ESCALATE)
    return (Verb.CLAIM, Verb.RESOLVE, *snooze, Verb.ESCALATE)


def event_of(
    verb: Verb, actor: Actor, params: Mapping[str, str], now: datetime, lease: timedelta
) -> CaseEvent | Refused:
    """The case event that a click asks for, or which parameter is wrong; `lease` is how long a claim lives."""
    by, lease_until = actor.member, now + lease
    match verb:
        case Verb.CLAIM:
            return Claimed(by=by, lease_until=lease_until)
        case Verb.EXTEND:
            return Extended(by=by, lease_until=lease_until)
        case Verb.RELEASE:
            return Released(by=by)
        case Verb.ESCALATE:
            tier = params.get("tier", "0")
            if not _is_number(tier):
                return _bad("tier")
            return Escalated(by=by, tier=int(tier), to=Tier(min(max(Tier.NEXT, int(tier) + 1), Tier.BANNER)))
        case Verb.ASK_SECOND:
            return SecondAsked(by=by)
        case Verb.SECOND:
            return Seconded(by=by)
        case Verb.NOTE:
            note = params.get("note", "").strip()
            return Noted(by=by, lease_until=lease_until) if 0 < len(note) <= MAX_NOTE_CHARS else _bad("note")
        case Verb.HOLD:
            hours = params.get("hours", "")
            is_fine = _is_number(hours) and timedelta() < timedelta(hours=int(hours)) <= MAX_HOLD
            return Held(by=by, until=now + timedelta(hours=int(hours))) if is_fine else _bad("hours")
        case Verb.LOOKED_IN:
            return FollowedUp(by=by)
        case Verb.UNDO:
            return Reopened(by=by, lease_until=lease_until)
        case Verb.HAND_OVER:
            to = params.get("to", "")
            if len(params.get("note", "").strip()) > MAX_NOTE_CHARS:
                return _bad("note")
            return HandedOver(by=by, to=MemberId(to), lease_until=lease_until) if to else _bad("to")
        case Verb.SNOOZE:
            minutes = params.get("minutes", "")
            if not _is_number(minutes):
                return _bad("minutes")
            asleep = timedelta(minutes=int(minutes))
            return Snoozed(by=by, until=now + asleep) if timedelta() < asleep <= MAX_SNOOZE else _bad("minutes")
        case Verb.RESOLVE:
            outcome, reason = params.get("outcome", ""), params.get("reason", "")
            if outcome not in set(Outcome):
                return _bad("outcome")
            if reason and reason not in set(Reason):
                return _bad("reason")
            return Resolved(by=by, outcome=Outcome(outcome), reason=Reason(reason) if reason else None)
        case _:
            return Refused(why=Why.UNKNOWN_VERB)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 6


def _bad(field: str) -> Refused:
    return Refused(why=Why.BAD_VALUE, field=field)


_AUDIT_VERBS: dict[type[CaseEvent], AuditVerb] = {
    Claimed: AuditVerb.CLAIMED,
    Extended: AuditVerb.EXTENDED,
    Released: AuditVerb.RELEASED,
    Escalated: AuditVerb.ESCALATED,
    Reopened: AuditVerb.UNDONE,
    SecondAsked: AuditVerb.SECOND_ASKED,
    Seconded: AuditVerb.SECONDED,
    HolderGone: AuditVerb.HOLDER_GONE,
    Noted: AuditVerb.NOTED,
    FollowedUp: AuditVerb.LOOKED_IN,
}


def told(event: CaseEvent) -> tuple[AuditVerb, dict[str, str]]:
    """How the audit tells a case event that a person caused."""
    match event:
        case Resolved():
            facts = {"outcome": event.outcome.value}
            own = {"own": "yes"} if event.is_own else {}
            return AuditVerb.RESOLVED, facts | own | ({"reason": event.reason.value} if event.reason else {})
        case HandedOver():
            return AuditVerb.HANDED_OVER, {"to": event.to}
        case Snoozed():
            return AuditVerb.SNOOZED, {"until": event.until.isoformat()}
        case Held():
            return AuditVerb.TEXT_HELD, {"until": event.until.isoformat()}
        case _:
            return _AUDIT_VERBS[type(event)], {}
