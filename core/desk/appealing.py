"""Who may decide an appeal, and what follows from the decision.

An appeal goes to somebody who did not decide what it is about; with no second moderator to the owner; and where there
is nobody else at all to the same person, which the audit, the card and the member's letter say.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.desk.undoing import undone
from core.flow.deciders import deciders_of
from core.flow.naming import action_key
from core.flow.noticing import BY, LIFTED, OF
from core.flow.planning import card_action, entry, joined, text_timer
from core.model.action import LAWS, ActionKind
from core.model.advancing import advance
from core.model.audit import AuditVerb
from core.model.case import Case, Concern, Outcome, Reason
from core.model.case_event import CaseEvent, Claimed, HandedOver, Refused, Reopened, Resolved, Reviewed, Why
from core.model.message import MemberId
from core.model.people import FIRST_CALLED, Actor, Role
from core.model.record import Action, ActionState, CaseWrite, Commit
from core.ports import Staff, Store


async def checked(store: Store, staff: Staff, appeal: Case, event: CaseEvent) -> CaseEvent | Refused:
    """The event on an appeal as it may happen, or why it may not.

    Refused as `OWN_DECISION` for who decided what it is about while somebody else can look at it, and as `NO_INVERSE`
    for taking back a granted appeal: the member was told, and what it undid is ordered anew where it has to be.
    """
    match event:
        case Claimed() | Resolved() | Reopened():
            member = event.by
        case HandedOver():
            member = event.to
        case _:
            return event
    if isinstance(event, Reopened) and appeal.outcome is Outcome.GRANTED:
        return Refused(why=Why.NO_INVERSE)
    deciders = await deciders_of(store, appeal)
    is_own = member in deciders
    if is_own and not is_last_resort(staff, appeal, deciders, member):
        return Refused(why=Why.OWN_DECISION)
    return replace(event, is_own=is_own) if isinstance(event, Resolved) else event


def is_last_resort(staff: Staff, appeal: Case, deciders: frozenset[MemberId], member: MemberId) -> bool:
    """Whether nobody is known who could look at it instead: then an owner may, else whoever is there."""
    if others_for(staff, appeal, deciders):
        return False
    owners = set(staff.members(appeal.community, Role.OWNER)) - {appeal.subject}
    return not owners or member in owners


def others_for(staff: Staff, appeal: Case, deciders: frozenset[MemberId]) -> frozenset[MemberId]:
    """Those known who may decide the appeal and had no part in what it is about."""
    roles = (FIRST_CALLED[appeal.concern], Role.OWNER)
    people = {member for role in roles for member in staff.members(appeal.community, role)}
    return frozenset(people - deciders - {MemberId(appeal.subject)})


async def decided(store: Store, appeal: Case, actor: Actor, now: datetime) -> Commit | Refused:
    """What a decided appeal writes: its parent's text is let go, the member is told, and a granted one undoes.

    Refused as `CHANGED` while something that would have to be undone is under way.
    """
    parent = await store.case(appeal.community, appeal.parent) if appeal.parent else None
    if parent is None:
        return Commit(actions=(_letter(appeal, actor),))
    is_granted = appeal.outcome is Outcome.GRANTED
    taken_back = await _undone(store, appeal, parent, actor, now) if is_granted else Commit()
    if isinstance(taken_back, Refused):
        return taken_back
    letter = _letter(appeal, actor, after=taken_back.actions[0].key if taken_back.actions else "")
    is_overturned = is_granted and parent.concern is Concern.CONDUCT
    others = (each for each in await store.appeals(appeal.community, parent.id) if each.id != appeal.id)
    is_awaited = any(each.is_open for each in others)  # in a raid several people may appeal
    review = Commit() if is_awaited else _reviewed(parent, Reviewed(is_overturned=is_overturned), actor, now)
    return joined(Commit(actions=(letter,)), taken_back, review)


def is_about(appeal_of: MemberId, parent: Case, action: Action) -> bool:
    """Whether an action of a case was done to this member: all of a case about them, else what names them."""
    if parent.concern is Concern.CONDUCT:
        return parent.subject == appeal_of
    return action.target == appeal_of


def _letter(appeal: Case, actor: Actor, after: str = "") -> Action:
    """What tells the member how it ended, behind what undoes a ban: before that nothing reaches them."""
    of = "appeal_granted" if appeal.outcome is Outcome.GRANTED else "appeal_denied"
    if appeal.reason is Reason.SAME_PERSON:
        of += "_same_person"
    return Action(
        key=action_key(appeal.id, appeal.version, ActionKind.NOTICE, appeal.subject),
        community=appeal.community,
        case_id=appeal.id,
        version=appeal.version,
        kind=ActionKind.NOTICE,
        lane=LAWS[ActionKind.NOTICE].lane,
        target=appeal.subject,
        channel=appeal.channel,
        after=after,
        params={OF: of, BY: actor.member},
    )


async def _undone(store: Store, appeal: Case, parent: Case, actor: Actor, now: datetime) -> Commit | Refused:
    """What takes back everything of the parent that still holds for this member."""
    member = MemberId(appeal.subject)
    records = await store.actions(parent.community, parent.id)
    theirs = [each for each in records if is_about(member, parent, each.action) and LAWS[each.action.kind].enforces]
    if any(each.state is ActionState.CLAIMED for each in theirs):
        return Refused(why=Why.CHANGED)
    wanted = [undone(parent, record, records, actor, now) for record in theirs]
    taken_back = [each for each in wanted if not isinstance(each, Refused)]
    return Commit(
        actions=_each_once(action for each in taken_back for action in each.actions if not _tells_of_end(action)),
        withdrawn=tuple(dict.fromkeys(key for each in taken_back for key in each.withdrawn)),
        untried=tuple(dict.fromkeys(key for each in taken_back for key in each.untried)),
    )


def _tells_of_end(action: Action) -> bool:
    """The letter about the appeal says it already."""
    return action.kind is ActionKind.NOTICE and action.params.get(OF) == LIFTED


def _each_once(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple({action.key: action for action in actions}.values())


def _reviewed(parent: Case, event: Reviewed, actor: Actor, now: datetime) -> Commit:
    after = advance(parent, event, now)
    if isinstance(after, Refused) or replace(after, version=parent.version, updated_at=parent.updated_at) == parent:
        return Commit()
    facts = {"overturned": "yes" if event.is_overturned else "no"}
    is_text_there = text_timer(parent, parent.closed_at or now).due_at > now
    return Commit(
        cases=(CaseWrite(case=after, expected_version=parent.version),),
        actions=(card_action(after, ActionKind.REFRESH_CARD),),
        timers=(text_timer(after, after.closed_at or now),) if is_text_there else (),
        audit=(entry(after, AuditVerb.REVIEWED, now, actor.member, facts),),
    )
