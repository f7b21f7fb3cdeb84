"""What has an end is over: what undoes it is ordered, where the platform does not end it by itself.

Somebody may have undone it before, or ordered the same thing anew: then nothing follows, and the newer order's own end
counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.desk.orders import CAME_TO_NOTHING
from core.desk.undoing import inverse_for, may_have_happened, may_hold, undoings
from core.flow.noticing import BY
from core.flow.planning import UNDOES, entry, facts_of
from core.model.action import ActionKind
from core.model.audit import CLOCK, AuditVerb
from core.model.message import CommunityId
from core.model.record import ActionRecord, ActionState, Commit, Timer
from core.ports import Clock, Store

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""How long the end of an action waits that is under way at that very moment."""

EndsByItself = Callable[[CommunityId], frozenset[ActionKind]]
"""What a community's platform ends at its time without being asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Handles the timers of actions that have an end."""

    store: Store
    clock: Clock
    ends_by_itself: EndsByItself

    async def over(self, timer: Timer) -> Commit:
        """What the firing of an action's timer writes."""
        record = await self.store.action(timer.community, timer.key) if timer.community else None
        if record is None:
            return Commit()
        action, now = record.action, self.clock.now()
        case = await self.store.case(action.community, action.case_id)
        if case is None or action.kind in self.ends_by_itself(action.community):
            return Commit()
        if action.until is not None and action.until > now:  # the clock went back
            return Commit(timers=(replace(timer, due_at=action.until),))
        if record.state is ActionState.CLAIMED:
            return Commit(timers=(replace(timer, due_at=now + LOOK_AGAIN_AFTER),))
        records = await self.store.actions(action.community, action.case_id)
        if not may_hold(record, records):  # delivery withdraws by itself what is past its end
            return Commit()
        earlier = undoings(action.key, records)
        if any(each.state not in CAME_TO_NOTHING for each in earlier):
            return Commit()
        if _still_holds(await self.store.actions_on(action.community, action.target), record, now):
            return Commit()
        inverse = inverse_for(case, record, records, now)
        if inverse is None:
            return Commit()
        facts = facts_of(action.kind, action.key)
        return Commit(
            actions=(inverse,),
            withdrawn=(action.key,) if record.state is ActionState.PENDING else (),
            audit=(entry(case, AuditVerb.ACTION_ENDED, now, CLOCK, facts),),
        )


def _still_holds(on_target: Sequence[ActionRecord], ended: ActionRecord, now: datetime) -> bool:
    """Whether another order keeps up what this one did: a newer one, or a person's over an automatic one."""
    undone = {r.action.params.get(UNDOES) for r in on_target if r.state not in CAME_TO_NOTHING}
    place = next((n for n, each in enumerate(on_target) if each.action.key == ended.action.key), 0)
    return any(
        each.action.kind is ended.action.kind
        and each.action.key != ended.action.key
        and each.action.key not in undone
        and (each.action.until is None or each.action.until > now)
        and (may_have_happened(each) or each.state in {ActionState.PENDING, ActionState.CLAIMED})
        and (number > place or (bool(each.action.params.get(BY)) and not ended.action.params.get(BY)))
        for number, each in enumerate(on_target)
    )
