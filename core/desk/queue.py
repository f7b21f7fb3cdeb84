"""The moderators' queue: what people see of cases, and every click on them.

A click carries a case id, a verb and the turn that its card showed; the desk re-checks the person's roles, asks the
state machine, and writes case, actions, timers and audit in one commit (`core.desk.units`). Two clicks on the same
turn can't both win: the second is told who was first and since when (promise 4). What somebody may not see answers
like what does not exist (promise 11).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.desk.appealing import is_last_resort
from core.desk.clicks import Click, Verb, verbs_for
from core.desk.orders import Offer, offers, without_repeats
from core.desk.units import KindsOf, Units
from core.errors import TextGone
from core.flow.contact import PreferenceOf, no_preferences
from core.flow.deciders import deciders_in
from core.flow.recents import Recents
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import OPEN_STATES, OUTCOMES, Case, CaseId, Evidence, Outcome, State
from core.model.case_event import Refused, Why
from core.model.dossier import Dossier
from core.model.message import CommunityId, MemberId
from core.model.people import VISIBLE_TO, Actor, concerns_of, may_see
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord, Committed, Note, SealedMessage
from core.ports import Clock, Staff, Store

MAX_TRIES = 20
_DECIDING = frozenset({Verb.CLAIM, Verb.RESOLVE, Verb.UNDO})
"""What nobody does with an appeal against their own decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything about a case but its words.

    Attributes:
        offers: What its holder can order.
        record: The upheld conduct cases of the member it is about, within retention; empty for crisis.
        is_alone: Nobody else is known who could look along.
        is_own: An appeal against what this person decided.
        barred: Those whose own decision an appeal is about while somebody else can look at it: they can't have it.
    """

    case: Case
    evidence: Sequence[Evidence]
    actions: Sequence[ActionRecord]
    outcomes: Sequence[Outcome]
    verbs: Sequence[Verb]
    offers: Sequence[Offer] = ()
    record: Sequence[Case] = ()
    is_alone: bool = False
    is_own: bool = False
    barred: frozenset[MemberId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A case's words, for the one who asked."""

    case: Case
    evidence: Sequence[Evidence]
    messages: Sequence[SealedMessage]
    notes: Sequence[Note] = ()


