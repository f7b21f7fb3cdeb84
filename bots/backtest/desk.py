"""A desk where somebody closes every case a fixed time after it was opened, through the queue that people use.

Without it a case would stay open for ever, and everything that its member says would join it silently: there would be
far fewer alerts than in life.
"""

import heapq
from datetime import datetime, timedelta

from adapters.local.staff import LocalStaff
from bots.backtest.past import Ledger, PastClock
from core.desk.clicks import Click, Verb
from core.desk.queue import Queue
from core.model.case import Case, CaseId, Concern, Outcome
from core.model.case_event import Refused
from core.model.message import Author, CommunityId, MemberId, RoleId
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy

SOMEBODY = MemberId("backtest:desk")
_SOMEBODY = Author(id=SOMEBODY, name="", roles=frozenset({RoleId(Role.OWNER)}))

OUTCOMES = {
    Concern.CRISIS: Outcome.SUPPORT_OFFERED,
    Concern.CONDUCT: Outcome.TALKED,
    Concern.RAID: Outcome.NOT_A_PROBLEM,
    Concern.APPEAL: Outcome.DENIED,
}
"""None of them leaves a record on a member, so no step of the ladder comes nearer by it."""


class Desk:
    """Closes cases when their time has come."""

    def __init__(self, ledger: Ledger, clock: PastClock, policy: CommunityPolicy, close_after: timedelta) -> None:
        self._ledger = ledger
        self._clock = clock
        self._close_after = close_after
        self._due: list[tuple[datetime, CaseId, CommunityId]] = []
        self._queue = Queue(
            store=ledger, clock=clock, policy_of=lambda _: policy, staff=LocalStaff(lambda: (_SOMEBODY,))
        )

    def opened(self, case: Case) -> None:
        """A case that will have to be closed."""
        heapq.heappush(self._due, (case.opened_at + self._close_after, case.id, case.community))

    async def close_due(self, at: datetime) -> None:
        """Close what is due by then, each at its own time, and forget it."""
        while self._due and self._due[0][0] <= at:
            due, case_id, community = heapq.heappop(self._due)
            self._clock.move(due)
            case = await self._ledger.case(community, case_id)
            if case is None:
                continue
            actor = Actor(community=community, member=SOMEBODY, roles=frozenset({Role.OWNER}))
            outcome = {"outcome": OUTCOMES[case.concern]}
            click = Click(case_id=case_id, verb=Verb.RESOLVE, turn=case.turn, params=outcome)
            closed = await self._queue.act(actor, click)
            if isinstance(closed, Refused):
                raise RuntimeError(f"case {case_id} could not be closed: {closed.why}")
            self._ledger.take_written()
            self._ledger.forget(case_id)
