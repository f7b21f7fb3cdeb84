"""What one click on a case writes: the next case, its cards, timers, notes and audit as one unit. Reads alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.desk.appealing import undoes_parent, why_not_own
from core.desk.clicks import ON_ACTIONS, ON_CLOSED, Verb, event_of, told, verbs_for
from core.desk.orders import Wanted, accepted, ordered, undone
from core.flow.pacing import paced, timer_changes
from core.flow.planning import card_action, ending_timers, entry, joined, text_timer
from core.model.action import ActionKind
from core.model.advancing import (
    CaseEvent,
    Escalated,
    HandedOver,
    Held,
    HolderGone,
    Noted,
    Refused,
    Reopened,
    Resolved,
    SecondAsked,
    Why,
    advance,
)
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, Concern, Outcome
from core.model.message import CommunityId, MemberId
from core.model.people import Actor, may_see
from core.model.policy import CommunityPolicy
from core.model.record import CaseWrite, Commit, Note
from core.ports import Clock, Staff, Store

MAX_UNDO = timedelta(days=7)
"""How long a resolution can be undone."""

Unit = tuple[Case, Commit]

KindsOf = Callable[[CommunityId], frozenset[ActionKind]]
"""What a community's platform can carry out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Makes the units of clicks."""

    store: Store
    clock: Clock
    policy_of: Callable[[CommunityId], CommunityPolicy]
    staff: Staff
    kinds_of: KindsOf

    async def of(self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str]) -> Unit | Refused:
        """What this click by somebody who may see the case writes, or why it is refused."""
        now = self.clock.now()
        lease = self.policy_of(case.community).lease
        if not case.is_open and verb not in ON_CLOSED:
            return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
        if verb in ON_ACTIONS:
            return await self._on_action(actor, case, verb, params, now + lease)
        event = event_of(verb, actor, params, now, lease)
        if isinstance(event, Refused):
            return event
        refused = await self._not_for_them(actor, case, verb, event, now)
        if refused is not None:
            return refused
        unit = self.moved(case, event, actor.member, now)
        if isinstance(unit, Refused):
            return unit
        after, written = unit
        note = params.get("note", "").strip()
        if note and isinstance(event, Noted | HandedOver):
            to = event.to if isinstance(event, HandedOver) else None
            kept = Note(case_id=case.id, at=now, by=actor.member, text=note, to=to)
            written = joined(written, Commit(notes=(kept,)))
        if isinstance(event, Resolved) and event.outcome is Outcome.GRANTED:
            written = joined(written, await undoes_parent(self.store, after, actor, now))
        return after, written

    def moved(self, case: Case, event: CaseEvent, actor: str, now: datetime) -> Unit | Refused:
        """The case after `event`, with its cards, timers and audit."""
        after = advance(case, event, now)
        if isinstance(after, Refused):
            return after
        after = paced(case, after, self.policy_of(case.community), now)
        audit_verb, facts = told(event)
        timers, cancelled = timer_changes(case, after)
        text = (text_timer(after, now),) if isinstance(event, Resolved | Reopened | Held) else ()
        return after, Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            actions=tuple(card_action(after, kind) for kind in _cards(event)),
            timers=(*timers, *text),
            cancelled_timers=cancelled,
            audit=(entry(after, audit_verb, now, actor, facts),),
        )

    def freed(self, case: Case) -> Unit | None:
        """The case without a holder who may not see it any more; None while its holder may."""
        if case.holder is None or self._may_see(case, case.holder):
            return None
        unit = self.moved(case, HolderGone(), CLOCK, self.clock.now())
        return None if isinstance(unit, Refused) else unit

    def _may_see(self, case: Case, member: MemberId) -> bool:
        roles = self.staff.roles_of(case.community, member)
        return may_see(Actor(community=case.community, member=member, roles=roles), case)

    async def _not_for_them(
        self, actor: Actor, case: Case, verb: Verb, event: CaseEvent, now: datetime
    ) -> Refused | None:
        """Why this person can't do that, beyond what the state machine knows."""
        if isinstance(event, Reopened) and (refused := await self._cannot_reopen(case, now)):
            return refused
        if isinstance(event, HandedOver) and not self._may_see(case, event.to):
            return Refused(why=Why.BAD_VALUE, field="to")
        if verb is Verb.HOLD and verb not in verbs_for(actor, case):
            return Refused(why=Why.NOT_ALLOWED)
        if case.concern is Concern.APPEAL:
            return await why_not_own(self.store, self.staff, case, actor, event)
        return None

    async def _cannot_reopen(self, case: Case, now: datetime) -> Refused | None:
        if case.closed_at is not None and now - case.closed_at > MAX_UNDO:
            return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
        newer = await self.store.open_case(case.community, case.subject, case.concern)
        return Refused(why=Why.SUPERSEDED) if newer is not None and newer.id != case.id else None

    async def _on_action(
        self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str], lease_until: datetime
    ) -> Unit | Refused:
        now = self.clock.now()
        if case.holder is not None and case.holder != actor.member:
            return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
        if verb is not Verb.UNDO_ACTION and case.holder != actor.member:
            return Refused(why=Why.NOT_YOURS)
        after = advance(case, Noted(by=actor.member, lease_until=lease_until), now)
        if isinstance(after, Refused):
            return after
        wanted = await self._wanted(actor, after, verb, params, now)
        if isinstance(wanted, Refused):
            return wanted
        facts = {"action": wanted.kind.value, "key": wanted.key}
        audit_verb = AuditVerb.ACTION_UNDONE if verb is Verb.UNDO_ACTION else AuditVerb.ACTION_ORDERED
        timers, cancelled = timer_changes(case, after)
        return after, Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            actions=(*wanted.actions, card_action(after, ActionKind.REFRESH_CARD)),
            withdrawn=wanted.withdrawn,
            untried=wanted.untried,
            timers=(*timers, *ending_timers(wanted.actions)),
            cancelled_timers=cancelled,
            audit=(entry(after, audit_verb, now, actor.member, facts),),
        )

    async def _wanted(
        self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str], now: datetime
    ) -> Wanted | Refused:
        records = await self.store.actions(case.community, case.id)
        if verb is Verb.ORDER:
            evidence = await self.store.evidence(case.community, case.id)
            return ordered(case, params, evidence, records, self.kinds_of(case.community), actor, now)
        record = next((each for each in records if each.action.key == params.get("action")), None)
        if record is None:
            return Refused(why=Why.BAD_VALUE, field="action")
        make = accepted if verb is Verb.CARRY_OUT else undone
        return make(case, record, records, actor, now)


def _cards(event: CaseEvent) -> tuple[ActionKind, ...]:
    """An edited card wakes nobody: who asks for help has people paged."""
    pages = isinstance(event, Escalated | SecondAsked | HandedOver)
    return (ActionKind.REFRESH_CARD, ActionKind.PAGE) if pages else (ActionKind.REFRESH_CARD,)
