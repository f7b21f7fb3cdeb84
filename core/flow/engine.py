"""The loop in the middle: takes events, feeds windows, screens, decides, commits, acknowledges.

Events of a batch without findings share one commit; each with findings is decided against the newest history and
committed by itself, crisis first. What another writer changed meanwhile is read and decided again: decide() is pure.
An event that cannot be decided for a fault of ours stays in the intake, unacknowledged, and people are told.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.errors import Unavailable
from core.flow.conversation import Conversations
from core.flow.decision import decide
from core.flow.filter import Seen
from core.flow.planning import joined, marked_deleted, plan
from core.flow.screening import Screening
from core.model.card import Text
from core.model.event import MessageDeleted, MessageWritten
from core.model.finding import Category, Verdict
from core.model.message import CommunityId, Message
from core.model.policy import CommunityPolicy
from core.model.record import Commit, Committed
from core.ports import Clock, Intake, Notices, Past, Store, Taken

BATCH = 64
MAX_TRIES = 50
"""How often a decision is taken anew when other writers keep changing its case; each try means that one of them won."""

BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class EngineCounts:
    """What the engine did since its start."""

    messages: int = 0
    with_findings: int = 0
    cases_touched: int = 0
    repeats: int = 0
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    taken: Taken
    seen: Seen
    verdict: Verdict


class Engine:
    """One engine decides every event of its intake, in order."""

    def __init__(
        self,
        *,
        intake: Intake,
        store: Store,
        screening: Screening,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        clock: Clock,
        notices: Notices,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after commits that gave delivery or timers something to do."""
        self._intake = intake
        self._store = store
        self._screening = screening
        self._policy_of = policy_of
        self._clock = clock
        self._notices = notices
        self._wake = wake
        self._conversations = Conversations()
        self._fed: dict[int, Seen] = {}
        self._after = 0
        self.counts = EngineCounts()

    async def run(self) -> None:
        """Work until cancelled; while the store can't write, wait and try the same events again."""
        failures = 0
        while True:
            try:
                worked = await self.step()
            except Unavailable as error:
                self._notices.raise_notice("store", Text(key="notice.store", params={"reason": error.reason}))
                await self._clock.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
                continue
            if failures:
                self._notices.clear_notice("store")
                failures = 0
            if not worked:
                await self._intake.wait()

    async def step(self) -> int:
        """Decide one batch; returns how many events it held. Raises: `Unavailable`, nothing acknowledged then."""
        batch = await self._intake.take(BATCH, after=self._after)
        if not batch:
            return 0
        written = [
            (taken, self._seen(taken, taken.event.message))
            for taken in batch
            if isinstance(taken.event, MessageWritten)
        ]
        verdicts = await self._screening.screen([seen for _, seen in written]) if written else []
        judged = [_Judged(taken, seen, verdict) for (taken, seen), verdict in zip(written, verdicts, strict=True)]
        done = await self._commit_quiet(batch, judged)
        for each in sorted((j for j in judged if j.verdict.findings), key=_urgency):
            done += await self._guarded(each.taken, self._commit_loud(each))
        for taken in batch:
            if isinstance(taken.event, MessageDeleted):
                done += await self._guarded(taken, self._commit_deleted(taken, taken.event))
        await self._intake.ack([taken.seq for taken in done])
        self._after = batch[-1].seq
        self._fed.clear()
        self.counts.messages += len(written)
        return len(batch)

    def _seen(self, taken: Taken, message: Message) -> Seen:
        """Fed once, so that a batch that is tried again is judged in the same conversation."""
        seen = self._fed.get(taken.seq)
        if seen is None:
            seen = self._fed[taken.seq] = self._conversations.see(message)
        return seen

    async def _commit_quiet(self, batch: Sequence[Taken], judged: Sequence[_Judged]) -> list[Taken]:
        loud = {each.taken.seq for each in judged if each.verdict.findings}
        quiet = [t for t in batch if t.seq not in loud and not isinstance(t.event, MessageDeleted)]
        if not quiet:
            return []
        result = await self._store.commit(Commit(done=tuple(taken.key for taken in quiet)))
        if result is Committed.ALREADY_DONE:  # some were committed before a crash: each by itself
            for taken in quiet:
                if await self._store.commit(Commit(done=(taken.key,))) is Committed.ALREADY_DONE:
                    self.counts.repeats += 1
        return quiet

    async def _guarded(self, taken: Taken, commit: Awaitable[Committed]) -> list[Taken]:
        try:
            result = await commit
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one event's boundary: it is set aside, the others go on
            self.counts.set_aside += 1
            params: dict[str, str | int] = {"count": self.counts.set_aside, "error": type(error).__name__}
            self._notices.raise_notice("engine", Text(key="notice.set_aside", params=params))
            return []
        if result is Committed.ALREADY_DONE:
            self.counts.repeats += 1
        return [taken]

    async def _commit_loud(self, judged: _Judged) -> Committed:
        message = judged.seen.message
        policy = self._policy_of(message.community)
        past = Past(
            community=message.community, author=message.author.id, channel=message.channel.id, message_id=message.id
        )
        self.counts.with_findings += 1
        for _ in range(MAX_TRIES):
            (history,) = await self._store.history([past])
            decision = decide(policy, judged.seen, judged.verdict, history)
            unit = plan(judged.taken, judged.seen, decision, history, policy, self._clock.now())
            result = await self._store.commit(unit)
            if result is not Committed.STALE:
                if unit.cases:
                    self.counts.cases_touched += len(unit.cases)
                    self._wake()
                return result
        raise Unavailable(reason="a case kept changing while it was being decided")

    async def _commit_deleted(self, taken: Taken, event: MessageDeleted) -> Committed:
        self._conversations.forget(event.community, event.channel.id, event.message_id)
        for _ in range(MAX_TRIES):
            unit = Commit(done=(taken.key,))
            for case in await self._store.cases_with(event.community, event.message_id):
                evidence = await self._store.evidence(event.community, case.id)
                mine = [each for each in evidence if each.message_id == event.message_id and not each.deleted_at]
                if mine:
                    unit = joined(unit, marked_deleted(case, mine, event.at))
            result = await self._store.commit(unit)
            if result is not Committed.STALE:
                self._wake()
                return result
        raise Unavailable(reason="a case kept changing while a deletion was being noted")


def _urgency(judged: _Judged) -> int:
    return -max((f.level for f in judged.verdict.findings if f.category is Category.CRISIS), default=0)
