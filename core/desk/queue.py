"""The moderators' queue: what people see of cases, and every click on them.

A click carries a case id, a verb and the turn that its card showed; the desk re-checks the person's roles, asks the
state machine, and writes case, actions, timers and audit in one commit. Two clicks on the same turn can't both win:
the second is told who was first and since when (promise 4). What somebody may not see answers like what does not
exist (promise 11).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.desk.clicks import Click, Verb, event_of, told, verbs_for
from core.desk.orders import accepted, undone, without_repeats
from core.desk.people import Actor, Role, may_see
from core.errors import TextGone
from core.flow.planning import LEASE_TIMER, SNOOZE_TIMER, card_action, entry, text_timer
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import (
    OPEN_STATES,
    OUTCOMES,
    Case,
    CaseEvent,
    CaseId,
    Concern,
    Escalated,
    Evidence,
    HandedOver,
    Noted,
    Outcome,
    Refused,
    Reopened,
    Resolved,
    State,
    Why,
    advance,
)
from core.model.message import ChannelId, CommunityId, MemberId, MessageId
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord, CaseWrite, Commit, Committed, SealedMessage, Timer
from core.ports import Clock, Past, Store

MAX_UNDO = timedelta(days=7)
"""How long a resolution can be undone."""

MAX_TRIES = 20


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
        roles_of: Callable[[CommunityId, MemberId], frozenset[Role]],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`roles_of` is asked about whom a case is handed to; `wake` is called after every commit."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._roles_of = roles_of
        self._wake = wake

    async def cases(
        self,
        actor: Actor,
        states: frozenset[State] = OPEN_STATES,
        limit: int = 100,
        before: datetime | None = None,
    ) -> Sequence[Case]:
        """The cases that this person may see, most urgent first."""
        asked = limit
        while True:  # what this person may not see takes no place in their queue
            found = await self._store.cases(actor.community, states, asked, before)
            visible = [case for case in found if may_see(actor, case)]
            if len(visible) >= limit or len(found) < asked:
                return visible[:limit]
            asked *= 4

    async def view(self, actor: Actor, case_id: CaseId) -> CaseView | Refused:
        """One case without its words."""
        case = await self._visible(actor, case_id)
        if isinstance(case, Refused):
            return case
        return CaseView(
            case=case,
            evidence=await self._store.evidence(actor.community, case_id),
            actions=without_repeats(await self._store.actions(actor.community, case_id)),
            outcomes=OUTCOMES[case.concern],
            verbs=verbs_for(actor, case),
        )

    async def show(self, actor: Actor, case_id: CaseId) -> Revealed | Refused:
        """The words of a case, marked by its evidence.

        Who looked goes into the audit, as exposure, before any word goes out.
        """
        case = await self._visible(actor, case_id)
        if isinstance(case, Refused):
            return case
        try:
            messages = await self._store.texts(actor.community, case_id)
        except TextGone:
            return Refused(why=Why.TEXT_GONE)
        looked = entry(case, AuditVerb.SHOWN, self._clock.now(), actor.member, {"messages": str(len(messages))})
        if await self._store.commit(Commit(audit=(looked,))) is not Committed.WRITTEN:
            return Refused(why=Why.CHANGED)
        evidence = await self._store.evidence(actor.community, case_id)
        return Revealed(case=case, evidence=evidence, messages=messages)

    async def act(self, actor: Actor, click: Click) -> Case | Refused:
        """Carry out a click: the case after it, or why not.

        A click on an older turn is refused as `ALREADY_CLAIMED`, `CLOSED` or `CHANGED`, naming who was first.
        """
        for _ in range(MAX_TRIES):
            case = await self._visible(actor, click.case_id)
            if isinstance(case, Refused):
                return case
            if click.verb not in set(Verb):
                return Refused(why=Why.UNKNOWN_VERB)
            if click.turn != case.turn:
                return _overtaken(case)
            written = await self._unit(actor, case, Verb(click.verb), click.params)
            if isinstance(written, Refused):
                return written
            after, unit = written
            if await self._store.commit(unit) is Committed.WRITTEN:
                self._wake()
                return after
        return Refused(why=Why.CHANGED)

    async def _visible(self, actor: Actor, case_id: CaseId) -> Case | Refused:
        case = await self._store.case(actor.community, case_id)
        if case is None or not may_see(actor, case):
            return Refused(why=Why.NOT_FOUND)
        return case

    async def _unit(
        self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str]
    ) -> tuple[Case, Commit] | Refused:
        now = self._clock.now()
        if verb in {Verb.CARRY_OUT, Verb.UNDO_ACTION}:
            return await self._on_action(actor, case, verb, params, now)
        event = event_of(verb, actor, params, now, self._policy_of(case.community).lease)
        if isinstance(event, Refused):
            return event
        if verb is Verb.UNDO and (refused := await self._cannot_reopen(case, now)):
            return refused
        if isinstance(event, HandedOver) and not self._may_take(case, event.to):
            return Refused(why=Why.BAD_VALUE, field="to")
        after = advance(case, event, now)
        if isinstance(after, Refused):
            return after
        audit_verb, facts = told(event)
        return after, Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            actions=tuple(card_action(after, kind) for kind in _cards(event)),
            timers=tuple(_timers(after, event, now)),
            cancelled_timers=tuple(_cancelled(case, after)),
            audit=(entry(after, audit_verb, now, actor.member, facts),),
        )

    def _may_take(self, case: Case, member: MemberId) -> bool:
        roles = self._roles_of(case.community, member)
        return may_see(Actor(community=case.community, member=member, roles=roles), case)

    async def _cannot_reopen(self, case: Case, now: datetime) -> Refused | None:
        if case.closed_at is not None and now - case.closed_at > MAX_UNDO:
            return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
        past = Past(
            community=case.community,
            author=MemberId(case.subject),
            channel=ChannelId(case.subject),
            message_id=MessageId(""),
        )
        (history,) = await self._store.history([past])
        newer = history.raid if case.concern is Concern.RAID else history.open_cases.get(case.concern)
        return Refused(why=Why.SUPERSEDED) if newer is not None and newer.id != case.id else None

    async def _on_action(
        self, actor: Actor, case: Case, verb: Verb, params: Mapping[str, str], now: datetime
    ) -> tuple[Case, Commit] | Refused:
        if case.holder is not None and case.holder != actor.member:
            return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
        records = await self._store.actions(actor.community, case.id)
        record = next((each for each in records if each.action.key == params.get("action")), None)
        if record is None:
            return Refused(why=Why.BAD_VALUE, field="action")
        after = advance(case, Noted(), now)
        if isinstance(after, Refused):
            return after
        if verb is Verb.CARRY_OUT:
            if case.holder != actor.member:
                return Refused(why=Why.NOT_YOURS)
            wanted = accepted(after, record, records, actor, now)
            audit_verb = AuditVerb.ACTION_ORDERED
        else:
            wanted = undone(after, record, records, actor, now)
            audit_verb = AuditVerb.ACTION_UNDONE
        if isinstance(wanted, Refused):
            return wanted
        facts = {"action": record.action.kind.value, "key": record.action.key}
        return after, Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            actions=(*wanted.actions, card_action(after, ActionKind.REFRESH_CARD)),
            withdrawn=wanted.withdrawn,
            untried=wanted.untried,
            audit=(entry(after, audit_verb, now, actor.member, facts),),
        )


def _overtaken(case: Case) -> Refused:
    if not case.is_open:
        return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
    if case.holder is not None:
        return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
    return Refused(why=Why.CHANGED)


def _cards(event: CaseEvent) -> tuple[ActionKind, ...]:
    """An edited card wakes nobody: who asks for help has people paged."""
    return (ActionKind.REFRESH_CARD, ActionKind.PAGE) if isinstance(event, Escalated) else (ActionKind.REFRESH_CARD,)


def _timers(after: Case, event: CaseEvent, now: datetime) -> Iterable[Timer]:
    if after.lease_until is not None:
        yield Timer(kind=LEASE_TIMER, key=after.id, due_at=after.lease_until, community=after.community)
    if after.snoozed_until is not None:
        yield Timer(kind=SNOOZE_TIMER, key=after.id, due_at=after.snoozed_until, community=after.community)
    if isinstance(event, Resolved | Reopened):
        yield text_timer(after, now)


def _cancelled(before: Case, after: Case) -> Iterable[tuple[str, str]]:
    if before.lease_until is not None and after.lease_until is None:
        yield LEASE_TIMER, before.id
    if before.snoozed_until is not None and after.snoozed_until is None:
        yield SNOOZE_TIMER, before.id
