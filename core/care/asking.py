"""Asking to talk to a moderator: a member's own click, which becomes a case for the responders.

It is no screening: it works with every detector off and for who has opted out of everything. However often it is
pressed it stays one request, and one case about a crisis takes it in where one is open. Nothing that anybody wrote is
in it.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from weakref import WeakValueDictionary

from core.flow.contact import ASKED, ASKED_ANYWAY, PreferenceOf, has_asked
from core.flow.on_call import OnCall
from core.flow.pacing import paced, timer_changes
from core.flow.planning import card_action, case_id_for, entry, text_timer
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, Concern, Evidence, State
from core.model.case_event import Digested, Joined, Refused, Why, Woke
from core.model.community import Community
from core.model.finding import Category, Kind
from core.model.message import CommunityId, MemberId, MessageId
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.record import Action, CaseWrite, Commit, Committed
from core.ports import Clock, Staff, Store

WHY = "They asked to talk to somebody of the team."

LEVEL = 2
LEVEL_NOW = 3
"""Of who needs somebody now: people are called by name."""

MAX_TRIES = 20

MOST_CALLS = 3
CALLS_COUNT_FOR = timedelta(hours=1)
"""So often people are called for one member's requests within that: a second thought is heard, and whoever turns their
choices on and off all night floods nobody."""


class Duty(StrEnum):
    """What can be said of how soon somebody sees a request."""

    ON = "on_duty"
    OFF = "off_duty"
    UNWATCHED = "unwatched"
    UNSURE = "unsure"
    """No rota is in use, so that nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who would see a member's request, without that member.

    Attributes:
        responders: Those known by their ids; the platform may know of more.
        owners: Those behind them.
    """

    responders: tuple[MemberId, ...] = ()
    owners: tuple[MemberId, ...] = ()

    @property
    def everybody(self) -> frozenset[MemberId]:
        """Each of them once."""
        return frozenset((*self.responders, *self.owners))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One press, as it is written down."""

    level: int
    rule: str
    at: datetime


