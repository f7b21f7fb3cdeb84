"""What takes an action back: stopping it before it happens, or what undoes it, and a word to its member.

An action that delivery has tried without a clear answer may have happened: undoing it also orders its inverse.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from core.desk.orders import CAME_TO_NOTHING, NOT_YET, Wanted, alike, keys_of
from core.flow.naming import action_key
from core.flow.noticing import lifted_notice
from core.flow.planning import UNDOES, effect_action
from core.model.action import CARD_KINDS, ActionKind, Effect, inverse_of
from core.model.case import Case, Enforcement
from core.model.case_event import Refused, Why
from core.model.people import Actor
from core.model.record import Action, ActionRecord, ActionState


def undone(
    case: Case, record: ActionRecord, records: Collection[ActionRecord], actor: Actor, now: datetime
) -> Wanted | Refused:
    """What undoes an action: only taking it back when it surely has not happened, its inverse too when it may have.

    A member who was told of it, or may have been, is told that it is taken back. Refused as `CHANGED` while it is under
    way, when it never happened, and when its inverse is ordered already; as `NO_INVERSE` when it may have happened and
    nothing undoes it, when nobody knows any more to whom it was done, for cards, which are no sanction of anybody, and
    for what undoes something itself: stopped halfway it would leave nothing that could still be undone.
    """
    undone_key, kind = record.action.key, record.action.kind
    if kind in CARD_KINDS or UNDOES in record.action.params or not record.action.target:
        return Refused(why=Why.NO_INVERSE)
    stopped = alike(record, records)
    earlier = undoings(undone_key, records)
    if not any(may_hold(each, records) for each in (record, *stopped)):
        if not stopped:
            return Refused(why=Why.CHANGED)
        never = keys_of(each for each in stopped if not each.attempts)
        notice = _notice_of(record, records)
        if notice is None:
            return Wanted(kind=kind, key=undone_key, withdrawn=keys_of(stopped), untried=never)
        if _went_out(notice):
            key = action_key(case.id, len(earlier), ActionKind.NOTICE, undone_key)
            lifted = lifted_notice(case, record.action, key, "", actor.member, now)
            told = replace(lifted, target=notice.action.target)  # what is deleted is a message, who is told its author
            return Wanted(kind=kind, key=undone_key, actions=(told,), withdrawn=keys_of(stopped), untried=never)
        # Nobody is told of what does not happen; begun meanwhile, the click is decided anew.
        is_unsent = notice.state is ActionState.PENDING and not _tells_of_others(notice, stopped, records)
        unsent = (notice.action.key,) if is_unsent else ()
        return Wanted(kind=kind, key=undone_key, withdrawn=(*keys_of(stopped), *unsent), untried=never)
    if any(each.state not in CAME_TO_NOTHING for each in earlier):
        return Refused(why=Why.CHANGED)
    inverse = inverse_for(case, record, records, now, by=actor.member)
    if inverse is None:
        return Refused(why=Why.NO_INVERSE)
    actions = [inverse]
    notice = _notice_of(record, records)
    if notice is not None and _went_out(notice):
        key = action_key(case.id, len(earlier), ActionKind.NOTICE, undone_key)
        actions.append(lifted_notice(case, record.action, key, inverse.key, actor.member, now))
    return Wanted(kind=kind, key=undone_key, actions=tuple(actions), withdrawn=keys_of(stopped))


def inverse_for(
    case: Case, record: ActionRecord, records: Collection[ActionRecord], now: datetime, by: str = ""
) -> Action | None:
    """The action that undoes one; None where nothing does.

    Its key hangs on what it undoes and not on the case's version: undoing the same thing twice is one action.
    """
    inverse, undone_key = inverse_of(record.action.kind), record.action.key
    if inverse is None:
        return None
    effect = Effect(kind=inverse, target=record.action.target)
    action = effect_action(case, effect, now, Enforcement.LIVE, by=by)
    key = action_key(case.id, len(undoings(undone_key, records)), inverse, undone_key)
    return replace(action, key=key, channel=record.action.channel, params={**action.params, UNDOES: undone_key})


def undoings(key: str, records: Collection[ActionRecord]) -> list[ActionRecord]:
    """What was ordered to undo that action so far."""
    return [each for each in records if each.action.params.get(UNDOES) == key]


def may_undo(record: ActionRecord, records: Collection[ActionRecord] = ()) -> bool:
    """Whether undoing this action can be offered: it can be stopped before it happens, or has an inverse.

    `records` are the case's others: what one of them undoes already is not undone twice.
    """
    if record.action.kind in CARD_KINDS or UNDOES in record.action.params or not record.action.target:
        return False
    if any(each.state not in CAME_TO_NOTHING for each in undoings(record.action.key, records)):
        return False
    if may_hold(record, records):
        return inverse_of(record.action.kind) is not None
    return record.state in NOT_YET


def may_hold(record: ActionRecord, records: Collection[ActionRecord]) -> bool:
    """Whether the platform may have carried it out, by the action itself or by what was ordered to undo it.

    Stopped after one attempt without an answer it looks as if it had never been tried; that its inverse was ordered
    tells that it may have been.
    """
    return may_have_happened(record) or bool(undoings(record.action.key, records))


def may_have_happened(record: ActionRecord) -> bool:
    """Whether the platform may have carried it out; what is under way right now is not known."""
    match record.state:
        case ActionState.DONE | ActionState.UNKNOWN:
            return True
        case ActionState.PENDING:
            return record.attempts > 0
        case ActionState.CLAIMED:
            return False
        case _:  # the last attempt ended it without an effect; an earlier one may have had one
            return record.attempts > 1


def _notice_of(record: ActionRecord, records: Collection[ActionRecord]) -> ActionRecord | None:
    after = record.action.after
    return next((r for r in records if after and r.action.key == after and r.action.kind is ActionKind.NOTICE), None)


def _went_out(notice: ActionRecord) -> bool:
    """Whether the member was told, may have been, or is being told; what is only put off was not."""
    return notice.state in {ActionState.CLAIMED, ActionState.DONE, ActionState.UNKNOWN}


def _tells_of_others(
    notice: ActionRecord, stopped: Collection[ActionRecord], records: Collection[ActionRecord]
) -> bool:
    stopping = set(keys_of(stopped))
    return any(
        each.action.after == notice.action.key and each.action.key not in stopping and each.state not in CAME_TO_NOTHING
        for each in records
    )
