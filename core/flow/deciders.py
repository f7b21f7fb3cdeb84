"""Whose decision an appeal is about: they are passed over when people are called, and somebody else decides it."""

from collections.abc import Iterable

from core.flow.noticing import BY
from core.model.action import LAWS
from core.model.case import Case
from core.model.message import MemberId
from core.model.record import ActionRecord
from core.ports import Store


async def deciders_of(store: Store, appeal: Case) -> frozenset[MemberId]:
    """Who closed the case that the appeal is about, looked along, or sanctioned in it; not who took something back."""
    if appeal.parent is None:
        return frozenset()
    parent = await store.case(appeal.community, appeal.parent)
    return deciders_in(parent, await store.actions(appeal.community, appeal.parent))


def deciders_in(parent: Case | None, records: Iterable[ActionRecord]) -> frozenset[MemberId]:
    """The same, of the case that an appeal is about and its actions."""
    sanctions = [each.action for each in records if LAWS[each.action.kind].enforces]
    people = {MemberId(each.params[BY]) for each in sanctions if each.params.get(BY)}
    if parent is not None:
        people |= {member for member in (parent.closed_by, parent.second) if member is not None}
    return frozenset(people)
