"""Whether what was ordered is still to happen, asked right before it is done.

A case dismissed meanwhile, an end already past, an author now in crisis care, a case that somebody has taken: each
stops an action on its way. What a person ordered for themselves to answer for is not weighed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.flow.calling import why_moot
from core.flow.contact import CONTACTS, PreferenceOf, is_unwanted
from core.flow.noticing import ASKED_AT, BY, LIFTED, OF
from core.flow.on_call import OnCall
from core.flow.planning import UNDOES
from core.flow.settled import Settled
from core.model.action import LAWS, ActionKind
from core.model.case import Case, Evidence, Outcome
from core.model.message import MemberId, MessageId
from core.model.people import VISIBLE_TO
from core.model.record import Action, ActionRecord, ActionState
from core.ports import Clock, Past, Staff, Store

_CAN_STILL_BE = frozenset({ActionState.PENDING, ActionState.CLAIMED, ActionState.DONE, ActionState.UNKNOWN})
_TOLD_BEFORE = frozenset({LIFTED, *(kind.value for kind, law in LAWS.items() if law.is_told)})
"""What a notice may be of that tells of an action; others, such as of how an appeal ended, stand for themselves."""

_HAPPENED = frozenset({ActionState.DONE, ActionState.UNKNOWN})
_CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.WITHDRAWN})
_ON_ITS_WAY = frozenset({ActionState.PENDING, ActionState.CLAIMED})
_OVER = frozenset({Outcome.NOT_A_PROBLEM, Outcome.ERASED})
"""How a case about a crisis ends after which nobody is written to about it."""

SUPPORT_WAITS = timedelta(hours=6)
"""How long a support message may wait for the platform: days later it would be about nothing, and perhaps a second."""

_LOOK_AT_NEWER_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingAgain:
    """Asks the store and the staff."""

    store: Store
    clock: Clock
    staff: Staff
    on_call: OnCall
    preference_of: PreferenceOf

    async def reason_to_stop(self, action: Action, case: Case, evidence: Sequence[Evidence]) -> Settled | None:
        """How an action ends that must not be begun any more; None for one that has to be carried out."""
        match action.kind:
            case ActionKind.PAGE | ActionKind.TELL:
                return self._no_call(action, case)
            case ActionKind.NOTICE:
                return await self._nothing_to_tell(action, case)
            case kind if kind in CONTACTS:
                if unwanted := await self._no_contact(action, case, evidence):
                    return unwanted
        if LAWS[action.kind].enforces and self._is_past(action):
            return Settled(ActionState.WITHDRAWN, note="its end has passed")
        if overtaken := await self._overtaken(action):
            return overtaken
        if not LAWS[action.kind].enforces:
            return None
        if action.params.get(BY):
            return None
        if case.outcome is Outcome.NOT_A_PROBLEM:
            return Settled(ActionState.WITHDRAWN, note="its case was dismissed")
        is_shielded = [await self._is_shielded(action, case, author) for author in sorted(_authors(action, evidence))]
        return Settled(ActionState.PROPOSED, note="left to people") if any(is_shielded) else None

    async def _no_contact(self, action: Action, case: Case, evidence: Sequence[Evidence]) -> Settled | None:
        """Who asked to be left alone since it was ordered is."""
        if case.outcome in _OVER:
            return Settled(ActionState.WITHDRAWN, note="its case was dismissed")
        ordered_at = action.params.get(ASKED_AT)
        if ordered_at is not None and self.clock.now() - datetime.fromisoformat(ordered_at) > SUPPORT_WAITS:
            return Settled(ActionState.WITHDRAWN, note="the platform did not take it in time")
        preference = await self.preference_of(action.community, MemberId(action.target))
        if is_unwanted(action.kind, preference, evidence):
            return Settled(ActionState.WITHDRAWN, note="they asked not to be written to")
        return None

    def _no_call(self, action: Action, case: Case) -> Settled | None:
        if moot := why_moot(case, action):
            return Settled(ActionState.WITHDRAWN, note=moot)
        if quiet_for := self.on_call.quiet_for(action, case):
            return Settled(ActionState.PENDING, note="it waits for watched hours", after=quiet_for)
        if action.kind is not ActionKind.TELL:
            return None
        roles = self.staff.roles_of(case.community, MemberId(action.target))
        may_see = case.subject != action.target and roles & VISIBLE_TO[case.concern]
        return None if may_see else Settled(ActionState.FAILED, note="not theirs to see", is_refused=True)

    async def _nothing_to_tell(self, notice: Action, case: Case) -> Settled | None:
        """A word about what does not happen is worse than none, and one that nobody ordered is for the unshielded."""
        if self._is_past(notice):
            return Settled(ActionState.WITHDRAWN, note="its end has passed")
        if not notice.params.get(BY):
            if case.outcome is Outcome.NOT_A_PROBLEM and notice.params.get(OF) != LIFTED:
                return Settled(ActionState.WITHDRAWN, note="its case was dismissed")
            if await self._is_shielded(notice, case, MemberId(notice.target)):
                return Settled(ActionState.WITHDRAWN, note="left to people")
        if notice.params.get(OF) not in _TOLD_BEFORE:
            return None
        records = await self.store.actions(case.community, case.id)
        if notice.params.get(OF) == LIFTED:
            return self._not_lifted(notice, records)
        announced = [each for each in records if each.action.after == notice.key]
        if not announced or any(each.state in _CAN_STILL_BE for each in announced):  # how an appeal ended stands alone
            return None
        return Settled(ActionState.WITHDRAWN, note="what it tells of was withdrawn")

    def _not_lifted(self, notice: Action, records: Sequence[ActionRecord]) -> Settled | None:
        first = next((each for each in records if notice.after and each.action.key == notice.after), None)
        if first is None:
            return None
        # Behind what lifts a sanction it tells that this happened; behind the sanction itself, that it did not.
        is_true = (first.state in _HAPPENED) is not LAWS[first.action.kind].enforces
        return None if is_true else Settled(ActionState.WITHDRAWN, note="what it tells of did not happen")

    async def _overtaken(self, action: Action) -> Settled | None:
        """What was put off must not land on what was ordered after it: neither a lifting nor an older sanction.

        A lifting waits for a newer sanction that is still on its way: should that come to nothing, it is needed.
        """
        lifted = [kind for kind, law in LAWS.items() if law.inverse is action.kind]
        if not lifted and LAWS[action.kind].inverse is None:
            return None
        on_target = await self.store.actions_on(action.community, action.target)
        place = next((n for n, each in enumerate(on_target) if each.action.key == action.key), len(on_target))
        taken_back = {each.action.params.get(UNDOES) for each in on_target if each.state not in _CAME_TO_NOTHING}
        newer = [
            each
            for each in on_target[place + 1 :]
            if each.action.kind in (lifted or [action.kind])
            and each.action.key not in taken_back
            and not self._is_past(each.action)
            and (lifted or each.action.params.get(BY) or not action.params.get(BY))
        ]
        if any(each.state in _HAPPENED for each in newer):
            return Settled(ActionState.WITHDRAWN, note="the same was ordered anew")
        if lifted and any(each.state in _ON_ITS_WAY for each in newer):
            return Settled(ActionState.PENDING, note="it waits for what was ordered anew", after=_LOOK_AT_NEWER_AFTER)
        return None

    def _is_past(self, action: Action) -> bool:
        return action.until is not None and action.until <= self.clock.now()

    async def _is_shielded(self, action: Action, case: Case, author: MemberId) -> bool:
        """Whether nothing is done to this member without a person (promise 3), or to one of the desk's own people."""
        past = Past(
            community=action.community,
            author=author,
            channel=case.channel,
            message_id=MessageId(""),
        )
        (history,) = await self.store.history([past])
        return history.is_in_crisis_care or bool(self.staff.roles_of(action.community, author))


def _authors(action: Action, evidence: Sequence[Evidence]) -> set[MemberId]:
    """Whom an enforcement would hit."""
    match LAWS[action.kind].family:
        case "message":
            return {each.author for each in evidence if each.message_id == action.target}
        case "channel":
            return {each.author for each in evidence}
        case "community":
            return set()
        case _:
            return {MemberId(action.target)}
