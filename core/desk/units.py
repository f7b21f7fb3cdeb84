"""What one click on a case writes: the next case, its cards, timers, notes and audit as one unit. Reads alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from core.desk.appealing import checked, decided
from core.desk.clicks import ON_ACTIONS, ON_CLOSED, Verb, event_of, told, verbs_for
from core.desk.orders import Known, Wanted, accepted, ordered, support_key
from core.desk.undoing import undone
from core.flow.calling import ASKED, BUT
from core.flow.contact import CONTACTS, PreferenceOf, no_preferences
from core.flow.pacing import paced
from core.flow.planning import (
    ENDING_TIMER,
    UNDOES,
    card_action,
    ending_timers,
    entry,
    facts_of,
    joined,
    tell_action,
    text_timer,
)
from core.flow.recents import Recents
from core.flow.rewriting import rewritten
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, Concern, Tier
from core.model.case_event import (
    CaseEvent,
    Escalated,
    HandedOver,
    Held,
    HolderGone,
    Noted,
    Refused,
    Released,
    Reopened,
    Resolved,
    SecondAsked,
    Why,
)
from core.model.message import CommunityId, MemberId
from core.model.people import Actor, Role, may_see
from core.model.policy import CommunityPolicy
from core.model.record import Action, ActionRecord, ActionState, Commit, Note
from core.ports import Clock, Staff, Store

MAX_UNDO = timedelta(days=7)
"""How long a resolution can be undone."""

ORDER_AGAIN_AFTER = timedelta(minutes=1)
"""How soon the same thing can be ordered again once it was done."""

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
    recents: Recents = field(default_factory=Recents)
    preference_of: PreferenceOf = no_preferences

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
        if case.concern is Concern.APPEAL:
            event = await checked(self.store, self.staff, case, event)
            if isinstance(event, Refused):
                return event
        unit = self.moved(case, event, actor.member, now)
        if isinstance(unit, Refused):
            return unit
        after, written = unit
        note = params.get("note", "").strip()
        if note and isinstance(event, Noted | HandedOver):
            to = event.to if isinstance(event, HandedOver) else None
            kept = Note(case_id=case.id, at=now, by=actor.member, text=note, to=to)
            written = joined(written, Commit(notes=(kept,)))
        if case.concern is Concern.APPEAL and isinstance(event, Resolved):
            follows = await decided(self.store, after, actor, now)
            if isinstance(follows, Refused):
                return follows
            written = joined(written, follows)
        return after, written

    def moved(self, case: Case, event: CaseEvent, actor: str, now: datetime) -> Unit | Refused:
        """The case after `event`, with its cards, timers and audit."""
        after = advance(case, event, now)
        if isinstance(after, Refused):
            return after
        after = paced(case, after, self.policy_of(case.community), now)
        audit_verb, facts = told(event)
        written = rewritten(case, after)
        text = (text_timer(after, now),) if isinstance(event, Resolved | Reopened | Held) else ()
        return after, replace(
            written,
            actions=(*_cards(case, after, event), *self._owners_told(case, after, event)),
            timers=(*written.timers, *text),
            audit=(entry(after, audit_verb, now, actor, facts),),
        )

    def _owners_told(self, before: Case, after: Case, event: CaseEvent) -> tuple[Action, ...]:
        """Owners may not look at the case's place: who calls them has them told in private, as the chain does."""
        if not isinstance(event, Escalated) or not before.tier < Tier.OWNERS <= after.tier:
            return ()
        owners = self.staff.members(after.community, Role.OWNER)
        tells = (tell_action(after, each) for each in owners if each not in {after.subject, event.by})
        return tuple(replace(each, params={**each.params, ASKED: "yes"}) for each in tells)

    def looked(self, actor: Actor, case: Case, verb: AuditVerb, facts: Mapping[str, str] | None = None) -> Unit:
        """A look at what is kept of a case; by its holder, it shows that they are at work."""
        now = self.clock.now()
        told_of = Commit(audit=(entry(case, verb, now, actor.member, facts),))
        at_work = Noted(by=actor.member, lease_until=now + self.policy_of(case.community).lease)
        after = advance(case, at_work, now) if case.holder == actor.member else case
        if isinstance(after, Refused) or after.lease_until == case.lease_until:
            return case, told_of
        return after, replace(rewritten(case, after), audit=told_of.audit)

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
        if verb is Verb.HOLD and case.holder == actor.member and verb not in verbs_for(actor, case):
            return Refused(why=Why.NOT_ALLOWED)
        if verb is Verb.NOTE and case.holder is None:
            return Refused(why=Why.NOT_YOURS)
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
        facts = facts_of(wanted.kind, wanted.key)
        audit_verb = AuditVerb.ACTION_UNDONE if verb is Verb.UNDO_ACTION else AuditVerb.ACTION_ORDERED
        written = rewritten(case, after)
        return after, replace(
            written,
            actions=(*wanted.actions, card_action(after, ActionKind.REFRESH_CARD)),
            withdrawn=wanted.withdrawn,
            untried=wanted.untried,
            timers=(*written.timers, *ending_timers(wanted.actions)),
            cancelled_timers=(*written.cancelled_timers, *((ENDING_TIMER, key) for key in _surely_stopped(wanted))),
            audit=(entry(after, audit_verb, now, actor.member, facts),),
        )

    async def _wanted(
        self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str], now: datetime
    ) -> Wanted | Refused:
        records = await self.store.actions(case.community, case.id)
        if verb is Verb.ORDER:
            wanted = ordered(case, params, await self._known(case, records, params), actor, now)
            is_again = isinstance(wanted, Wanted) and _is_again(wanted, records, now)
            return Refused(why=Why.CHANGED) if is_again else wanted
        record = next((each for each in records if each.action.key == params.get("action")), None)
        if record is None:
            return Refused(why=Why.BAD_VALUE, field="action")
        if verb is Verb.CARRY_OUT:
            known = await self._known(case, records, params)
            return accepted(case, record, known, actor, now, params.get("reason", ""))
        return undone(case, record, records, actor, now)

    async def _known(self, case: Case, records: Sequence[ActionRecord], params: Mapping[str, str]) -> Known:
        is_limited = params.get("kind") == ActionKind.SUPPORT_MESSAGE
        is_contact = params.get("kind") in CONTACTS
        return Known(
            evidence=await self.store.evidence(case.community, case.id),
            records=records,
            support=await self._support_sent(case) if is_limited else (),
            preference=await self.preference_of(case.community, MemberId(case.subject)) if is_contact else None,
            can=self.kinds_of(case.community),
            recents=self.recents,
        )

    async def _support_sent(self, case: Case) -> Sequence[ActionRecord]:
        """The support messages to a case's member that were ordered lately, also those that came to nothing.

        One that was ordered the day before yesterday may have gone out yesterday.
        """
        sent: list[ActionRecord] = []
        today = self.clock.now().date()
        for day in (today - timedelta(days=ago) for ago in (2, 1, 0)):
            for number in count():
                record = await self.store.action(case.community, support_key(case.community, case.subject, day, number))
                if record is None:
                    break
                sent.append(record)
        return sent


