"""A store in memory, for backtests and tests: the same answers as the database, and nothing kept.

It passes the contract suite that the database passes. Each unit is checked whole before any of it is written. What is
asked for at every step is looked up, not searched: thousands of cases wait in the simulations.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.local.memory_audit import MemoryAudit
from adapters.local.memory_cases import MemoryCases
from adapters.local.memory_members import MemoryChoices
from adapters.local.memory_outbox import MemoryOutbox
from adapters.local.memory_timers import MemoryTimers
from core.desk.in_force import in_force
from core.errors import GaveUp, TextGone
from core.flow.history import History
from core.model.action import LAWS, Lane
from core.model.belongings import Belongings
from core.model.case import COUNTS_FOR, Case, CaseId, Concern, Evidence, Outcome, Reason
from core.model.dossier import WITH_RECORD, Dossier
from core.model.message import CommunityId, MemberId, MessageId
from core.model.preference import Preference
from core.model.record import (
    ActionRecord,
    ActionState,
    AuditDraft,
    AuditEntry,
    Commit,
    Committed,
    Duty,
    Note,
    SealedMessage,
    Timer,
)
from core.model.reporter import ReportCount
from core.model.standing import Standing
from core.ports import Clock, Past

_ENFORCING = frozenset(kind for kind, law in LAWS.items() if law.enforces)
_SANCTIONS = _ENFORCING | {law.inverse for kind, law in LAWS.items() if kind in _ENFORCING}
"""What is done to a target, and what undoes it."""


class MemoryStore(MemoryCases):
    """Speaks `core.ports.Store` and `core.ports.CareStore`."""

    def __init__(self, clock: Clock, *, keys_kept: int | None = None) -> None:
        """`keys_kept` bounds how many events are known to be done, the newest; None knows all of them."""
        super().__init__(clock)
        self._keys_kept = keys_kept
        self._done: dict[str, None] = {}
        self._evidence: dict[CaseId, dict[tuple[object, ...], Evidence]] = defaultdict(dict)
        self._holding: dict[tuple[CommunityId, MessageId], dict[CaseId, None]] = defaultdict(dict)
        self._texts: dict[CaseId, dict[tuple[object, ...], SealedMessage]] = defaultdict(dict)
        self._text_gone: set[CaseId] = set()
        self._outbox = MemoryOutbox(clock)
        self._timers = MemoryTimers()
        self._audit = MemoryAudit()
        self._notes: dict[CaseId, list[Note]] = defaultdict(list)
        self._duties: dict[tuple[CommunityId, MemberId], Duty] = {}
        self._choices = MemoryChoices()

    async def commit(self, unit: Commit) -> Committed:
        if any(key in self._done for key in unit.done) or not self._timers.are_set(unit.fired_timers):
            return Committed.ALREADY_DONE
        if not self._outbox.can_withdraw(unit.withdrawn, unit.untried) or not self._fits(unit.cases):
            return Committed.STALE
        self._check_named(unit)
        self._mark_done(unit.done)
        self._timers.cancel((fired.kind, fired.key) for fired in unit.fired_timers)
        for write in unit.cases:
            self._put_case(write.case)
        for case_id in unit.forgotten:
            self._drop_evidence(case_id)
        for each in unit.evidence:
            wording, found = (each.message_id, each.edited_at), (each.category, each.kind, each.filter, each.rule)
            place = (*wording, *found, each.reporter)
            self._evidence[each.case_id][place] = each
            self._holding[self._cases[each.case_id].community, each.message_id][each.case_id] = None
        self._put_texts(unit)
        for note in unit.notes:
            if note.case_id not in unit.destroyed_texts:
                self._notes[note.case_id].append(note)
        self._duties.update({(duty.community, duty.member): duty for duty in unit.duties})
        self._choices.put(unit.preferences, unit.fallen, unit.standing)
        for action in unit.actions:
            self._outbox.put(action)
        for key in unit.withdrawn:
            self._outbox.withdraw(key)
        for case_id in unit.forgotten:
            self._outbox.let_go(case_id)
            self._audit.forget(case_id)
        self._timers.cancel(unit.cancelled_timers)
        self._timers.set(unit.timers)
        self._audit.write(unit.audit)
        return Committed.WRITTEN

    def _mark_done(self, keys: Sequence[str]) -> None:
        self._done.update(dict.fromkeys(keys))
        while self._keys_kept is not None and len(self._done) > self._keys_kept:
            del self._done[next(iter(self._done))]

    def forget(self, case_id: CaseId) -> None:
        """Lose a closed case with everything about it but what its audit says; it counts in no history any more.

        Raises: `ValueError` for a case that is open.
        """
        case = self._cases.get(case_id)
        if case is None:
            return
        if case.is_open:
            raise ValueError(f"case {case_id} is open")
        self._drop_evidence(case_id)
        self._forget_case(case)
        self._texts.pop(case_id, None)
        self._notes.pop(case_id, None)
        self._text_gone.discard(case_id)
        self._outbox.forget(case_id)
        self._timers.forget(case_id)

    def _drop_evidence(self, case_id: CaseId) -> None:
        for each in self._evidence.pop(case_id, {}).values():
            place = (self._cases[case_id].community, each.message_id)
            self._holding[place].pop(case_id, None)
            if not self._holding[place]:
                del self._holding[place]

    def _check_named(self, unit: Commit) -> None:
        named = {each.case_id for each in unit.evidence} | {case_id for case_id, _ in unit.texts}
        named |= {note.case_id for note in unit.notes}
        if named - self._cases.keys() - {write.case.id for write in unit.cases}:
            raise GaveUp(reason="evidence or text names a case that does not exist")

    def _put_texts(self, unit: Commit) -> None:
        for case_id in unit.destroyed_texts:
            self._texts.pop(case_id, None)
            self._notes.pop(case_id, None)
            self._text_gone.add(case_id)
        for case_id, kept in unit.texts:
            if case_id in unit.destroyed_texts:
                continue
            place = (kept.message.id, kept.message.edited_at)
            if not kept.is_context or place not in self._texts[case_id]:
                self._texts[case_id][place] = kept

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

    async def dossiers(self, community: CommunityId, case_ids: Sequence[CaseId]) -> Sequence[Dossier]:
        found = [case for case_id in case_ids if (case := await self.case(community, case_id))]
        return [
            Dossier(
                case=case,
                evidence=await self.evidence(community, case.id),
                actions=await self.actions(community, case.id),
                record=await self.record(community, MemberId(case.subject)) if case.concern in WITH_RECORD else (),
            )
            for case in found
        ]

    async def cases_with(self, community: CommunityId, message_id: MessageId) -> Sequence[Case]:
        found = [self._cases[case_id] for case_id in self._holding.get((community, message_id), ())]
        return sorted(found, key=lambda case: case.opened_at)

    async def texts(self, community: CommunityId, case_id: CaseId) -> Sequence[SealedMessage]:
        if await self.case(community, case_id) is None:
            return []
        kept = self._texts.get(case_id)
        if not kept and case_id in self._text_gone:
            raise TextGone(key_name=f"case:{case_id}")
        return sorted((kept or {}).values(), key=lambda each: each.message.sent_at)

    async def actions(self, community: CommunityId, case_id: CaseId) -> Sequence[ActionRecord]:
        return [each for each in self._outbox.of_case(case_id) if each.action.community == community]

    async def action(self, community: CommunityId, key: str) -> ActionRecord | None:
        record = self._outbox.get(key)
        return record if record is not None and record.action.community == community else None

    async def actions_on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
        return [each for each in self._outbox.on(community, target) if each.action.kind in _SANCTIONS]

    async def notes(self, community: CommunityId, case_id: CaseId) -> Sequence[Note]:
        if await self.case(community, case_id) is None:
            return []
        kept = self._notes.get(case_id)
        if not kept and case_id in self._text_gone:
            raise TextGone(key_name=f"case:{case_id}")
        return sorted(kept or (), key=lambda note: note.at)

    async def duties(self, community: CommunityId, now: datetime) -> Sequence[Duty]:
        kept = (duty for duty in self._duties.values() if duty.community == community and duty.until > now)
        return sorted(kept, key=lambda duty: (duty.since, duty.member))

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

    async def claim_actions(self, now: datetime, limit: int, least: Lane = Lane.HOUSEKEEPING) -> Sequence[ActionRecord]:
        return self._outbox.claim(now, limit, least)

    async def unclaim_actions(self) -> Sequence[ActionRecord]:
        return self._outbox.unclaim()

    async def record_action(
        self,
        key: str,
        state: ActionState,
        at: datetime,
        *,
        receipt: str = "",
        note: str = "",
        due_at: datetime | None = None,
        audit: Sequence[AuditDraft] = (),
    ) -> None:
        if self._outbox.record(key, state, at, receipt=receipt, note=note, due_at=due_at):
            self._audit.write(audit)

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        return self._timers.due(now, limit)

    async def next_timer_at(self) -> datetime | None:
        return self._timers.next_at()

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        return self._audit.newest(community, limit, before)

    async def audit_after(self, community: CommunityId, number: int, limit: int) -> Sequence[AuditEntry]:
        return self._audit.after(community, number, limit)

    async def communities(self) -> Sequence[CommunityId]:
        return self._audit.communities()

    async def verify_audit(self, community: CommunityId) -> int | None:
        return self._audit.broken_at(community)

    async def preference(self, community: CommunityId, member: MemberId) -> Preference:
        return self._choices.preference(community, member)

    async def standing(self, community: CommunityId) -> Sequence[Standing]:
        return self._choices.standing(community)

    async def belongings(self, community: CommunityId, member: MemberId) -> Belongings:
        about = await self.cases_about(community, member)
        words = {
            place: kept
            for case_id, texts in self._texts.items()
            for place, kept in texts.items()
            if self._cases[case_id].community == community and kept.message.author.id == member
        }
        reported = {
            each.message_id
            for case_id, kept in self._evidence.items()
            for each in kept.values()
            if self._cases[case_id].community == community and each.reporter == member
        }
        return Belongings(
            cases=[case for case in about if case.concern in {Concern.CONDUCT, Concern.APPEAL}],
            words=sorted(words.values(), key=lambda each: each.message.sent_at),
            sanctions=in_force(await self.actions_on(community, member), self._clock.now()),
            reports=len(reported),
            duties=[duty for place, duty in self._duties.items() if place == (community, member)],
            is_in_care=(community, member, Concern.CRISIS) in self._open,
        )

    async def cases_about(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        return self._those(community, lambda case: case.subject == member)

    async def flush_erased(self) -> None:
        """Nothing lingers where nothing is kept."""

    async def counts(self) -> Mapping[str, int]:
        return {
            "cases": len(self._cases),
            "cases_open": len(self._open),
            "evidence": sum(len(each) for each in self._evidence.values()),
            "texts": sum(len(each) for each in self._texts.values()),
            "actions": len(self._outbox),
            "actions_pending": self._outbox.pending,
            "timers": len(self._timers),
            "audit": len(self._audit),
            "done": len(self._done),
        }
