"""A store and an intake in memory, for backtests and tests: the same answers as the database, and nothing kept.

Both pass the contract suites that the database passes. Each unit is checked whole before any of it is written.
"""

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.store.chain import START, chained, is_next
from adapters.store.event_key import event_key
from adapters.store.sealing import new_key, reference
from core.errors import GaveUp, TextGone
from core.flow.history import History
from core.model.action import LANES, LAWS, Lane, Retry
from core.model.case import Case, CaseId, Concern, Enforcement, Evidence, Outcome, Reason, State, Tier
from core.model.event import Event
from core.model.message import CommunityId, MemberId, MessageId
from core.model.record import (
    Action,
    ActionRecord,
    ActionState,
    AuditDraft,
    AuditEntry,
    CaseWrite,
    Commit,
    Committed,
    Duty,
    Note,
    SealedMessage,
    Timer,
)
from core.ports import Clock, Past, ReportCount, Taken

_UPHELD_FOR = timedelta(days=90)

_BEGUN = frozenset({ActionState.CLAIMED, ActionState.DONE})
_STARTS = {
    Enforcement.LIVE: ActionState.PENDING,
    Enforcement.SHADOW: ActionState.SHADOW,
    Enforcement.PROPOSED: ActionState.PROPOSED,
}

_ENFORCING = frozenset(kind for kind, law in LAWS.items() if law.enforces)
_SANCTIONS = _ENFORCING | {law.inverse for kind, law in LAWS.items() if kind in _ENFORCING}
"""What is done to a target, and what undoes it."""

_NEVER = datetime.max.replace(tzinfo=UTC)

_Place = tuple[CommunityId, str, Concern]


