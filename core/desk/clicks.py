"""Clicks: the verbs that people have, what each asks of the state machine, and how the audit tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.desk.people import Actor
from core.model.audit import AuditVerb
from core.model.case import (
    Case,
    CaseEvent,
    CaseId,
    Claimed,
    Concern,
    Escalated,
    Extended,
    HandedOver,
    Outcome,
    Refused,
    Released,
    Reopened,
    Resolved,
    Snoozed,
    State,
    Why,
)
from core.model.message import MemberId

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
    CARRY_OUT = "carry_out"
    UNDO_ACTION = "undo_action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A verb on a case.

    Attributes:
        turn: The turn that the card or page showed.
        params: `to` (hand_over: member id), `minutes` (snooze), `outcome` (resolve), `tier` (escalate: the one that
            was shown, 0 where none was), `action` (carry_out, undo_action: an action's key).
    """

    case_id: CaseId
    verb: str
    turn: int
    params: Mapping[str, str] = field(default_factory=dict)


def verbs_for(actor: Actor, case: Case) -> tuple[Verb, ...]:
    """What this person can do with this case now, in the order shown."""
    if not case.is_open:
        return (Verb.UNDO,)
    snooze = () if case.concern is Concern.CRISIS and case.level >= 3 else (Verb.SNOOZE,)
    match case.state, case.holder:
        case State.CLAIMED, actor.member:
            return (Verb.RESOLVE, Verb.EXTEND, Verb.HAND_OVER, Verb.RELEASE, *snooze, Verb.ESCALATE)
        case State.CLAIMED, _:
            return (Verb.ESCALATE,)
        case _:
            return (Verb.CLAIM, Verb.RESOLVE, *snooze, Verb.ESCALATE)
    raise AssertionError("unreachable")


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
            return Escalated(by=by, tier=int(tier)) if _is_number(tier) else _bad("tier")
        case Verb.UNDO:
            return Reopened(by=by, lease_until=lease_until)
        case Verb.HAND_OVER:
            to = params.get("to", "")
            return HandedOver(by=by, to=MemberId(to), lease_until=lease_until) if to else _bad("to")
        case Verb.SNOOZE:
            minutes = params.get("minutes", "")
            if not _is_number(minutes):
                return _bad("minutes")
            asleep = timedelta(minutes=int(minutes))
            return Snoozed(by=by, until=now + asleep) if timedelta() < asleep <= MAX_SNOOZE else _bad("minutes")
        case Verb.RESOLVE:
            outcome = params.get("outcome", "")
            return Resolved(by=by, outcome=Outcome(outcome)) if outcome in set(Outcome) else _bad("outcome")
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
    HandedOver: AuditVerb.HANDED_OVER,
    Snoozed: AuditVerb.SNOOZED,
    Escalated: AuditVerb.ESCALATED,
    Resolved: AuditVerb.RESOLVED,
    Reopened: AuditVerb.UNDONE,
}


def told(event: CaseEvent) -> tuple[AuditVerb, dict[str, str]]:
    """How the audit tells a case event that a person caused."""
    match event:
        case Resolved():
            return AuditVerb.RESOLVED, {"outcome": event.outcome.value}
        case HandedOver():
            return AuditVerb.HANDED_OVER, {"to": event.to}
        case Snoozed():
            return AuditVerb.SNOOZED, {"until": event.until.isoformat()}
        case _:
            return _AUDIT_VERBS[type(event)], {}