class Queue:
    """The desk of all communities."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        staff: Staff,
        kinds_of: KindsOf = lambda _: frozenset(ActionKind),
        wake: Callable[[], None] = lambda: None,
        recents: Recents | None = None,
        preference_of: PreferenceOf = no_preferences,
    ) -> None:
        """`kinds_of` says what a community's platform can do; `wake` is called after every commit.

        `recents` is the engine's memory of who wrote what lately. `preference_of` says who asked to be left alone:
        without it nobody in a crisis can be written to.
        """
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._staff = staff
        self._kinds_of = kinds_of
        self._wake = wake
        self._units = Units(
            store=store,
            clock=clock,
            policy_of=policy_of,
            staff=staff,
            kinds_of=kinds_of,
            recents=Recents() if recents is None else recents,
            preference_of=preference_of,
        )

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
        found = await self.views(actor, (case_id,))
        return found[0] if found else Refused(why=Why.NOT_FOUND)

    async def views(self, actor: Actor, case_ids: Sequence[CaseId]) -> Sequence[CaseView]:
        """Several cases without their words, in one reading; what this person may not see is left out."""
        found = await self._store.dossiers(actor.community, case_ids)
        seen = [dossier for dossier in found if may_see(actor, dossier.case)]
        deciders = await self._deciders(actor.community, seen)
        return [self._view(actor, dossier, deciders.get(dossier.case.parent, frozenset())) for dossier in seen]

    async def _deciders(
        self, community: CommunityId, appeals: Sequence[Dossier]
    ) -> Mapping[CaseId | None, frozenset[MemberId]]:
        """Who decided what these appeals are about, by the id of that case."""
        parents = list(dict.fromkeys(each.case.parent for each in appeals if each.case.parent is not None))
        found = await self._store.dossiers(community, parents) if parents else ()
        return {each.case.id: deciders_in(each.case, each.actions) for each in found}

    def _view(self, actor: Actor, dossier: Dossier, deciders: frozenset[MemberId]) -> CaseView:
        case, evidence = dossier.case, dossier.evidence
        barred = frozenset(each for each in deciders if not is_last_resort(self._staff, case, deciders, each))
        verbs = verbs_for(actor, case)
        if actor.member in barred:
            verbs = tuple(verb for verb in verbs if verb not in _DECIDING)
        return CaseView(
            case=case,
            evidence=evidence,
            actions=without_repeats(dossier.actions),
            outcomes=OUTCOMES[case.concern],
            verbs=verbs,
            offers=offers(case, evidence, self._kinds_of(actor.community), actor) if Verb.ORDER in verbs else (),
            record=[each for each in dossier.record if each.id != case.id],
            is_alone=self._is_alone(actor, case),
            is_own=actor.member in deciders,
            barred=barred,
        )

    def _is_alone(self, actor: Actor, case: Case) -> bool:
        roles = VISIBLE_TO[case.concern]
        known = {member for role in roles for member in self._staff.members(case.community, role)}
        return not known - {actor.member, MemberId(case.subject)}

    async def show(self, actor: Actor, case_id: CaseId) -> Revealed | Refused:
        """The words of a case, marked by its evidence.

        Who looked goes into the audit, as exposure, before any word goes out. It keeps the holder's claim alive.
        """
        case = await self._visible(actor, case_id)
        if isinstance(case, Refused):
            return case
        try:
            messages = await self._store.texts(actor.community, case_id)
            notes = await self._store.notes(actor.community, case_id)
        except TextGone:
            return Refused(why=Why.TEXT_GONE)
        case = await self._looked(actor, case_id, AuditVerb.SHOWN, {"messages": str(len(messages))})
        if isinstance(case, Refused):
            return case
        evidence = await self._store.evidence(actor.community, case_id)
        return Revealed(case=case, evidence=evidence, messages=messages, notes=notes)

    async def identify(self, actor: Actor, case_id: CaseId) -> MemberId | Refused:
        """Whom a case is about, also when its words are gone: to look in on them. Audited like a look at the words."""
        case = await self._looked(actor, case_id, AuditVerb.IDENTIFIED)
        if isinstance(case, Refused):
            return case
        return MemberId(case.subject) if case.subject and case.is_about_member else Refused(why=Why.TEXT_GONE)

    async def _looked(
        self, actor: Actor, case_id: CaseId, verb: AuditVerb, facts: Mapping[str, str] | None = None
    ) -> Case | Refused:
        for _ in range(MAX_TRIES):
            case = await self._visible(actor, case_id)
            if isinstance(case, Refused):
                return case
            after, unit = self._units.looked(actor, case, verb, facts)
            if await self._store.commit(unit) is Committed.WRITTEN:
                return after
        return Refused(why=Why.CHANGED)

    async def unanswered(self, actor: Actor) -> Sequence[Case]:
        """What nobody took though everybody was called, the oldest as far as this person may see them: the banner."""
        found = await self._store.unanswered(actor.community, concerns_of(actor))
        return [case for case in found if may_see(actor, case)]

    async def follow_ups(self, actor: Actor) -> Sequence[Case]:
        """Closed crisis cases on which somebody should look in now."""
        return [case for case in await self._store.follow_ups(actor.community) if may_see(actor, case)]

    async def act(self, actor: Actor, click: Click) -> Case | Refused:
        """Carry out a click: the case after it, or why not.

        A click on an older turn is refused as `ALREADY_CLAIMED`, `CLOSED` or `CHANGED`, naming who was first. A case
        whose holder may not see it any more is given back to the queue first.
        """
        for _ in range(MAX_TRIES):
            case = await self._visible(actor, click.case_id)
            if isinstance(case, Refused):
                return case
            if click.verb not in set(Verb):
                return Refused(why=Why.UNKNOWN_VERB)
            freed = self._units.freed(case)
            if freed is not None:
                await self._store.commit(freed[1])
                self._wake()
                return Refused(why=Why.CHANGED)
            if click.turn != case.turn:
                return _overtaken(case, actor)
            written = await self._units.of(actor, case, Verb(click.verb), click.params)
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


def _overtaken(case: Case, actor: Actor) -> Refused:
    if not case.is_open:
        return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
    if case.holder is not None and case.holder != actor.member:
        return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
    return Refused(why=Why.CHANGED)
