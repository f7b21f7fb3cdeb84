"""Two weeks after a crisis case was closed, and the last look-in over, nobody can tell any more whom it was about.

What stays is that there was a case, of which kind and level, and how it ended (promise 7).
"""

from dataclasses import replace

from core.desk.orders import NOT_YET
from core.model.action import CARD_KINDS
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.case import CaseId
from core.model.case_event import Forgotten, Refused
from core.model.message import MemberId, MessageId
from core.model.record import AuditDraft, CaseWrite, Commit, Timer
from core.ports import Clock, Store


class Forgetting:
    """The handler of the timer that lets go of a member."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def due(self, timer: Timer) -> Commit:
        """The case without its member, and its evidence without who wrote it and in which message; nothing for one that
        is open.

        What was done for them is kept without them, and what was not done in all that time is withdrawn. Who reported
        it stays: their reports count longer.
        """
        case = await self._store.case(timer.community, CaseId(timer.key)) if timer.community else None
        now = self._clock.now()
        after = advance(case, Forgotten(), now) if case is not None else None
        if case is None or after is None or isinstance(after, Refused):
            return Commit()
        evidence = await self._store.evidence(case.community, case.id)
        numbers = {message_id: n for n, message_id in enumerate(dict.fromkeys(each.message_id for each in evidence))}
        records = await self._store.actions(case.community, case.id)
        waiting = (each.action for each in records if each.state in NOT_YET and each.action.kind not in CARD_KINDS)
        return Commit(
            cases=(CaseWrite(case=after, expected_version=case.version),),
            forgotten=(case.id,),
            withdrawn=tuple(action.key for action in waiting),
            evidence=tuple(
                replace(
                    each,
                    message_id=MessageId(f"{case.id}:{numbers[each.message_id]}"),
                    author=MemberId(""),
                    target=None,
                    link=None,
                )
                for each in evidence
            ),
            audit=(
                AuditDraft(community=case.community, at=now, actor=CLOCK, verb=AuditVerb.FORGOTTEN, case_id=case.id),
            ),
        )
