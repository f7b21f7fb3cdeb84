"""What becomes of cases when the clock is set back: nobody waits for a time that has moved away into the future.

Calls and claims hang on absolute times. One that was set by a clock hours ahead would leave somebody in a crisis
without a call for those hours. So what waits is called from now on at its pace, as far as its chain has come, and no
claim lasts longer than a new one would.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.flow.pacing import call_at, paced
from core.flow.planning import entry, joined
from core.flow.rewriting import rewritten
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import Case, State, Tier
from core.model.case_event import Noted, Refused
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from core.model.record import Commit, Timer
from core.ports import Clock, Store

AT_ONCE = 500
"""How many cases of a community are looked at: the most urgent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBack:
    """The handler of the timer that is set when the clock was set back."""

    store: Store
    clock: Clock
    policy_of: Callable[[CommunityId], CommunityPolicy]

    async def due(self, _: Timer) -> Commit:
        """The cases whose times lie too far ahead, as they go on."""
        now, units = self.clock.now(), []
        for community in await self.store.communities():
            found = await self.store.cases(community, frozenset({State.WAITING, State.CLAIMED}), AT_ONCE)
            units += [unit for case in found if (unit := self._moved(case, now)) is not None]
        return joined(*units)

    def _moved(self, case: Case, now: datetime) -> Commit | None:
        policy = self.policy_of(case.community)
        latest = now + policy.lease
        is_ahead = case.waiting_since is not None and case.waiting_since > now
        is_long = case.lease_until is not None and case.lease_until > latest
        noted = advance(case, Noted(), now) if is_ahead or is_long else None
        if noted is None or isinstance(noted, Refused):
            return None
        if is_ahead:
            noted = replace(noted, waiting_since=_since(case, policy, now))
        if is_long:
            noted = replace(noted, lease_until=latest)
        after = paced(case, noted, policy, now)
        return replace(rewritten(case, after), audit=(entry(after, AuditVerb.CLOCK_BACK, now, CLOCK),))


def _since(case: Case, policy: CommunityPolicy, now: datetime) -> datetime:
    """Since when it would have waited if the last call of its chain were made now: the next follows as after that."""
    tier = Tier(case.tier)
    if tier is Tier.FIRST:
        return now
    return now - (call_at(policy, case.concern, case.level, now, tier) - now)
