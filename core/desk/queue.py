"""The moderators' queue: what people see of cases, and every click on them.

A click carries a case id, a verb and the turn that its card showed; the desk re-checks the person's roles, asks the
state machine, and writes case, actions, timers and audit in one commit. Two clicks on the same turn can't both win:
the second is told who was first and since when (promise 4). What somebody may not see answers like what does not
exist (promise 11).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.desk.audit import AuditVerb
from core.desk.people import VISIBLE_TO, Actor, may_see
from core.errors import TextGone
from core.flow.planning import (
    LEASE_TIMER,
    SNOOZE_TIMER,
    action_key,
    close_timers,
    reopen_timers,
    refresh_card,
)
from core.model.action import LAWS, ActionKind, inverse_of
from core.model.case import (
    OPEN_STATES,
    OUTCOMES,
    Case,
    CaseEvent,
    CaseId,
    Claimed,
    Enforcement,
    Escalated,
    Evidence,
    Extended,
    HandedOver,
    Noted,
    Outcome,
    Refused,
    Released,
    Reopened,
    Resolved,
    Snoozed,
    State,
    Why,
    advance,
)
from core.model.message import CommunityId, MemberId
from core.model.policy import CommunityPolicy
from core.ports import (
    Action,
    ActionRecord,
    ActionState,
    AuditDraft,
    CaseWrite,
    Clock,
    Commit,
    Committed,
    SealedMessage,
    Store,
    Timer,
)

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
        params: `to` (hand_over: member id), `minutes` (snooze), `outcome` (resolve), `action` (carry_out,
            undo_action: an action's key).
    """

    case_id: CaseId
    verb: str
    turn: int
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything about a case but its words."""

    case: Case
    evidence: Sequence[Evidence]
    actions: Sequence[ActionRecord]
    outcomes: Sequence[Outcome]
    verbs: Sequence[Verb]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A case's words, for the one who asked."""

    case: Case
    evidence: Sequence[Evidence]
    messages: Sequence[SealedMessage]


class Queue:
    """The desk of all communities."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after every commit, so that delivery and timers look at once."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._wake = wake

    async def cases(
        self,
        actor: Actor,
        states: frozenset[State] = OPEN_STATES,
        limit: int = 100,
        before: datetime | None = None,
    ) -> Sequence[Case]:
        """The cases that this person may see, most urgent first."""
        found = await self._store.cases(actor.community, states, limit, before)
        return [case for case in found if may_see(actor, case)]

    async def view(self, actor: Actor, case_id: CaseId) -> CaseView | Refused:
        """One case without its words."""
        case = await self._visible(actor, case_id)
        if isinstance(case, Refused):
            return case
        return CaseView(
            case=case,
            evidence=await self._store.evidence(actor.community, case_id),
            actions=await self._store.actions(actor.community, case_id),
            outcomes=OUTCOMES[case.concern],
            verbs=verbs_for(actor, case),
        )

    async def show(self, actor: Actor, case_id: CaseId) -> Revealed | Refused:
        """The words of a case, marked by its evidence; who looked goes into the audit as exposure, before the words go out."""
        case = await self._visible(actor, case_id)
        if isinstance(case, Refused):
            return case
        try:
            messages = await self._store.texts(actor.community, case_id)
        except TextGone:
            return Refused(why=Why.TEXT_GONE)
        entry = self._entry(actor, case, AuditVerb.SHOWN, {"messages": str(len(messages))})
        if await self._store.commit(Commit(audit=(entry,))) is not Committed.WRITTEN:
            return Refused(why=Why.CHANGED)
        return Revealed(case=case, evidence=await self._store.evidence(actor.community, case_id), messages=messages)
