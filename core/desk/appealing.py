"""Who may decide an appeal, and what granting one undoes.

An appeal goes to somebody who did not decide what it is about. Where there is nobody else the owner may, and the audit
and the card say that it was their own decision.
"""

from datetime import datetime

from core.desk.orders import undone
from core.model.advancing import CaseEvent, Claimed, HandedOver, Refused, Resolved, Why
from core.model.case import Case
from core.model.message import MemberId
from core.model.people import FIRST_CALLED, Actor, Role
from core.model.record import Commit
from core.ports import Staff, Store


async def deciders_of(store: Store, appeal: Case) -> frozenset[MemberId]:
    """Who closed the case that the appeal is about, or ordered something in it."""
    if appeal.parent is None:
        return frozenset()
    parent = await store.case(appeal.community, appeal.parent)
    records = await store.actions(appeal.community, appeal.parent)
    people = {MemberId(each.action.params["by"]) for each in records if each.action.params.get("by")}
    if parent is not None and parent.closed_by is not None:
        people.add(parent.closed_by)
    return frozenset(people)


async def why_not_own(store: Store, staff: Staff, appeal: Case, actor: Actor, event: CaseEvent) -> Refused | None:
    """Why this person can't take or decide an appeal: it is about their own decision, and somebody else is there."""
    match event:
        case Claimed() | Resolved():
            member = event.by
        case HandedOver():
            member = event.to
        case _:
            return None
    deciders = await deciders_of(store, appeal)
    if member not in deciders:
        return None
    others = others_for(staff, appeal, deciders)
    is_owner = Role.OWNER in staff.roles_of(appeal.community, member)
    return None if is_owner and not others else Refused(why=Why.OWN_DECISION)


def others_for(staff: Staff, appeal: Case, deciders: frozenset[MemberId]) -> frozenset[MemberId]:
    """Those known who may decide the appeal and had no part in what it is about."""
    roles = (FIRST_CALLED[appeal.concern], Role.OWNER)
    people = {member for role in roles for member in staff.members(appeal.community, role)}
    return frozenset(people - deciders - {MemberId(appeal.subject)})


async def undoes_parent(store: Store, appeal: Case, actor: Actor, now: datetime) -> Commit:
    """What takes back everything that still holds of the case which a granted appeal is about."""
    if appeal.parent is None:
        return Commit()
    parent = await store.case(appeal.community, appeal.parent)
    records = await store.actions(appeal.community, appeal.parent)
    if parent is None:
        return Commit()
    wanted = [undone(parent, record, records, actor, now) for record in records]
    taken_back = [each for each in wanted if not isinstance(each, Refused)]
    return Commit(
        actions=tuple(action for each in taken_back for action in each.actions),
        withdrawn=tuple(dict.fromkeys(key for each in taken_back for key in each.withdrawn)),
        untried=tuple(dict.fromkeys(key for each in taken_back for key in each.untried)),
    )
