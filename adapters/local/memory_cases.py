"""The cases of the store in memory, with what is asked for at every step at hand."""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from core.model.case import COUNTS_FOR, EVERY_CONCERN, Case, CaseId, Concern, Outcome, State, Tier
from core.model.finding import Kind
from core.model.message import CommunityId, MemberId
from core.model.record import CaseWrite
from core.ports import Clock

_NEVER = datetime.max.replace(tzinfo=UTC)

_Place = tuple[CommunityId, str, Concern]


class MemoryCases:
    """What `core.ports.Store` says of cases alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cases: dict[CaseId, Case] = {}
        self._open: dict[_Place, CaseId] = {}
        self._upheld: dict[tuple[CommunityId, str], set[CaseId]] = defaultdict(set)
        self._by_opening: dict[CommunityId, list[tuple[datetime, CaseId]]] = defaultdict(list)
        self._in_places: dict[CommunityId, set[CaseId]] = defaultdict(set)

    async def case(self, community: CommunityId, case_id: CaseId) -> Case | None:
        case = self._cases.get(case_id)
        return case if case is not None and case.community == community else None

    async def cases(
        self, community: CommunityId, states: frozenset[State], limit: int, before: datetime | None = None
    ) -> Sequence[Case]:
        found = [case for case in self._cases.values() if case.community == community and case.state in states]
        if before is not None:
            found = [case for case in found if (case.closed_at or case.opened_at) < before]
        opened = sorted(
            (case for case in found if case.is_open),
            key=_urgency,
        )
        closed = sorted(
            (case for case in found if not case.is_open),
            key=lambda case: case.closed_at or case.opened_at,
            reverse=True,
        )
        return [*opened, *closed][:limit]

    async def open_case(self, community: CommunityId, subject: str, concern: Concern) -> Case | None:
        found = self._open.get((community, subject, concern))
        return None if found is None else self._cases[found]

    async def quiet_cases(self, community: CommunityId) -> Sequence[Case]:
        return self._those(community, lambda case: case.is_open and case.is_quiet)

    async def held_by(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        return self._those(community, lambda case: case.state is State.CLAIMED and case.holder == member)

    async def unanswered(
        self, community: CommunityId, concerns: frozenset[Concern] = EVERY_CONCERN, limit: int = 100
    ) -> Sequence[Case]:
        found = self._those(community, lambda case: case.state is State.WAITING and case.tier >= Tier.BANNER)
        return [case for case in found if case.concern in concerns][:limit]

    async def follow_ups(self, community: CommunityId, limit: int = 100) -> Sequence[Case]:
        return self._those(community, lambda case: not case.is_open and case.follow_up is not None)[:limit]

    async def appeals(self, community: CommunityId, parent: CaseId) -> Sequence[Case]:
        return self._those(community, lambda case: case.parent == parent)

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        since = self._clock.now() - COUNTS_FOR
        upheld = self._upheld.get((community, member), set())
        return self._those(
            community, lambda case: case.id in upheld and case.closed_at is not None and case.closed_at > since
        )

    def _those(self, community: CommunityId, are_wanted: Callable[[Case], bool]) -> list[Case]:
        """Oldest first."""
        found = [case for case in self._cases.values() if case.community == community and are_wanted(case)]
        return sorted(found, key=lambda case: (case.opened_at, case.id))

    def _put_case(self, case: Case) -> None:
        known = self._cases.get(case.id)
        if known is None:
            insort(self._by_opening[case.community], (case.opened_at, case.id))
        elif known.is_open:
            self._open.pop(_place(known), None)
            self._in_places[case.community].discard(case.id)
        if known is not None:
            self._forget_upheld(known)
        self._cases[case.id] = case
        if case.is_open:
            self._open[_place(case)] = case.id
            if not case.is_about_member:
                self._in_places[case.community].add(case.id)
        if case.concern is Concern.CONDUCT and case.outcome is Outcome.UPHELD:
            self._upheld[case.community, case.subject].add(case.id)

    def _forget_case(self, case: Case) -> None:
        del self._cases[case.id]
        self._by_opening[case.community].remove((case.opened_at, case.id))
        self._forget_upheld(case)

    def _forget_upheld(self, case: Case) -> None:
        subject = (case.community, case.subject)
        self._upheld[subject].discard(case.id)
        if not self._upheld[subject]:
            del self._upheld[subject]

    def _fits(self, writes: Sequence[CaseWrite]) -> bool:
        taken: dict[_Place, CaseId | None] = {}
        for write in writes:
            case, known = write.case, self._cases.get(write.case.id)
            if (known.version if known else 0) != write.expected_version:
                return False
            if known and known.community != case.community:
                return False
            if known and known.is_open:
                taken[_place(known)] = None
            if case.is_open:
                place = _place(case)
                holds = taken[place] if place in taken else self._open.get(place)
                if holds not in {None, case.id}:
                    return False
                taken[place] = case.id
        return True

    def _open_in_places(self, community: CommunityId, concern: Concern) -> list[Case]:
        """Open cases about no single member (a raid, copies of a cry for help), newest first."""
        found = [self._cases[case_id] for case_id in self._in_places[community]]
        return sorted(
            (case for case in found if case.concern is concern),
            key=lambda case: (case.opened_at, case.id),
            reverse=True,
        )

    def _opened(self, community: CommunityId, since: datetime | None, concern: Concern) -> int:
        """How many cases of conduct, or milder ones of crisis that screening alerted, were opened since then."""
        if since is None:
            return 0
        return sum(
            case.concern is concern and (concern is Concern.CONDUCT or _is_mild_alert(case))
            for case in self._opened_since(community, since)
        )

    def _opened_since(self, community: CommunityId, since: datetime) -> Iterator[Case]:
        for opened_at, case_id in reversed(self._by_opening[community]):
            if opened_at < since:
                return
            yield self._cases[case_id]


def _is_mild_alert(case: Case) -> bool:
    return not (case.is_severe or case.is_quiet or case.kind is Kind.ASKED)


def _urgency(case: Case) -> tuple[object, ...]:
    is_urgent = case.concern is Concern.CRISIS and case.is_severe
    return (
        case.state is State.SNOOZED,
        not is_urgent,
        -case.level if is_urgent else 0,
        case.target_at is None,
        case.target_at or _NEVER,
        -case.level,
        case.opened_at,
        case.id,
    )


def _place(case: Case) -> _Place:
    return case.community, case.subject, case.concern
