"""Erasure: a member has everything deleted that is kept of them in a community.

The click writes a timer and nothing else, so that it is carried out also where the process is killed right then.
Carrying it out is one commit, made while the engine rests: what is decided before it is erased with the rest, and what
was not decided yet never will be. A second timer, which names nobody, then sees that the database's own files keep
nothing of it.

What stays is said before the click (`Stays`): an open case about conduct, and one whose ban or timeout is in force.
Such a case lets go of its member by itself as soon as it can (`Case.forgets_early`).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.desk.forgetting import forgotten
from core.desk.in_force import in_force
from core.errors import GaveUp, Unavailable
from core.flow.pacing import paced
from core.flow.planning import card_action, joined
from core.flow.rewriting import rewritten
from core.flow.timers import MAX_TRIES, Handler
from core.member_ports import CareStore
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, CaseId, Concern
from core.model.case_event import ErasureAsked, Refused
from core.model.dossier import Dossier
from core.model.message import CommunityId, MemberId
from core.model.policy import CommunityPolicy
from core.model.record import AuditDraft, Commit, Committed, Erasing, Timer
from core.ports import Clock, Store

ERASE_TIMER = "erase"
FLUSH_TIMER = "flush_erased"

FLUSH_AGAIN_AFTER = timedelta(seconds=2)
"""When the database's files are tried again that somebody was reading."""


_AT_ONCE = 5_000
"""How many cases are read at once: nothing is decided meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """What an erasure would leave, and whom it would take somebody from.

    Attributes:
        undecided: Cases about the member's conduct that people have still to decide.
        in_force: Cases that are decided, or about many, from which a ban or timeout still holds them.
        is_in_care: Whether a crisis case about them is open, which would end.
    """

    undecided: tuple[CaseId, ...] = ()
    in_force: tuple[CaseId, ...] = ()
    is_in_care: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """Takes in what members want deleted, and deletes it.

    Attributes:
        paused: The engine's rest between two batches.
        forget: Empties what the engine has in memory of a member.
        wake: Called when a timer was set.
    """

    store: Store
    care: CareStore
    clock: Clock
    policy_of: Callable[[CommunityId], CommunityPolicy]
    paused: Callable[[], AbstractAsyncContextManager[None]]
    forget: Callable[[CommunityId, MemberId], None]
    wake: Callable[[], None] = lambda: None

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {ERASE_TIMER: self._erase, FLUSH_TIMER: self._flush}

    async def ask(self, community: CommunityId, member: MemberId) -> None:
        """From now on it will be erased, within seconds, whatever is killed. Raises: `Unavailable`."""
        timer = Timer(kind=ERASE_TIMER, key=_key(community, member), due_at=self.clock.now(), community=community)
        await self.store.commit(Commit(timers=(timer,)))
        self.wake()

    async def stays(self, community: CommunityId, member: MemberId) -> Stays:
        """What an erasure would leave, as things stand now."""
        cases = await self.care.cases_about(community, member)
        waiting = {case.id: case.concern for case in cases if case.is_open}
        closed = [case for case in cases if not case.is_open and case.concern is not Concern.CRISIS]
        holding = [case.id for case in closed if await self._is_in_force(case)]
        ordered = in_force(await self.store.actions_on(community, member), self.clock.now())
        elsewhere = {each.action.case_id for each in ordered} - {case.id for case in cases}  # a ban from a raid
        return Stays(
            undecided=tuple(case_id for case_id, concern in waiting.items() if concern is Concern.CONDUCT),
            in_force=(*holding, *sorted(elsewhere)),
            is_in_care=Concern.CRISIS in waiting.values(),
        )

    async def _erase(self, timer: Timer) -> Commit:
        """Writes by itself, unlike other handlers: nothing may be decided between what it reads and what it writes."""
        if timer.community is None:
            return Commit()
        community, member = timer.community, _member_of(timer)
        async with self.paused():
            for _ in range(MAX_TRIES):
                unit = replace(await self._erased(community, member), fired_timers=(timer,))
                if await self.store.commit(unit) is not Committed.STALE:
                    self.forget(community, member)
                    return Commit()
        raise Unavailable(reason="a case kept changing while it was being erased")

    async def _flush(self, timer: Timer) -> Commit:
        """Tried again by itself: no call of a case waits for somebody who reads the database just now."""
        try:
            await self.care.flush_erased()
        except Unavailable:
            return Commit(timers=(replace(timer, due_at=self.clock.now() + FLUSH_AGAIN_AFTER),))
        return Commit()

    async def _erased(self, community: CommunityId, member: MemberId) -> Commit:
        now = self.clock.now()
        told = AuditDraft(community=community, at=now, actor=LIGHTKEEPER, verb=AuditVerb.ERASED)
        keeps: set[CaseId] = set()
        parts: list[Commit] = []
        about = [case.id for case in await self.care.cases_about(community, member)]
        for first in range(0, len(about), _AT_ONCE):
            for dossier in await self.store.dossiers(community, about[first : first + _AT_ONCE]):
                part, is_kept = self._let_go(dossier, now)
                parts.append(part)
                if is_kept:
                    keeps.add(dossier.case.id)
        rest = Commit(
            erased=(Erasing(community=community, member=member, keeps=frozenset(keeps)),),
            timers=(flush_timer(now),),
            # One entry for all of it: what every case would say for itself would tell which of them are of one person.
            audit=(told,) if parts or await self._is_anything_kept(community, member) else (),
        )
        return joined(*parts, rest)

    def _let_go(self, dossier: Dossier, now: datetime) -> tuple[Commit, bool]:
        """What is written of one case about the member, and whether it stays as long as it has to."""
        case = dossier.case
        asked = advance(case, ErasureAsked(), now)
        after = case if isinstance(asked, Refused) else paced(case, asked, self.policy_of(case.community), now)
        written = Commit() if after is case else rewritten(case, after)
        if after.is_open:
            return written, True
        if in_force(dossier.actions, now):
            return joined(written, Commit(destroyed_texts=(case.id,))), True
        gone = forgotten(after, dossier.evidence, dossier.actions, now)
        last = gone.cases[0].case
        written = rewritten(case, last)
        shown = (card_action(last, ActionKind.REFRESH_CARD),)
        return joined(replace(gone, cases=(), actions=shown, audit=()), written), False

    async def _is_anything_kept(self, community: CommunityId, member: MemberId) -> bool:
        """Whether there is anything to tell of: the same button pressed again tells nothing new."""
        try:
            kept = await self.care.belongings(community, member)
        except GaveUp:  # something that nobody can open any more is there all the same
            return True
        return bool(kept.words or kept.reports or kept.duties or kept.sanctions)

    async def _is_in_force(self, case: Case) -> bool:
        return bool(in_force(await self.store.actions(case.community, case.id), self.clock.now()))


def flush_timer(now: datetime) -> Timer:
    """Sees that nothing of what was erased lingers in the database's files; names nobody."""
    return Timer(kind=FLUSH_TIMER, key="all", due_at=now)


def _key(community: CommunityId, member: MemberId) -> str:
    return f"{community} {member}"


def _member_of(timer: Timer) -> MemberId:
    return MemberId(timer.key.removeprefix(f"{timer.community} "))
