"""When its time is over, a closed case lets go of whom it was about, and a raid of who took part in it.

A crisis case does so two weeks after it was closed, every other one when its decision counts no more, and one whose
member had their data deleted as soon as it is closed; none while a sanction from it is still in force, or an appeal
against it is open. What stays is that there was a case, of which kind and level, and how it ended (promise 7).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.desk.in_force import in_force
from core.desk.orders import NOT_YET
from core.model.action import CARD_KINDS
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import COUNTS_FOR, Case, CaseId, Evidence
from core.model.case_event import Forgotten, Refused
from core.model.message import MemberId, MessageId
from core.model.record import ActionRecord, AuditDraft, CaseWrite, Commit, Timer
from core.ports import Clock, Store

ENDLESS_AGAIN_AFTER = timedelta(days=30)
"""When a case is looked at again from which something without an end is in force."""

APPEAL_AGAIN_AFTER = timedelta(days=1)
"""When a case is looked at again against which an appeal is open."""


class Forgetting:
    """The handler of the timer that lets go of a member."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def due(self, timer: Timer) -> Commit:
        """The case without its member; later where something holds them still, and nothing for one that is open.

        The words of whoever had their data deleted go in any case.
        """
        case = await self._store.case(timer.community, CaseId(timer.key)) if timer.community else None
        now = self._clock.now()
        if case is None or case.is_open:
            return Commit()
        records = await self._store.actions(case.community, case.id)
        appeals = await self._store.appeals(case.community, case.id)
        again_at = _held_until(records, appeals, now)
        if again_at is None:
            return forgotten(case, await self._store.evidence(case.community, case.id), records, now)
        words = (case.id,) if case.forgets_early else ()
        return Commit(destroyed_texts=words, timers=(replace(timer, due_at=again_at),))


def forgotten(case: Case, evidence: Sequence[Evidence], records: Sequence[ActionRecord], now: datetime) -> Commit:
    """The case without its member, and its evidence without who wrote it and in which message; nothing for an open one.

    What was done to them is kept without them, and what was not done in all that time is withdrawn. Who reported it
    stays for as long as their reports count. The words of whoever had their data deleted go as well.
    """
    after = advance(case, Forgotten(), now)
    if isinstance(after, Refused):
        return Commit()
    numbers = {message_id: n for n, message_id in enumerate(dict.fromkeys(each.message_id for each in evidence))}
    waiting = (each.action for each in records if each.state in NOT_YET and each.action.kind not in CARD_KINDS)
    counts = case.closed_at is not None and now < case.closed_at + COUNTS_FOR
    return Commit(
        cases=(CaseWrite(case=after, expected_version=case.version),),
        forgotten=(case.id,),
        destroyed_texts=(case.id,) if case.forgets_early else (),
        withdrawn=tuple(action.key for action in waiting),
        evidence=tuple(
            replace(
                each,
                message_id=MessageId(f"{case.id}:{numbers[each.message_id]}"),
                author=MemberId(""),
                target=None,
                link=None,
                reporter=each.reporter if counts else None,
                reported_at=each.reported_at if counts else None,
            )
            for each in evidence
        ),
        audit=(AuditDraft(community=case.community, at=now, actor=CLOCK, verb=AuditVerb.FORGOTTEN, case_id=case.id),),
    )


def _held_until(records: Sequence[ActionRecord], appeals: Sequence[Case], now: datetime) -> datetime | None:
    """When to look again; None where nothing holds the case's member any more."""
    ends = [each.action.until or now + ENDLESS_AGAIN_AFTER for each in in_force(records, now)]
    if any(each.is_open for each in appeals):
        ends.append(now + APPEAL_AGAIN_AFTER)
    return max(ends, default=None)
