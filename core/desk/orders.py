"""What a click on an action of a case orders: a proposal taken up, or something undone.

An action that delivery has tried without a clear answer may have happened: undoing it also orders its inverse.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.desk.people import Actor
from core.flow.planning import UNDOES, action_key, effect_action
from core.model.action import Effect, inverse_of
from core.model.case import Case, Enforcement, Refused, Why
from core.model.record import Action, ActionRecord, ActionState

_NOT_YET = frozenset({ActionState.PENDING, ActionState.PROPOSED, ActionState.SHADOW})
_CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a click writes to the outbox: as in `Commit`."""

    actions: tuple[Action, ...] = ()
    withdrawn: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


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
    return Wanted(actions=(action,), withdrawn=_keys(_alike(record, records)))


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
        return Wanted(withdrawn=_keys(stopped), untried=_keys(never))
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
    return Wanted(actions=(action,), withdrawn=_keys(stopped))


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
