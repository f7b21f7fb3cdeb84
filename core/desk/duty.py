"""Duty: who is there now, going on and off, and handing over everything one holds at the end of a shift."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.desk.clicks import MAX_NOTE_CHARS, Verb
from core.desk.units import Units
from core.desk.watch import CALLED_ROLES, DUTY_TIMER, Gaps, duty_key, watch_timer
from core.flow.on_call import OnCall
from core.flow.planning import joined
from core.model.audit import AuditVerb
from core.model.case import Case, CaseId, Concern, State
from core.model.case_event import Refused, Why
from core.model.message import CommunityId, MemberId
from core.model.people import Actor, Role, may_see
from core.model.policy import CommunityPolicy
from core.model.record import AuditDraft, Commit, Committed, Duty, Timer
from core.model.rota import Span
from core.ports import Clock, Staff, Store

USUAL_HOURS = 8
MAX_HOURS = 24
OFF_FOR = timedelta(hours=12)
"""How long somebody stays off duty who does not leave a running shift."""

MAX_TRIES = 20
MAX_CLAIMS = 500
LOOKS_WITHIN = timedelta(hours=24)
LOOKS_KEPT_FOR = timedelta(minutes=1)
PAGE_OF_AUDIT = 500
MAX_PAGES = 4
"""How far back looks are counted at most, in pages of the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What somebody carries: cases that they hold now, and how often they read words of one within 24 hours."""

    claims: int = 0
    looks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who is there, and who carries what.

    Attributes:
        on_duty: For each role that is called first who is on duty, in the order in which they are called.
        gaps: For each role the first stretch of the next 24 hours in which nobody is on duty; none where no rota is
            in use.
        load: Of cases that whoever asks may see; those without any are left out.
        mine: The own going on or off duty that holds now, over what the shifts say.
    """

    on_duty: Mapping[Role, Sequence[MemberId]] = field(default_factory=dict)
    gaps: Mapping[Role, Span] = field(default_factory=dict)
    load: Mapping[MemberId, Load] = field(default_factory=dict)
    mine: Duty | None = None

    @property
    def gap(self) -> datetime | None:
        """The next time at which nobody is on duty for a role."""
        return min((begins for begins, _ in self.gaps.values()), default=None)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Who looked at which case's words, as counted a moment ago."""

    at: datetime
    by_case: Mapping[CaseId, Counter[MemberId]]