class MemoryIntake:
    """Speaks `core.ports.Intake`."""

    def __init__(self) -> None:
        self._digest_key = secrets.token_bytes(32)
        self._seqs = itertools.count(1)
        self._taken: dict[int, Taken] = {}
        self._keys: set[str] = set()
        self._may_have_more = asyncio.Event()
        self._may_have_more.set()

    async def append(self, events: Sequence[Event]) -> int:
        new = 0
        keyed = [(event_key(event, self._digest_key), event) for event in events]
        for key, event in keyed:
            if key not in self._keys:
                taken = Taken(seq=next(self._seqs), key=key, event=event)
                self._taken[taken.seq] = taken
                self._keys.add(key)
                new += 1
        self._may_have_more.set()
        return new

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        self._may_have_more.clear()
        return list(itertools.islice((each for seq, each in self._taken.items() if seq > after), limit))

    async def wait(self) -> None:
        await self._may_have_more.wait()

    async def ack(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            gone = self._taken.pop(seq, None)
            if gone is not None:
                self._keys.discard(gone.key)


class MemoryStore:
    """Speaks `core.ports.Store`."""

    def __init__(self, clock: Clock, *, keys_kept: int | None = None) -> None:
        """`keys_kept` bounds how many events are known to be done, the newest; None knows all of them."""
        self._clock = clock
        self._keys_kept = keys_kept
        self._done: dict[str, None] = {}
        self._cases: dict[CaseId, Case] = {}
        self._open: dict[_Place, CaseId] = {}
        self._upheld: dict[tuple[CommunityId, str], set[CaseId]] = defaultdict(set)
        self._evidence: dict[CaseId, dict[tuple[object, ...], Evidence]] = defaultdict(dict)
        self._holding: dict[tuple[CommunityId, MessageId], dict[CaseId, None]] = defaultdict(dict)
        self._texts: dict[CaseId, dict[tuple[object, ...], SealedMessage]] = defaultdict(dict)
        self._text_gone: set[CaseId] = set()
        self._actions: dict[str, ActionRecord] = {}
        self._of_case: dict[CaseId, list[str]] = defaultdict(list)
        self._timers: dict[tuple[str, str], Timer] = {}
        self._audit: dict[CommunityId, list[AuditEntry]] = defaultdict(list)
        self._notes: dict[CaseId, list[Note]] = defaultdict(list)
        self._duties: dict[tuple[CommunityId, MemberId], Duty] = {}
        self._reference_keys: dict[str, bytes] = defaultdict(new_key)

    async def commit(self, unit: Commit) -> Committed:
        if any(key in self._done for key in unit.done) or any(
            self._timers.get((fired.kind, fired.key)) is None
            or self._timers[fired.kind, fired.key].due_at != fired.due_at
            for fired in unit.fired_timers
        ):
            return Committed.ALREADY_DONE
        begun = {key for key in unit.withdrawn if key in self._actions and self._actions[key].state in _BEGUN}
        tried = {key for key in unit.untried if key in self._actions and self._actions[key].attempts}
        if begun or tried or not self._fits(unit.cases):
            return Committed.STALE
        self._check_named(unit)
        self._mark_done(unit.done)
        for fired in unit.fired_timers:
            del self._timers[fired.kind, fired.key]
        for write in unit.cases:
            self._put_case(write.case)
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
        for action in unit.actions:
            self._put_action(action)
        for key in unit.withdrawn:
            self._withdraw(key)
        for name in unit.cancelled_timers:
            self._timers.pop(name, None)
        self._timers.update({(timer.kind, timer.key): timer for timer in unit.timers})
        for draft in unit.audit:
            self._chain(draft)
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
        del self._cases[case_id]
        self._forget_upheld(case)
        for each in self._evidence.pop(case_id, {}).values():
            place = (case.community, each.message_id)
            self._holding[place].pop(case_id, None)
            if not self._holding[place]:
                del self._holding[place]
        self._texts.pop(case_id, None)
        self._notes.pop(case_id, None)
        self._text_gone.discard(case_id)
        for key in self._of_case.pop(case_id, ()):
            del self._actions[key]
        for name in [name for name in self._timers if name[1] == case_id]:
            del self._timers[name]

    def _forget_upheld(self, case: Case) -> None:
        subject = (case.community, case.subject)
        self._upheld[subject].discard(case.id)
        if not self._upheld[subject]:
            del self._upheld[subject]

    def _fits(self, writes: Sequence[CaseWrite]) -> bool:
        taken = dict(self._open)
        for write in writes:
            case, known = write.case, self._cases.get(write.case.id)
            if (known.version if known else 0) != write.expected_version:
                return False
            if known and known.community != case.community:
                return False
            if known and known.is_open:
                taken.pop(_place(known), None)
            if case.is_open and taken.setdefault(_place(case), case.id) != case.id:
                return False
        return True

    def _check_named(self, unit: Commit) -> None:
        named = {each.case_id for each in unit.evidence} | {case_id for case_id, _ in unit.texts}
        named |= {note.case_id for note in unit.notes}
        if named - self._cases.keys() - {write.case.id for write in unit.cases}:
            raise GaveUp(reason="evidence or text names a case that does not exist")

    def _put_case(self, case: Case) -> None:
        known = self._cases.get(case.id)
        if known is not None and known.is_open:
            self._open.pop(_place(known), None)
        self._cases[case.id] = case
        if case.is_open:
            self._open[_place(case)] = case.id
        if case.concern is Concern.CONDUCT and case.outcome is Outcome.UPHELD:
            self._upheld[case.community, case.subject].add(case.id)
        else:
            self._forget_upheld(case)

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

    def _put_action(self, action: Action) -> None:
        record = ActionRecord(action=action, state=_STARTS[action.enforcement], updated_at=self._clock.now())
        if action.key not in self._actions:
            self._actions[action.key] = record
            self._of_case[action.case_id].append(action.key)
        if action.supersedes:
            for key in self._of_case[action.case_id]:
                older = self._actions[key].action
                is_unsent = self._actions[key].state is ActionState.PENDING
                if is_unsent and older.kind is action.kind and older.version < action.version:
                    self._withdraw(key)

    def _withdraw(self, key: str) -> None:
        record = self._actions.get(key)
        if record is not None and record.state in _STARTS.values():
            self._actions[key] = replace(record, state=ActionState.WITHDRAWN, updated_at=self._clock.now())

    def _chain(self, draft: AuditDraft) -> None:
        chain = self._audit[draft.community]
        member_ref = ""
        if draft.member is not None:
            scope = draft.case_id or f"of:{draft.community}"
            member_ref = reference(self._reference_keys[scope], draft.community, draft.member)
        chain.append(chained(draft, len(chain) + 1, member_ref, chain[-1].hash if chain else START))

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
        since = self._clock.now() - _UPHELD_FOR
        return History(
            open_cases={concern: self._cases[found] for concern, found in about.items() if found is not None},
            raid=self._raid(past),
            copies=self._copies(past),
            is_among_copies=any(
                evidence.author == past.author
                for case in self._crises_in_channels(past.community)
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
        going_on = (
            case
            for case in self._opened_newest_first(past.community)
            if case.concern is Concern.RAID and case.is_open and case.updated_at >= past.lately
        )
        return next(going_on, None)

    def _copies(self, past: Past) -> Case | None:
        here = self._open.get((past.community, past.channel, Concern.CRISIS))
        if here is not None or past.lately is None:
            return None if here is None else self._cases[here]
        going_on = (case for case in self._crises_in_channels(past.community) if case.updated_at >= past.lately)
        return next(going_on, None)

    def _crises_in_channels(self, community: CommunityId) -> list[Case]:
        """Open crisis cases about copies, newest first."""
        open_cases = (self._cases[found] for (where, _, _), found in self._open.items() if where == community)
        found = [case for case in open_cases if case.concern is Concern.CRISIS and not case.is_about_member]
        return sorted(found, key=lambda case: (case.opened_at, case.id), reverse=True)

    def _opened(self, community: CommunityId, since: datetime | None, concern: Concern) -> int:
        """How many cases of conduct, or milder ones of crisis that were alerted, were opened since then."""
        if since is None:
            return 0
        return sum(
            case.concern is concern
            and case.opened_at >= since
            and (concern is Concern.CONDUCT or not (case.is_severe or case.is_quiet))
            for case in self._opened_newest_first(community)
        )

    def _opened_newest_first(self, community: CommunityId) -> list[Case]:
        found = [case for case in self._cases.values() if case.community == community]
        return sorted(found, key=lambda case: (case.opened_at, case.id), reverse=True)

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

    async def unanswered(self, community: CommunityId) -> Sequence[Case]:
        return self._those(community, lambda case: case.state is State.WAITING and case.tier >= Tier.BANNER)

    async def follow_ups(self, community: CommunityId) -> Sequence[Case]:
        return self._those(community, lambda case: not case.is_open and case.follow_up is not None)

    async def appeals(self, community: CommunityId, parent: CaseId) -> Sequence[Case]:
        return self._those(community, lambda case: case.parent == parent)

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        since = self._clock.now() - _UPHELD_FOR
        upheld = self._upheld.get((community, member), set())
        return self._those(
            community, lambda case: case.id in upheld and case.closed_at is not None and case.closed_at > since
        )

    def _those(self, community: CommunityId, are_wanted: Callable[[Case], bool]) -> list[Case]:
        """Oldest first."""
        found = [case for case in self._cases.values() if case.community == community and are_wanted(case)]
        return sorted(found, key=lambda case: (case.opened_at, case.id))

    async def evidence(self, community: CommunityId, case_id: CaseId) -> Sequence[Evidence]:
        if await self.case(community, case_id) is None:
            return []
        return sorted(self._evidence[case_id].values(), key=lambda each: each.sent_at)

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
        found = (self._actions[key] for key in self._of_case.get(case_id, ()))
        return [each for each in found if each.action.community == community]

    async def action(self, community: CommunityId, key: str) -> ActionRecord | None:
        record = self._actions.get(key)
        return record if record is not None and record.action.community == community else None

    async def actions_on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
        return [
            each
            for each in self._actions.values()
            if each.action.community == community and each.action.target == target and each.action.kind in _SANCTIONS
        ]

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
        counts_from = self._clock.now() - _UPHELD_FOR
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
        waiting = [
            (LANES.index(record.action.lane), place, key)
            for place, (key, record) in enumerate(self._actions.items())
            if record.state is ActionState.PENDING
            and (record.action.due_at is None or record.action.due_at <= now)
            and not self._waits(record.action)
        ]
        claimed: list[ActionRecord] = []
        urgent = [each for each in sorted(waiting) if each[0] <= LANES.index(least)]
        for _, _, key in urgent[:limit]:
            record = self._actions[key]
            taken = replace(record, state=ActionState.CLAIMED, attempts=record.attempts + 1, updated_at=now)
            self._actions[key] = taken
            claimed.append(taken)
        return claimed

    def _waits(self, action: Action) -> bool:
        first = self._actions.get(action.after)
        return first is not None and first.state in {ActionState.PENDING, ActionState.CLAIMED}

    async def unclaim_actions(self) -> Sequence[ActionRecord]:
        unknown: list[ActionRecord] = []
        for key, record in self._actions.items():
            if record.state is ActionState.CLAIMED:
                never = LAWS[record.action.kind].retry is Retry.NEVER
                self._actions[key] = replace(record, state=ActionState.UNKNOWN if never else ActionState.PENDING)
                if never:
                    unknown.append(self._actions[key])
        return unknown

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
        record = self._actions.get(key)
        if record is None or record.state is ActionState.DONE:
            return
        self._actions[key] = replace(
            record,
            action=replace(record.action, due_at=due_at),
            state=state,
            receipt=receipt or record.receipt,
            note=note,
            updated_at=at,
        )
        for draft in audit:
            self._chain(draft)

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        due = [timer for timer in self._timers.values() if timer.due_at <= now]
        return sorted(due, key=lambda timer: (timer.due_at, timer.kind, timer.key))[:limit]

    async def next_timer_at(self) -> datetime | None:
        return min((timer.due_at for timer in self._timers.values()), default=None)

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        chain = self._audit.get(community, [])
        return [each for each in reversed(chain) if before is None or each.number < before][:limit]

    async def audit_after(self, community: CommunityId, number: int, limit: int) -> Sequence[AuditEntry]:
        return self._audit.get(community, [])[number : number + limit]

    async def communities(self) -> Sequence[CommunityId]:
        return sorted(community for community, chain in self._audit.items() if chain)

    async def verify_audit(self, community: CommunityId) -> int | None:
        previous = START
        for number, entry in enumerate(self._audit.get(community, []), start=1):
            if not is_next(entry, number, previous):
                return number
            previous = entry.hash
        return None

    async def counts(self) -> Mapping[str, int]:
        return {
            "cases": len(self._cases),
            "cases_open": len(self._open),
            "evidence": sum(len(each) for each in self._evidence.values()),
            "texts": sum(len(each) for each in self._texts.values()),
            "actions": len(self._actions),
            "actions_pending": sum(each.state is ActionState.PENDING for each in self._actions.values()),
            "timers": len(self._timers),
            "audit": sum(len(chain) for chain in self._audit.values()),
            "done": len(self._done),
        }


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
