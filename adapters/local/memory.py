"""A store in memory, for backtests and tests: the same answers as the database, and nothing kept.

It passes the contract suite that the database passes. Each unit is checked whole before any of it is written. What is
asked for at every step is looked up, not searched: thousands of cases wait in the simulations.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from adapters.local.memory_audit import MemoryAudit
from adapters.local.memory_evidence import MemoryEvidence
from adapters.local.memory_members import MemoryChoices
from adapters.local.memory_outbox import MemoryOutbox
from adapters.local.memory_timers import MemoryTimers
from core.desk.in_force import in_force
from core.errors import GaveUp, TextGone
from core.model.action import LAWS, Lane
from core.model.belongings import Belongings
from core.model.case import Case, CaseId, Concern, Evidence
from core.model.dossier import WITH_RECORD, Dossier
from core.model.message import CommunityId, MemberId
from core.model.preference import Preference
from core.model.record import (
    ActionRecord,
    ActionState,
    AuditDraft,
    AuditEntry,
    CaseWrite,
    Commit,
    Committed,
    Duty,
    Erasing,
    Note,
    SealedMessage,
    Timer,
)
from core.model.standing import Standing
from core.ports import Clock

_ENFORCING = frozenset(kind for kind, law in LAWS.items() if law.enforces)
_SANCTIONS = _ENFORCING | {law.inverse for kind, law in LAWS.items() if kind in _ENFORCING}
"""What is done to a target, and what undoes it."""


class MemoryStore(MemoryEvidence):
    """Speaks `core.ports.Store` and `core.member_ports.CareStore`."""

    def __init__(self, clock: Clock, *, keys_kept: int | None = None) -> None:
        """`keys_kept` bounds how many events are known to be done, the newest; None knows all of them."""
        super().__init__(clock)
        self._keys_kept = keys_kept
        self._done: dict[str, None] = {}
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
        if not all(self._can_erase(erasing, unit.cases) for erasing in unit.erased):
            return Committed.STALE
        self._check_named(unit)
        self._mark_done(unit.done)
        self._timers.cancel((fired.kind, fired.key) for fired in unit.fired_timers)
        for write in unit.cases:
            self._put_case(write.case)
        for case_id in unit.forgotten:
            self._drop_evidence(case_id)
        self._put_evidence(unit.evidence)
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
        for erasing in unit.erased:
            self._erase(erasing)
        for community in unit.left:
            self._leave(community)
        return Committed.WRITTEN

    def _can_erase(self, erasing: Erasing, writes: Sequence[CaseWrite]) -> bool:
        """Whether every open case about the member ends with this, or is kept."""
        after = self._cases | {write.case.id: write.case for write in writes}
        return not any(
            case.is_open and case.community == erasing.community and case.subject == erasing.member
            for case in after.values()
            if case.id not in erasing.keeps
        )

    def _erase(self, erasing: Erasing) -> None:
        """As `adapters.store.erasing`; nothing waits in an intake here."""
        community, member, keeps = erasing.community, erasing.member, erasing.keeps
        here = {case.id for case in self._cases.values() if case.community == community} - keeps
        about = {case_id for case_id in here if self._cases[case_id].subject == member}
        messages: set[str] = set()
        for case_id in here:
            for place, kept in list(self._texts.get(case_id, {}).items()):
                if kept.message.author.id == member:
                    del self._texts[case_id][place]
            evidence = list(self._evidence.get(case_id, {}).values())
            if not any(member in {each.author, each.target, each.reporter} for each in evidence) | (case_id in about):
                continue
            messages |= {each.message_id for each in evidence if each.author == member or case_id in about}
            self._audit.forget(case_id)
            self._drop_evidence(case_id)
            self._put_evidence(_without(each, member) for each in evidence if each.author != member)
            self._put_case(replace(self._cases[case_id], version=self._cases[case_id].version + 1))
        self._audit.forget(f"of:{community}")
        self._duties.pop((community, member), None)
        for case_id in here:
            case = self._cases[case_id]
            if not case.is_open and member in {case.closed_by, case.second}:
                by = None if case.closed_by == member else case.closed_by
                second = None if case.second == member else case.second
                self._put_case(replace(case, closed_by=by, second=second, version=case.version + 1))
        for case_id in about:
            self._destroy_texts(case_id)
            self._outbox.let_go(case_id)
            case = self._cases[case_id]
            self._forget_upheld(case)
            self._put_case(replace(case, subject="", follow_up=None, version=case.version + 1))
        holding = in_force(self._actions_on(community, member), self._clock.now())
        spared = {each.action.key for each in holding if each.action.case_id not in about}
        gone = self._outbox.erase(community, member, {member, *messages} - {""}, keeps, spared)
        self._timers.erase(community, member, gone, spared)

    def _leave(self, community: CommunityId) -> None:
        for case in [each for each in self._cases.values() if each.community == community]:
            self._open.pop((case.community, case.subject, case.concern), None)
            self._in_places[community].discard(case.id)
            self._lose(case)
        self._duties = {place: duty for place, duty in self._duties.items() if place[0] != community}
        self._choices.leave(community)
        self._outbox.leave(community)
        self._timers.leave(community)
        self._audit.leave(community)

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
        self._lose(case)

    def _lose(self, case: Case) -> None:
        self._drop_evidence(case.id)
        self._forget_case(case)
        self._texts.pop(case.id, None)
        self._notes.pop(case.id, None)
        self._text_gone.discard(case.id)
        self._outbox.forget(case.id)
        self._timers.forget(case.id)

    def _destroy_texts(self, case_id: CaseId) -> None:
        self._texts.pop(case_id, None)
        self._notes.pop(case_id, None)
        self._text_gone.add(case_id)

    def _check_named(self, unit: Commit) -> None:
        named = {each.case_id for each in unit.evidence} | {case_id for case_id, _ in unit.texts}
        named |= {note.case_id for note in unit.notes}
        if named - self._cases.keys() - {write.case.id for write in unit.cases}:
            raise GaveUp(reason="evidence or text names a case that does not exist")

    def _put_texts(self, unit: Commit) -> None:
        for case_id in unit.destroyed_texts:
            self._destroy_texts(case_id)
        for case_id, kept in unit.texts:
            if case_id in unit.destroyed_texts:
                continue
            place = (kept.message.id, kept.message.edited_at)
            if not kept.is_context or place not in self._texts[case_id]:
                self._texts[case_id][place] = kept

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
        return self._actions_on(community, target)

    def _actions_on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
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
        theirs = [
            kept
            for case_id, texts in self._texts.items()
            for kept in texts.values()
            if self._cases[case_id].community == community and kept.message.author.id == member
        ]
        # What is evidence in one case and kept along with another is evidence.
        in_order = sorted(theirs, key=lambda kept: not kept.is_context)
        words = {(kept.message.id, kept.message.edited_at): kept for kept in in_order}
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


def _without(evidence: Evidence, member: MemberId) -> Evidence:
    """What others wrote, where nobody can tell any more that it was about the member or that they reported it."""
    target = None if evidence.target == member else evidence.target
    if evidence.reporter != member:
        return replace(evidence, target=target)
    return replace(evidence, target=target, reporter=None, reported_at=None)