class Asking:
    """Takes in the requests of all communities."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        community_of: Callable[[CommunityId], Community],
        policy_of: Callable[[CommunityId], CommunityPolicy],
        staff: Staff,
        preference_of: PreferenceOf,
        draw: Callable[[], str] = secrets.token_hex,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`preference_of` says since when a member wants to be left alone: who asks after that means it.

        `draw` gives what nobody can guess; `wake` is called after every commit.
        """
        self._store = store
        self._clock = clock
        self._community_of = community_of
        self._policy_of = policy_of
        self._staff = staff
        self._on_call = OnCall(store=store, clock=clock, policy_of=policy_of, staff=staff)
        self._preference_of = preference_of
        self._draw = draw
        self._wake = wake
        self._taking: WeakValueDictionary[tuple[CommunityId, MemberId], asyncio.Lock] = WeakValueDictionary()

    def readers(self, community: CommunityId, member: MemberId) -> Readers:
        """Who would see what this member asks; without I/O."""
        return Readers(
            responders=tuple(each for each in self._staff.members(community, Role.RESPONDER) if each != member),
            owners=tuple(each for each in self._staff.members(community, Role.OWNER) if each != member),
        )

    async def duty(self, community: CommunityId) -> Duty:
        """How soon somebody may see a request. Raises: `Unavailable`."""
        if await self._on_call.people(community, Role.RESPONDER):
            return Duty.ON
        if not self._policy_of(community).rota.is_watched(self._clock.now()):
            return Duty.UNWATCHED
        return Duty.OFF if await self._on_call.is_rota_in_use(community) else Duty.UNSURE

    async def ask(self, community: CommunityId, member: MemberId, *, is_urgent: bool = False) -> Case | Refused:
        """The case that now holds the request: a new one, or the open one about that member.

        The same request again changes nothing and gives that case; one that has become urgent raises it.
        Raises: `Unavailable`; nothing was written then.
        """
        level = LEVEL_NOW if is_urgent else LEVEL
        taking = self._taking.setdefault((community, member), asyncio.Lock())
        async with taking:  # fifty presses at once are one request, and hold up nobody else's
            for _ in range(MAX_TRIES):
                preference = await self._preference_of(community, member)
                request = _Request(level=level, rule=_rule(preference), at=_said_at(preference, self._clock.now()))
                before = await self._store.open_case(community, member, Concern.CRISIS)
                if before is None:
                    unit = self._opened(self._community_of(community), member, request)
                else:
                    asked = requests_in(await self._store.evidence(community, before.id))
                    if any(each.level >= level and has_asked([each], preference) for each in asked):
                        return before
                    unit = self._joined(before, request, asked)
                if await self._store.commit(unit) is Committed.WRITTEN:
                    self._wake()
                    return unit.cases[0].case
        return Refused(why=Why.CHANGED)

    def _opened(self, community: Community, member: MemberId, request: _Request) -> Commit:
        now = self._clock.now()
        # Drawn, not derived: an id made of the member would tell whoever tries ids that they once asked (promise 7).
        case = Case(
            id=case_id_for(f"asked:{self._draw()}", Concern.CRISIS),
            community=community.id,
            concern=Concern.CRISIS,
            subject=member,
            channel=community.crisis_alerts,
            category=Category.CRISIS,
            kind=Kind.ASKED,
            level=request.level,
            opened_at=now,
            updated_at=now,
            version=1,
            turn=1,
        )
        case = paced(None, case, self._policy_of(community.id), now)
        timers, _ = timer_changes(None, case)
        return Commit(
            cases=(CaseWrite(case=case, expected_version=0),),
            evidence=(_evidence(case, request, 0),),
            actions=(card_action(case, ActionKind.ALERT),),
            timers=(text_timer(case, now), *timers),
            audit=(entry(case, AuditVerb.ASKED, now, LIGHTKEEPER, {"level": str(request.level)}),),
        )

    def _joined(self, before: Case, request: _Request, asked: Sequence[Evidence]) -> Commit:
        """The request as news of a case that is there: whoever has it hears of it, and it waits for no digest."""
        after, now = before, self._clock.now()
        is_news = before.state is State.SNOOZED or _calls_for(request, asked, now) < MOST_CALLS
        if before.state is State.SNOOZED:
            after = _advanced(after, Woke(), now)
        if before.is_quiet:
            after = _advanced(after, Digested(), now)
        joins = Joined(category=Category.CRISIS, kind=Kind.ASKED, level=request.level, messages=0)
        after = replace(_advanced(after, joins, now), version=before.version + 1)
        after = paced(before, after, self._policy_of(before.community), now)
        timers, cancelled = timer_changes(before, after)
        return Commit(
            cases=(CaseWrite(case=after, expected_version=before.version),),
            evidence=(_evidence(after, request, len(asked)),),
            actions=_cards(before, after, is_news=is_news),
            timers=timers,
            cancelled_timers=cancelled,
            audit=(entry(after, AuditVerb.ASKED, now, LIGHTKEEPER, {"level": str(request.level)}),),
        )


def _rule(preference: Preference) -> str:
    return ASKED_ANYWAY if preference.no_contact else ASKED


def _said_at(preference: Preference, now: datetime) -> datetime:
    """When it is asked: after the choice to be left alone, also where the clock was set back since."""
    return now if preference.since is None else max(now, preference.since + timedelta(microseconds=1))


def requests_in(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """A member's own requests among what a case holds."""
    return [each for each in evidence if each.kind is Kind.ASKED]


def _advanced(case: Case, event: Joined | Woke | Digested, now: datetime) -> Case:
    after = advance(case, event, now)
    if isinstance(after, Refused):
        raise ValueError(f"case {case.id} can't take in a request: {after.why}")
    return after


def _calls_for(request: _Request, asked: Sequence[Evidence], now: datetime) -> int:
    """How often they asked lately for something as urgent as this."""
    return sum(each.level >= request.level and abs(now - each.sent_at) < CALLS_COUNT_FOR for each in asked)


def _cards(before: Case, after: Case, *, is_news: bool) -> tuple[Action, ...]:
    """An edited card wakes nobody: a request to talk that is news calls whoever has the case, or should."""
    if before.is_quiet:
        return (card_action(after, ActionKind.ALERT),)
    page = (card_action(after, ActionKind.PAGE, calls=after.holder),) if is_news else ()
    return card_action(after, ActionKind.REFRESH_CARD), *page


def _evidence(case: Case, request: _Request, number: int) -> Evidence:
    return Evidence(
        case_id=case.id,
        message_id=MessageId(f"asked-{case.id}-{number}"),
        channel=case.channel,
        author=MemberId(case.subject),
        sent_at=request.at,
        category=Category.CRISIS,
        kind=Kind.ASKED,
        level=request.level,
        score=1.0,
        filter=ASKED,
        rule=request.rule,
        why=WHY,
    )