class DutyDesk:
    """Duty in all communities."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        staff: Staff,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after every commit."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._staff = staff
        self._wake = wake
        self._units = Units(store=store, clock=clock, policy_of=policy_of, staff=staff, kinds_of=lambda _: frozenset())
        self._on_call = OnCall(store=store, clock=clock, policy_of=policy_of, staff=staff)
        self._gaps = Gaps(store=store, clock=clock, policy_of=policy_of, staff=staff)
        self._looks: dict[CommunityId, _Looks] = {}

    async def on(self, actor: Actor, hours: int = USUAL_HOURS) -> Duty | Refused:
        """Go on duty, or stay longer. Refused as `NOT_ALLOWED` for who has no part in the desk."""
        if not actor.roles:
            return Refused(why=Why.NOT_ALLOWED)
        if not 1 <= hours <= MAX_HOURS:
            return Refused(why=Why.BAD_VALUE, field="hours")
        duty = self._duty(actor, is_on=True, until=self._clock.now() + timedelta(hours=hours))
        await self._store.commit(self._written(actor, duty, {"hours": str(hours)}))
        self._wake()
        return duty

    async def off(self, actor: Actor) -> Duty | Refused:
        """Go off duty to the end of the running shift, or for 12 hours. Refused as `on`."""
        if not actor.roles:
            return Refused(why=Why.NOT_ALLOWED)
        duty = self._off(actor)
        await self._store.commit(self._written(actor, duty))
        self._wake()
        return duty

    async def hand_over(self, actor: Actor, to: MemberId, note: str = "") -> Sequence[Case] | Refused:
        """Give every case that the actor holds to a named colleague, and go off duty: all of it or nothing.

        Refused as `BAD_VALUE` with the field `to` where the colleague may not see one of them, as `OWN_DECISION`
        where one is an appeal against what the colleague decided. A note that goes with cases of crisis goes with
        them alone: what it says of somebody's distress is not for those who see the others.

        Returns: The cases as they are now.
        """
        note = note.strip()
        if not actor.roles:
            return Refused(why=Why.NOT_ALLOWED)
        if len(note) > MAX_NOTE_CHARS:
            return Refused(why=Why.BAD_VALUE, field="note")
        if to == actor.member or not self._staff.roles_of(actor.community, to):
            return Refused(why=Why.BAD_VALUE, field="to")
        for _ in range(MAX_TRIES):
            moved = await self._all_moved(actor, to, note)
            if isinstance(moved, Refused):
                return moved
            after, unit = moved
            if await self._store.commit(unit) is Committed.WRITTEN:
                self._wake()
                return after
        return Refused(why=Why.CHANGED)

    async def roster(self, actor: Actor) -> Roster:
        """Who is there and who carries what, as far as this person's part in the desk goes."""
        if not actor.roles:
            return Roster()
        now = self._clock.now()
        people = {role: await self._on_call.people(actor.community, role) for role in CALLED_ROLES}
        duties = await self._store.duties(actor.community, now)
        return Roster(
            on_duty=people,
            gaps=await self._gaps.of(actor.community),
            load=await self._load(actor),
            mine=next((each for each in duties if each.member == actor.member and each.since <= now), None),
        )

    def _duty(self, actor: Actor, *, is_on: bool, until: datetime) -> Duty:
        now = self._clock.now()
        return Duty(community=actor.community, member=actor.member, is_on=is_on, since=now, until=until)

    def _off(self, actor: Actor) -> Duty:
        now = self._clock.now()
        ends = self._policy_of(actor.community).rota.shift_ends(actor.member, now)
        return self._duty(actor, is_on=False, until=ends or now + OFF_FOR)

    def _written(self, actor: Actor, duty: Duty, facts: Mapping[str, str] | None = None) -> Commit:
        name = (DUTY_TIMER, duty_key(duty.community, duty.member))
        ends = Timer(kind=name[0], key=name[1], due_at=duty.until, community=duty.community)
        verb = AuditVerb.DUTY_ON if duty.is_on else AuditVerb.DUTY_OFF
        told = AuditDraft(community=duty.community, at=duty.since, actor=actor.member, verb=verb, facts=facts or {})
        return Commit(
            duties=(duty,),
            timers=(*((ends,) if duty.is_on else ()), watch_timer(duty.community, duty.since)),
            cancelled_timers=() if duty.is_on else (name,),
            audit=(told,),
        )

    async def _all_moved(self, actor: Actor, to: MemberId, note: str) -> tuple[list[Case], Commit] | Refused:
        after: list[Case] = []
        units = [self._written(actor, self._off(actor))]
        held = await self._store.held_by(actor.community, actor.member)
        theirs = [case for case in held if may_see(actor, case)]  # the others go back to the queue by themselves
        has_crisis = any(case.concern is Concern.CRISIS for case in theirs)
        for case in theirs:
            is_noted = case.concern is Concern.CRISIS or not has_crisis
            moved = await self._units.of(actor, case, Verb.HAND_OVER, {"to": to, "note": note if is_noted else ""})
            if isinstance(moved, Refused):
                return moved
            after.append(moved[0])
            units.append(moved[1])
        return after, joined(*units)

    async def _load(self, actor: Actor) -> Mapping[MemberId, Load]:
        held = await self._store.cases(actor.community, frozenset({State.CLAIMED}), MAX_CLAIMS)
        claims = Counter(case.holder for case in held if case.holder is not None and may_see(actor, case))
        looks: Counter[MemberId] = Counter()
        for case_id, by in (await self._looks_at(actor.community)).items():
            case = await self._store.case(actor.community, case_id)
            if case is not None and may_see(actor, case):
                looks += by
        carrying = sorted({*claims, *looks})
        return {member: Load(claims=claims[member], looks=looks[member]) for member in carrying}

    async def _looks_at(self, community: CommunityId) -> Mapping[CaseId, Counter[MemberId]]:
        """Looks within 24 hours, newest first as far as a bounded reading goes; counted once a minute."""
        now = self._clock.now()
        kept = self._looks.get(community)
        if kept is not None and timedelta() <= now - kept.at < LOOKS_KEPT_FOR:
            return kept.by_case
        by_case: dict[CaseId, Counter[MemberId]] = {}
        before: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._store.audit(community, PAGE_OF_AUDIT, before)
            lately = [each for each in page if now - each.at < LOOKS_WITHIN]
            for each in lately:
                if each.verb == AuditVerb.SHOWN and each.case_id is not None:
                    by_case.setdefault(each.case_id, Counter())[MemberId(each.actor)] += 1
            if len(lately) < PAGE_OF_AUDIT:
                break
            before = lately[-1].number
        self._looks[community] = _Looks(now, by_case)
        return by_case
