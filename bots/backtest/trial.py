"""One policy on trial: the engine that runs live, deciding what was said long ago, one message after the other.

Messages are screened many at a time, before they come here; the engine is handed the verdicts. It gets everything up to
and including the next message in which something was found, so that each is decided after all that was said before it,
as live, where messages come one by one.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.exports.entry import Entry
from adapters.local.memory_intake import MemoryIntake
from adapters.local.notices import SilentNotices
from bots.backtest.desk import Desk
from bots.backtest.past import Ledger, PastClock
from core.flow.engine import Engine
from core.flow.filter import Seen
from core.flow.postponed import KEPT_FOR, MAX_POSTPONED
from core.flow.screening import Screening
from core.model.action import LAWS, ActionKind
from core.model.case import Case, Enforcement, Evidence
from core.model.event import MessageWritten
from core.model.finding import Verdict
from core.model.message import ChannelId, MessageId
from core.model.policy import CommunityPolicy
from core.model.record import Commit

LAST_LOOKS = (timedelta(minutes=1),) * 5 + (KEPT_FOR + timedelta(minutes=1),) * 3
"""How time goes on after the last message, for those that wait to be screened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An entry with its conversation and what the filters said."""

    entry: Entry
    seen: Seen
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of one message for one case: opened or joined, with the evidence that it brought.

    Attributes:
        gravest: The evidence that names it.
        is_new: Whether the case was opened by it.
        is_paged: Whether it made an open case graver, so that people are called again.
        automatic, proposed: What the ladder asks for, where this case carries it.
    """

    entry: Entry
    case: Case
    gravest: Evidence
    is_new: bool
    is_paged: bool
    automatic: tuple[ActionKind, ...]
    proposed: tuple[ActionKind, ...]


class Trial:
    """Decides entries under one policy."""

    def __init__(self, policy: CommunityPolicy, screening: Screening, close_after: timedelta) -> None:
        self.policy = policy
        self._screening = _Prescreened(screening)
        self._close_after = close_after
        self._stretch: _Stretch | None = None
        self._set_aside = 0

    @property
    def set_aside(self) -> int:
        """How many messages could not be decided for a fault of ours."""
        return self._set_aside + (self._stretch.engine.counts.set_aside if self._stretch else 0)

    async def begin(self, at: datetime) -> list[Decided]:
        """Start anew at another time, where nothing counts that was before; gives what was still undecided."""
        left = await self._stretch.end() if self._stretch else []
        self._set_aside = self.set_aside
        self._stretch = _Stretch(self.policy, self._screening, self._close_after, at)
        return left

    async def take(self, judged: Sequence[Judged]) -> list[Decided]:
        """Decide some messages, at most as many as the engine takes at once."""
        if self._stretch is None:
            raise RuntimeError("a trial begins before it takes anything")
        decided: list[Decided] = []
        batch: list[Judged] = []
        for each in judged:
            batch.append(each)
            if each.verdict.findings or self._screening.is_unscreened_for_crisis(each.verdict):
                self._screening.expect(batch)
                decided += await self._stretch.step(batch)
                batch = []
        if batch:
            self._screening.expect(batch)
            decided += await self._stretch.step(batch)
        return decided

    async def end(self) -> list[Decided]:
        """Decide what waited for another screening. Nothing comes after this."""
        return await self._stretch.end() if self._stretch else []


class _Stretch:
    """The house of a time without jumps."""

    def __init__(self, policy: CommunityPolicy, screening: Screening, close_after: timedelta, start: datetime) -> None:
        self._clock = PastClock(start)
        self._ledger = Ledger(self._clock)
        self._intake = MemoryIntake()
        self._desk = Desk(self._ledger, self._clock, policy, close_after)
        self._waiting: OrderedDict[tuple[ChannelId, MessageId], Entry] = OrderedDict()
        self.engine = Engine(
            intake=self._intake,
            store=self._ledger,
            screening=screening,
            policy_of=lambda _: policy,
            clock=self._clock,
            notices=SilentNotices(),
        )

    async def step(self, batch: Sequence[Judged]) -> list[Decided]:
        last = batch[-1].entry
        at = last.message.sent_at
        await self._desk.close_due(at)
        self._clock.move(at)
        self._waiting[last.message.channel.id, last.message.id] = last
        if len(self._waiting) > MAX_POSTPONED:
            self._waiting.popitem(last=False)
        await self._intake.append([MessageWritten(message=each.entry.message) for each in batch])
        await self.engine.step()
        return self._decided()

    async def end(self) -> list[Decided]:
        decided: list[Decided] = []
        for pause in LAST_LOOKS:
            at = self._clock.now() + pause
            await self._desk.close_due(at)
            self._clock.move(at)
            await self.engine.step()
            decided += self._decided()
        return decided

    def _decided(self) -> list[Decided]:
        return [each for unit in self._ledger.take_written() for each in self._of(unit)]

    def _of(self, unit: Commit) -> Iterator[Decided]:
        for write in unit.cases:
            evidence = [each for each in unit.evidence if each.case_id == write.case.id]
            gravest = max(evidence, key=lambda each: (each.level, each.score))
            actions = [each for each in unit.actions if each.case_id == write.case.id]
            enforcing = [each for each in actions if LAWS[each.kind].enforces]
            if is_new := write.expected_version == 0:
                self._desk.opened(write.case)
            yield Decided(
                entry=self._waiting[gravest.channel, gravest.message_id],
                case=write.case,
                gravest=gravest,
                is_new=is_new,
                is_paged=any(each.kind is ActionKind.PAGE for each in actions),
                automatic=tuple(each.kind for each in enforcing if each.enforcement is not Enforcement.PROPOSED),
                proposed=tuple(each.kind for each in enforcing if each.enforcement is Enforcement.PROPOSED),
            )


class _Prescreened(Screening):
    """Answers with what is known already; what is asked for again is screened again."""

    def __init__(self, screening: Screening) -> None:
        self._screening = screening
        self._known: dict[int, Verdict] = {}

    def expect(self, batch: Sequence[Judged]) -> None:
        """The messages that the engine will ask about next."""
        self._known = {id(each.entry.message): each.verdict for each in batch}

    def is_unscreened_for_crisis(self, verdict: Verdict) -> bool:
        return bool(verdict.checks) and self._screening.is_unscreened_for_crisis(verdict)

    async def screen(self, batch: Sequence[Seen]) -> list[Verdict]:
        known = [self._known.pop(id(seen.message), None) for seen in batch]
        again = [seen for seen, verdict in zip(batch, known, strict=True) if verdict is None]
        fresh = iter(await self._screening.screen(again) if again else ())
        return [next(fresh) if verdict is None else verdict for verdict in known]
