"""When the place of a card refuses it: the people it is for are told in private, one group after another.

Those on duty, else all who are known to hold the role, and only when none of them can be reached the owners; in the
end a notice stands on the console. Nobody outside the role ever gets a card of a crisis, and the card itself goes on
being tried.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.flow.naming import action_key
from core.flow.on_call import OnCall
from core.flow.planning import tell_action
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import Case, CaseId, State
from core.model.message import MemberId
from core.model.people import FIRST_CALLED, Role
from core.model.record import Action, ActionState, Commit
from core.ports import Notices, Staff, Store

INSTEAD = "instead"
"""The parameter in which a private message names the card that could not be posted."""

FALLS_THROUGH = frozenset({ActionKind.ALERT, ActionKind.PAGE})

_UNREACHED = frozenset({ActionState.FAILED, ActionState.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class FallingThrough:
    """Tells people instead of a place."""

    store: Store
    staff: Staff
    on_call: OnCall
    notices: Notices

    async def refused(self, action: Action) -> None:
        """A card's place, or the one person whom it was for, took it not: the next are told, nobody twice."""
        instead = action.key if action.kind in FALLS_THROUGH else action.params.get(INSTEAD, "")
        if not instead:
            return
        case = await self.store.case(action.community, action.case_id)
        if case is None or not _needs_somebody(case):
            self.reached(action.case_id)
            return
        records = await self.store.actions(case.community, case.id)
        card = next((each.action for each in records if each.action.key == instead), action)
        told = {each.action.target: each.state for each in records if _tells_of(each.action, card)}
        if any(state not in _UNREACHED for state in told.values()):
            return
        for group in await self._groups(card, case):
            fresh = [member for member in group if member not in told and member not in {case.subject, case.holder}]
            if fresh:
                await self.store.commit(Commit(actions=tuple(_tell(case, instead, each) for each in fresh)))
                return
        self.notices.raise_notice(untold_key(case.id), Text(key="notice.untold"))

    def reached(self, case_id: CaseId) -> None:
        """Somebody has the card after all."""
        self.notices.clear_notice(untold_key(case_id))

    async def _groups(self, card: Action, case: Case) -> Iterable[Sequence[MemberId]]:
        """Whom to tell: those that the card calls, then wider and wider; a group counts where nobody before it did."""
        role = FIRST_CALLED[case.concern]
        called = await self.on_call.audience(card, case)
        return (
            called.members if called is not None and not called.is_everybody else (),
            await self.on_call.people(case.community, role),
            self.staff.members(case.community, role),
            self.staff.members(case.community, Role.OWNER),
        )


def untold_key(case_id: CaseId) -> str:
    """The key of the notice that nobody could be told of a case."""
    return f"untold.{case_id}"


def _needs_somebody(case: Case) -> bool:
    match case.state:
        case State.WAITING:
            return True
        case State.CLAIMED:
            return case.second_asked_at is not None and case.second is None
        case State.RESOLVED:
            return case.follow_up is not None
        case _:
            return False


def _tells_of(tell: Action, card: Action) -> bool:
    """Whether somebody is told of a card in private; also by the chain itself, at the same step."""
    if tell.kind is not ActionKind.TELL:
        return False
    instead = tell.params.get(INSTEAD)
    return instead == card.key if instead else tell.version == card.version


def _tell(case: Case, instead: str, member: MemberId) -> Action:
    """Its key hangs on the card that could not be posted: people are told once of each."""
    tell = tell_action(case, member)
    key = action_key(case.id, 0, ActionKind.TELL, f"{instead}\x00{member}")
    return replace(tell, key=key, params={**tell.params, INSTEAD: instead})
