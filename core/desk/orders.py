"""What a click on an action of a case orders: a proposal taken up, or something undone.

An action that delivery has tried without a clear answer may have happened: undoing it also orders its inverse.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.flow.planning import UNDOES, action_key, effect_action
from core.model.action import FOREVER_S, LAWS, ActionKind, Effect, inverse_of
from core.model.advancing import Refused, Why
from core.model.case import Case, Concern, Enforcement, Evidence
from core.model.people import Actor
from core.model.record import Action, ActionRecord, ActionState

_NOT_YET = frozenset({ActionState.PENDING, ActionState.PROPOSED, ActionState.SHADOW})
_CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.WITHDRAWN})


_ENDLESS = (FOREVER_S,)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

ORDERABLE: Mapping[Concern, Mapping[ActionKind, tuple[int, ...]]] = {
    Concern.CRISIS: {ActionKind.SUPPORT_MESSAGE: (), ActionKind.OPEN_TALK: ()},
    Concern.CONDUCT: {
        ActionKind.WARN: (),
        ActionKind.DELETE: (),
        ActionKind.PURGE: (5 * _MINUTE, 15 * _MINUTE, _HOUR),
        ActionKind.TIMEOUT: (10 * _MINUTE, _HOUR, _DAY, 7 * _DAY),
        ActionKind.KICK: (),
        ActionKind.BAN: (_DAY, 7 * _DAY, 30 * _DAY, *_ENDLESS),
        ActionKind.SLOW_MODE: (10 * _MINUTE, _HOUR),
        ActionKind.LOCK: (10 * _MINUTE, _HOUR, *_ENDLESS),
    },
    Concern.RAID: {
        ActionKind.DELETE: (),
        ActionKind.SLOW_MODE: (10 * _MINUTE, _HOUR),
        ActionKind.LOCK: (10 * _MINUTE, _HOUR, *_ENDLESS),
        ActionKind.PAUSE_JOINS: (30 * _MINUTE, 6 * _HOUR, _DAY),
    },
    Concern.APPEAL: {},
}
"""What people can order from a case, with the durations offered, in seconds. Crisis has nothing that punishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing that can be ordered.

    Attributes:
        durations_s: The choices, in seconds; empty for what takes none.
        has_inverse: Whether it can be undone; said before the click where it can't.
    """

    kind: ActionKind
    durations_s: tuple[int, ...] = ()
    has_inverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a click writes to the outbox: as in `Commit`.

    Attributes:
        kind: What was ordered or taken back, and `key` which, for the audit.
    """

    kind: ActionKind
    key: str
    actions: tuple[Action, ...] = ()
    withdrawn: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


def offers(case: Case, evidence: Sequence[Evidence], can: frozenset[ActionKind]) -> tuple[Offer, ...]:
    """What can be ordered from a case on a platform that can do `can`, mildest first."""
    there = any(each.deleted_at is None for each in evidence)
    return tuple(
        Offer(kind=kind, durations_s=durations, has_inverse=inverse_of(kind) is not None)
        for kind, durations in ORDERABLE[case.concern].items()
        if kind in can and (there or kind is not ActionKind.DELETE)
    )


def ordered(
    case: Case,
    params: Mapping[str, str],
    evidence: Sequence[Evidence],
    records: Sequence[ActionRecord],
    can: frozenset[ActionKind],
    actor: Actor,
    now: datetime,
) -> Wanted | Refused:
    """What a person orders from a case: `kind`, and `duration_s` where there is a choice.

    Refused as `NOT_ALLOWED` for what does not fit the concern, `NOT_HERE` for what the platform can't do.
    """
    kind_name, duration = params.get("kind", ""), params.get("duration_s", "")
    if kind_name not in set(ActionKind):
        return Refused(why=Why.BAD_VALUE, field="kind")
    kind = ActionKind(kind_name)
    choices = ORDERABLE[case.concern].get(kind)
    if choices is None:
        return Refused(why=Why.NOT_ALLOWED)
    if kind not in can:
        return Refused(why=Why.NOT_HERE)
    if choices and duration not in {str(each) for each in choices}:
        return Refused(why=Why.BAD_VALUE, field="duration_s")
    targets = _targets(case, kind, evidence)
    if not targets:
        return Refused(why=Why.CHANGED)
    duration_s = int(duration) if choices else 0
    effects = (Effect(kind=kind, target=each, duration_s=duration_s) for each in targets)
    actions = tuple(effect_action(case, each, now, Enforcement.LIVE, by=actor.member) for each in effects)
    return Wanted(kind=kind, key=actions[0].key, actions=actions)