def _cards(before: Case, after: Case, event: CaseEvent) -> tuple[Action, ...]:
    """An edited card wakes nobody: who asks for help, or leaves a case to others, has people paged.

    A case that waited for the digest has no card to edit yet: the first who touches it has one posted.
    """
    if after.is_quiet:
        return ()
    card = card_action(after, ActionKind.ALERT if before.is_quiet else ActionKind.REFRESH_CARD)
    match event:
        case HandedOver():
            return card, card_action(after, ActionKind.PAGE, calls=event.to)
        case SecondAsked() | HolderGone():
            return card, card_action(after, ActionKind.PAGE)
        case Escalated():
            page = card_action(after, ActionKind.PAGE)
            return card, replace(page, params={**page.params, ASKED: "yes"})
        case Released() if after.is_severe:
            page = card_action(after, ActionKind.PAGE)
            return card, replace(page, params={**page.params, BUT: event.by})
        case _:
            return (card,)


def _is_again(wanted: Wanted, records: Sequence[ActionRecord], now: datetime) -> bool:
    """Whether a person ordered just that a moment ago, or it is still under way: a double click does nothing."""
    asked = {_what(each) for each in wanted.actions if each.kind is wanted.kind}
    taken_back = {each.action.params.get(UNDOES) for each in records}
    return any(
        each.action.params.get("by")
        and _what(each.action) in asked
        and each.action.key not in taken_back
        and _is_fresh(each, now)
        for each in records
    )


def _what(action: Action) -> tuple[ActionKind, str, str]:
    return action.kind, action.target, action.params.get("duration_s", "")


def _is_fresh(record: ActionRecord, now: datetime) -> bool:
    if record.state in {ActionState.WITHDRAWN, ActionState.FAILED}:
        return False
    is_under_way = record.state in {ActionState.PENDING, ActionState.CLAIMED}
    is_new = record.updated_at is not None and timedelta() <= now - record.updated_at < ORDER_AGAIN_AFTER
    return is_under_way or is_new


def _surely_stopped(wanted: Wanted) -> tuple[str, ...]:
    """What will never need an end: not what may have happened, whose inverse may yet come to nothing."""
    return () if any(UNDOES in each.params for each in wanted.actions) else wanted.withdrawn
