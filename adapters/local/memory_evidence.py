"""The cases of the store in memory with their evidence, and what decisions may know of the past by it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from adapters.local.memory_cases import MemoryCases
from core.flow.history import History
from core.model.case import COUNTS_FOR, Case, CaseId, Concern, Evidence, Outcome, Reason
from core.model.message import CommunityId, MemberId, MessageId
from core.model.reporter import ReportCount
from core.ports import Clock, Past


class MemoryEvidence(MemoryCases):
    """What `core.ports.Store` says of evidence, and of the past."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._evidence: dict[CaseId, dict[tuple[object, ...], Evidence]] = defaultdict(dict)
        self._holding: dict[tuple[CommunityId, MessageId], dict[CaseId, None]] = defaultdict(dict)

    def _drop_evidence(self, case_id: CaseId) -> None:
        for each in self._evidence.pop(case_id, {}).values():
            place = (self._cases[case_id].community, each.message_id)
            self._holding[place].pop(case_id, None)
            if not self._holding[place]:
                del self._holding[place]

    def _put_evidence(self, evidence: Iterable[Evidence]) -> None:
        for each in evidence:
            wording, found = (each.message_id, each.edited_at), (each.category, each.kind, each.filter, each.rule)
            place = (*wording, *found, each.reporter)
            self._evidence[each.case_id][place] = each
            self._holding[self._cases[each.case_id].community, each.message_id][each.case_id] = None

    async def history(self, pasts: Sequence[Past]) -> Sequence[History]:
        return [self._history(past) for past in pasts]

    def _history(self, past: Past) -> History:
        alerted: dict[Concern, int] = {}
        for case_id in self._holding.get((past.community, past.message_id), ()):
            concern = self._cases[case_id].concern
            levels = (each.level for each in self._evidence[case_id].values() if each.message_id == past.message_id)
            alerted[concern] = max(alerted.get(concern, 0), *levels)
        upheld = (self._cases[each] for each in self._upheld.get((past.community, past.author), ()))
        about = {
            concern: self._open.get((past.community, past.author, concern))
            for concern in (Concern.CRISIS, Concern.CONDUCT)
        }
        since = self._clock.now() - COUNTS_FOR
        return History(
            open_cases={concern: self._cases[found] for concern, found in about.items() if found is not None},
            raid=self._raid(past),
            copies=self._copies(past),
            is_among_copies=any(
                evidence.author == past.author
                for case in self._open_in_places(past.community, Concern.CRISIS)
                for evidence in self._evidence[case.id].values()
            ),
            alerted=alerted,
            upheld=sum(case.closed_at is not None and case.closed_at > since for case in upheld),
            opened_lately=self._opened(past.community, past.lately, Concern.CONDUCT),
            low_crisis_alerts=self._opened(past.community, past.today, Concern.CRISIS),
        )

    def _raid(self, past: Past) -> Case | None:
        here = self._open.get((past.community, past.channel, Concern.RAID))
        if here is not None or past.lately is None:
            return None if here is None else self._cases[here]
        raids = self._open_in_places(past.community, Concern.RAID)
        return next((case for case in raids if case.updated_at >= past.lately), None)

    def _copies(self, past: Past) -> Case | None:
        here = self._open.get((past.community, past.channel, Concern.CRISIS))
        if here is not None or past.lately is None:
            return None if here is None else self._cases[here]
        crises = self._open_in_places(past.community, Concern.CRISIS)
        return next((case for case in crises if case.updated_at >= past.lately), None)

    async def evidence(self, community: CommunityId, case_id: CaseId) -> Sequence[Evidence]:
        if await self.case(community, case_id) is None:
            return []
        return sorted(self._evidence[case_id].values(), key=lambda each: each.sent_at)

    async def cases_with(self, community: CommunityId, message_id: MessageId) -> Sequence[Case]:
        found = [self._cases[case_id] for case_id in self._holding.get((community, message_id), ())]
        return sorted(found, key=lambda case: case.opened_at)

    async def reports_by(self, community: CommunityId, reporter: MemberId, since: datetime) -> ReportCount:
        lately: set[MessageId] = set()
        upheld: set[MessageId] = set()
        abusive: set[MessageId] = set()
        counts_from = self._clock.now() - COUNTS_FOR
        for case_id, kept in self._evidence.items():
            case = self._cases[case_id]
            for each in kept.values():
                if case.community != community or each.reporter != reporter:
                    continue
                if each.reported_at is not None and each.reported_at >= since:
                    lately.add(each.message_id)
                if case.closed_at is not None and case.closed_at > counts_from:
                    if case.outcome is Outcome.UPHELD:
                        upheld.add(each.message_id)
                    elif case.reason is Reason.ABUSIVE_REPORT:
                        abusive.add(each.message_id)
        return ReportCount(lately=len(lately), upheld=len(upheld), abusive=len(abusive))