def _targets(case: Case, kind: ActionKind, evidence: Sequence[Evidence]) -> list[str]:
    match LAWS[kind].family:
        case "message":
            return list(dict.fromkeys(each.message_id for each in evidence if each.deleted_at is None))
        case "channel":
            return [case.channel]
        case "community":
            return [case.community]
        case _:
            return [case.subject]


def accepted(
    case: Case, record: ActionRecord, records: Iterable[ActionRecord], actor: Actor, now: datetime
) -> Wanted | Refused:
    """The action that a proposal, or a shadow action, becomes when a person wants it."""
    proposal = record.action
    if record.state not in {ActionState.PROPOSED, ActionState.SHADOW}:
        return Refused(why=Why.CHANGED)
    duration_s = int(proposal.params.get("duration_s", "0"))
    effect = Effect(kind=proposal.kind, target=proposal.target, duration_s=duration_s)
    action = effect_action(case, effect, now, Enforcement.LIVE, by=actor.member)
    return Wanted(kind=proposal.kind, key=proposal.key, actions=(action,), withdrawn=_keys(_alike(record, records)))


def undone(
    case: Case, record: ActionRecord, records: Collection[ActionRecord], actor: Actor, now: datetime
) -> Wanted | Refused:
    """What undoes an action: only taking it back when it surely has not happened, its inverse too when it may have.

    Refused as `CHANGED` while it is under way, when it never happened, and when its inverse is ordered already; as
    `NO_INVERSE` when it may have happened and nothing undoes it.
    """
    stopped = _alike(record, records)
    if not any(_may_have_happened(each) for each in (record, *stopped)):
        if not stopped:
            return Refused(why=Why.CHANGED)
        never = (each for each in stopped if not each.attempts)
        return Wanted(kind=record.action.kind, key=record.action.key, withdrawn=_keys(stopped), untried=_keys(never))
    undone_key = record.action.key
    earlier = [each for each in records if each.action.params.get(UNDOES) == undone_key]
    if any(each.state not in _CAME_TO_NOTHING for each in earlier):
        return Refused(why=Why.CHANGED)
    inverse = inverse_of(record.action.kind)
    if inverse is None:
        return Refused(why=Why.NO_INVERSE)
    effect = Effect(kind=inverse, target=record.action.target)
    ordered = effect_action(case, effect, now, Enforcement.LIVE, by=actor.member)
    # Its key hangs on what it undoes and not on the case's version: undoing the same thing twice is one action.
    key = action_key(case.id, len(earlier), inverse, undone_key)
    action = replace(ordered, key=key, params={**ordered.params, UNDOES: undone_key})
    return Wanted(kind=record.action.kind, key=undone_key, actions=(action,), withdrawn=_keys(stopped))


def may_undo(record: ActionRecord) -> bool:
    """Whether undoing this action can be offered: it can be stopped before it happens, or has an inverse."""
    if _may_have_happened(record):
        return inverse_of(record.action.kind) is not None
    return record.state in _NOT_YET


def without_repeats(records: Sequence[ActionRecord]) -> list[ActionRecord]:
    """Each thing that waits for people once, as last proposed; everything that happened or will."""
    last = {(each.action.kind, each.action.target, each.state): each for each in records}
    return [
        each
        for each in records
        if each.state not in {ActionState.PROPOSED, ActionState.SHADOW}
        or last[each.action.kind, each.action.target, each.state] is each
    ]


def _may_have_happened(record: ActionRecord) -> bool:
    match record.state:
        case ActionState.DONE | ActionState.UNKNOWN:
            return True
        case ActionState.PENDING:
            return record.attempts > 0
        case ActionState.CLAIMED:
            return False
        case _:  # the last attempt ended it without an effect; an earlier one may have had one
            return record.attempts > 1


def _alike(record: ActionRecord, records: Iterable[ActionRecord]) -> list[ActionRecord]:
    """What waits and is the same thing as `record`, itself among them: several messages may propose it."""
    if record.state not in _NOT_YET:
        return []
    same = (record.action.kind, record.action.target, record.state)
    return [each for each in records if (each.action.kind, each.action.target, each.state) == same]


def _keys(records: Iterable[ActionRecord]) -> tuple[str, ...]:
    return tuple(each.action.key for each in records)
