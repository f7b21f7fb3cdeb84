"""Who is called about a case at this very moment: the rota, who went on or off duty, and who holds which role now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.flow.calling import ASKED, BUT, audience, on_duty
from core.flow.deciders import deciders_of
from core.flow.pacing import heard_at
from core.flow.planning import CALLS, TIER, WAITS
from core.model.action import ActionKind
from core.model.card import Audience
from core.model.case import Case, State, Tier
from core.model.message import CommunityId, MemberId
from core.model.people import FIRST_CALLED, VISIBLE_TO, Role
from core.model.policy import CommunityPolicy
from core.model.record import Action, Duty
from core.ports import Clock, Staff, Store

IN_USE_FOR = timedelta(days=7)
"""How long after somebody was on duty a community without shifts counts as one that uses duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Asks the store and the staff."""

    store: Store
    clock: Clock
    policy_of: Callable[[CommunityId], CommunityPolicy]
    staff: Staff

    async def people(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        """Who is on duty and holds the role now, in the order in which they are called."""
        now = self.clock.now()
        there = on_duty(self.policy_of(community).rota, await self.store.duties(community, now), now)
        return [each for each in there if role in self.staff.roles_of(community, each)]

    async def is_rota_in_use(self, community: CommunityId) -> bool:
        """Whether it means anything that nobody is on duty: shifts exist, or somebody was on duty lately."""
        return bool(self.policy_of(community).rota.shifts) or any(each.is_on for each in await self.lately(community))

    async def lately(self, community: CommunityId) -> Sequence[Duty]:
        """Each member's newest going on or off duty, where it held within `IN_USE_FOR`."""
        return await self.store.duties(community, self.clock.now() - IN_USE_FOR)

    def quiet_for(self, call: Action, case: Case) -> timedelta:
        """How long a call for somebody to take a case has to wait for watched hours; nothing where a person asked."""
        if not call.params.get(WAITS) or call.params.get(ASKED):
            return timedelta()
        now = self.clock.now()
        return heard_at(self.policy_of(case.community), case.concern, now) - now

    async def audience(self, call: Action, case: Case) -> Audience | None:
        """Whom a card that is posted now calls; None for nobody.

        A case's first card calls people only where it is severe, still waits, and may be heard at this hour.
        """
        role, now = FIRST_CALLED[case.concern], self.clock.now()
        if call.kind is ActionKind.ALERT:
            is_heard = heard_at(self.policy_of(case.community), case.concern, now) <= now
            if not (case.is_severe and case.state is State.WAITING and is_heard):
                return None
        named = MemberId(call.params.get(CALLS, ""))
        if named and self.staff.roles_of(case.community, named) & VISIBLE_TO[case.concern]:
            return Audience(role=role, members=(named,))
        return audience(
            case,
            Tier(int(call.params.get(TIER, "0"))),
            duty=await self.people(case.community, role),
            known=self.staff.members(case.community, role),
            owners=self.staff.members(case.community, Role.OWNER),
            but={MemberId(call.params.get(BUT, "")), *await deciders_of(self.store, case)},
        )
