"""The loop in the middle: takes events, feeds windows, screens, decides, commits, acknowledges.

Events of a batch without findings share one commit; each with findings is decided against the newest history and
committed by itself, crisis first. What another writer changed meanwhile is read and decided again: decide() is pure.
An event that cannot be decided for a fault of ours, or that crisis screening gave no answer for, stays in the intake,
unacknowledged, and is tried again (`core.flow.postponed`); people are told.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from core.errors import GaveUp, Unavailable
from core.flow.arrivals import Arrivals, past_of_join, plan_join
from core.flow.consent import Consent, is_refused
from core.flow.conversation import Conversations, is_by, without
from core.flow.decision import decide, is_shielded
from core.flow.filter import Seen
from core.flow.going import Presence, going, staying
from core.flow.history import NO_HISTORY
from core.flow.naming import action_key, renamed
from core.flow.planning import joined, marked_deleted, past_of, plan
from core.flow.postponed import KEPT_FOR, TRIES, Postponed, Undecided
from core.flow.recents import Recents
from core.flow.screening import Screening
from core.model.action import ActionKind
from core.model.card import Text
from core.model.event import BotRemoved, BotReturned, Event, MemberJoined, MessageDeleted, MessageWritten
from core.model.finding import Category, Finding, Kind, Verdict, join
from core.model.message import CommunityId, MemberId, Message
from core.model.policy import CommunityPolicy
from core.model.record import ActionState, Commit, Committed
from core.ports import Clock, Intake, Notices, Store, Taken

BATCH = 64
MAX_TRIES = 50
"""How often a decision is taken anew when other writers keep changing its case; each try means that one of them won.

An event that loses more often is set aside: whatever is the matter with its case, the events of all others go on.
"""

BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class EngineCounts:
    """What the engine did since its start."""

    messages: int = 0
    with_findings: int = 0
    cases_touched: int = 0
    repeats: int = 0
    set_aside: int = 0
    findings: Counter[tuple[Category, int]] = field(default_factory=Counter)
    """By category and level; each message's once, also where it was tried again."""


@dataclass(frozen=True, slots=True)
class _Judged:
    event: Undecided
    seen: Seen
    verdict: Verdict
    is_postponed: bool = False


UNREAD = Finding(
    filter="screening",
    category=Category.CRISIS,
    kind=Kind.INFO,
    level=2,
    score=0.5,
    why="Could not be checked for signs of crisis, also when tried again. Somebody should read it.",
    rule="screening.unread",
)
"""What is found in a message that breaks crisis screening every time: a person looks at it instead."""

UNSCREENED = "#unscreened"
"""Ends the event key of what is committed before crisis screening has answered; the whole event comes later."""


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
        recents: Recents | None = None,
        consent: Consent | None = None,
    ) -> None:
        """`wake` is called after commits that gave delivery or timers something to do.

        `recents` is told of every message, for those who delete somebody's last minutes. Without `consent` nobody is
        asked for it, as in a backtest.
        """
        self._intake = intake
        self._store = store
        self._screening = screening
        self._policy_of = policy_of
        self._clock = clock
        self._notices = notices
        self._wake = wake
        self._conversations = Conversations()
        self._arrivals = Arrivals()
        self._recents = Recents() if recents is None else recents
        self._consent = consent
        self._postponed = Postponed()
        self._crisis_answered_at = clock.now()
        self._fed: dict[int, Seen] = {}
        self._after = 0
        self._stepping = asyncio.Lock()
        self._is_resting = False
        self.presence = Presence(clock)
        self._failures = 0  # kept over a restart of the loop: whoever raised the notice about the store takes it back
        self.counts = EngineCounts()

    async def run(self) -> None:
        """Work until cancelled or told to rest; while the store can't write, wait and try the same events again."""
        while not self._is_resting:
            try:
                async with self._stepping:
                    worked = await self.step()
            except Unavailable as error:
                self._notices.raise_notice("store", Text(key="notice.store", params={"reason": error.reason}))
                await self._clock.sleep(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)])
                self._failures += 1
                continue
            if self._failures:
                self._notices.clear_notice("store")
                self._failures = 0
            if not worked:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._postponed.next_in(self._clock.monotonic())):
                        await self._intake.wait()

    async def rest(self) -> None:
        """Begin no further batch, and return when the one under way is decided."""
        self._is_resting = True
        async with self._stepping:
            return

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing is decided meanwhile; the batch under way is finished first."""
        async with self._stepping:
            yield

    def forget(self, community: CommunityId, member: MemberId | None = None) -> None:
        """Let go of whatever is in memory of this member, or of a whole community; to be called while paused.

        What they said is then told along with nobody's case, and waits for no further try.
        """
        self._conversations.forget_all(community, member)
        self._recents.forget_all(community, member)
        self._arrivals.forget_all(community, member)
        self._postponed.forget_all(community, member)
        self._fed = {
            seq: without(each, member)
            for seq, each in self._fed.items()
            if each.message.community != community or not is_by(each.message, member)
        }

    async def step(self) -> int:
        """Decide one batch; returns how many events it held. Raises: `Unavailable`, nothing acknowledged then."""
        batch = await self._intake.take(BATCH, after=self._after)
        again = self._postponed.take_due(self._clock.monotonic(), BATCH)
        if not batch and not again:
            return 0
        try:
            done = await self._decided([*again, *(Undecided(taken=taken) for taken in batch)])
            await self._intake.ack([taken.seq for taken in done])
        except BaseException:
            self._postponed.put_back(again, self._clock.monotonic())
            raise
        if batch:
            self._after = batch[-1].seq
        self._fed.clear()
        self.counts.messages += sum(isinstance(taken.event, MessageWritten) for taken in batch)
        return len(batch) + len(again)

    async def _decided(self, events: Sequence[Undecided]) -> list[Taken]:
        """Decide `events` and give those that are done with."""
        judged = await self._judged(events)
        quiet = [event.taken for event in events if not isinstance(event.taken.event, _DECIDED_ALONE)]
        loud = []
        for each in judged:
            if is_shielded(each.verdict, NO_HISTORY):  # known before anything of the batch is decided
                self._recents.spare(each.seen.message)
            each = self._answered(each)
            if each.verdict.findings:
                loud.append(each)
            elif not each.is_postponed:
                quiet.append(each.event.taken)
        done = await self._commit_quiet(quiet)
        for each in sorted(loud, key=_urgency):
            done += await self._guarded(each.event, self._commit_loud(each), keeps=each.is_postponed)
        for event in events:
            match event.taken.event:
                case MessageDeleted() as deleted:
                    done += await self._guarded(event, self._commit_deleted(event.taken, deleted))
                case MemberJoined() as arrived:
                    done += await self._guarded(event, self._commit_joined(event.taken, arrived))
                case BotRemoved() as removed:
                    self.presence.heard(removed)
                    done += await self._guarded(event, going(self._store, event.taken, removed, self._clock.now()))
                case BotReturned() as returned:
                    self.presence.heard(returned)
                    done += await self._guarded(event, self._store.commit(staying(event.taken, returned)))
        return done

    async def _judged(self, events: Sequence[Undecided]) -> list[_Judged]:
        fed: list[tuple[Undecided, Seen]] = []
        for event in events:
            if isinstance(event.taken.event, MessageWritten):
                try:
                    seen = event.seen or self._seen(event.taken, event.taken.event.message)
                except Exception as error:  # noqa: BLE001 - one event's boundary, as in `_guarded`
                    self._set_aside(event, error)
                else:
                    fed.append((replace(event, seen=seen), seen))
        if not fed:
            return []
        verdicts = await self._screening.screen([seen for _, seen in fed])
        judged = [_Judged(event, seen, verdict) for (event, seen), verdict in zip(fed, verdicts, strict=True)]
        return [found for each in judged if (found := await self._consented(each)) is not None]

    async def _consented(self, judged: _Judged) -> _Judged | None:
        """With what there is consent to; None where that could not be found out, and the event is set aside."""
        if self._consent is None:
            return judged
        try:
            verdict = await self._consent.applied(judged.verdict, judged.seen.message)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one event's boundary, as in `_guarded`
            self._set_aside(judged.event, error)
            return None
        if is_refused(verdict) and not self._screening.is_unscreened_for_crisis(judged.verdict):
            self._crisis_answered_at = self._clock.now()
        return replace(judged, verdict=verdict)

    def _seen(self, taken: Taken, message: Message) -> Seen:
        """Fed once, so that a batch that is tried again is judged in the same conversation."""
        seen = self._fed.get(taken.seq)
        if seen is None:
            seen = self._fed[taken.seq] = (
                Seen(message=message) if message.is_private else self._conversations.see(message)
            )
            if not message.is_private:
                self._recents.note(message)
        return seen

    def _answered(self, judged: _Judged) -> _Judged:
        """A message that crisis screening gave no answer for waits for another try; in the end a person reads it.

        While no message at all gets an answer, the fault is not this message's: it waits on, for a day at most.
        """
        now = self._clock.now()
        if is_refused(judged.verdict):
            return judged
        if not self._screening.is_unscreened_for_crisis(judged.verdict):
            self._crisis_answered_at = now
            return judged
        event = judged.event
        is_its_fault = event.since is None or self._crisis_answered_at > event.since
        if is_its_fault and event.tries + 1 >= TRIES:
            return replace(judged, verdict=join([judged.verdict, Verdict(findings=(UNREAD,))]))
        if event.since is not None and now - event.since > KEPT_FOR:
            return judged
        self._postponed.put(event, now=now, monotonic=self._clock.monotonic(), counts=is_its_fault)
        return replace(judged, is_postponed=True)

    async def _commit_quiet(self, quiet: Sequence[Taken]) -> list[Taken]:
        if not quiet:
            return []
        try:
            result = await self._store.commit(Commit(done=tuple(taken.key for taken in quiet)))
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - one of them is at fault: each by itself, behind its own boundary
            result = Committed.ALREADY_DONE
        if result is Committed.WRITTEN:
            return list(quiet)
        done: list[Taken] = []
        for taken in quiet:  # some were committed before a crash
            done += await self._guarded(Undecided(taken=taken), self._store.commit(Commit(done=(taken.key,))))
        return done

    async def _guarded(self, event: Undecided, commit: Awaitable[Committed], keeps: bool = False) -> list[Taken]:
        """The event, when it is done with; `keeps` when it is to be screened again whatever comes of this."""
        try:
            result = await commit
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one event's boundary: it is set aside, the others go on
            self._set_aside(event, error)
            return []
        if keeps:
            return []
        if result is Committed.ALREADY_DONE:
            self.counts.repeats += 1
        return [event.taken]

    def _set_aside(self, event: Undecided, error: Exception) -> None:
        self.counts.set_aside += 1
        params: dict[str, str | int] = {"count": self.counts.set_aside, "error": type(error).__name__}
        self._notices.raise_notice("engine", Text(key="notice.set_aside", params=params))
        if event.tries < TRIES:
            self._postponed.put(event, now=self._clock.now(), monotonic=self._clock.monotonic(), counts=True)

    async def _commit_loud(self, judged: _Judged) -> Committed:
        message, taken = judged.seen.message, judged.event.taken
        if judged.is_postponed:
            taken = replace(taken, key=taken.key + UNSCREENED)
        policy = self._policy_of(message.community)
        past = past_of(message, policy, self._clock.now())
        self.counts.with_findings += 1
        for _ in range(MAX_TRIES):
            (history,) = await self._store.history([past])
            decision = decide(policy, judged.seen, judged.verdict, history)
            unit = plan(taken, judged.seen, decision, history, policy, self._clock.now(), self._recents)
            unit = await self._told(message.community, unit)
            result = await self._store.commit(unit)
            if result is not Committed.STALE:
                if result is Committed.WRITTEN:
                    self.counts.findings.update((each.category, each.level) for each in judged.verdict.findings)
                    self.counts.cases_touched += len(unit.cases)
                if unit.cases:
                    self._wake()
                return result
        raise GaveUp(reason="a case kept changing while it was being decided")

    async def _told(self, community: CommunityId, unit: Commit) -> Commit:
        """A notice that was withdrawn before it went out told nobody: what it announces now gets another."""
        actions = unit.actions
        for notice in (each for each in unit.actions if each.kind is ActionKind.NOTICE):
            key, number = notice.key, 0
            while (record := await self._store.action(community, key)) and record.state is ActionState.WITHDRAWN:
                number += 1
                key = action_key(notice.case_id, number, ActionKind.NOTICE, notice.key)
            actions = renamed(actions, notice.key, key)
        return replace(unit, actions=actions)

    async def _commit_deleted(self, taken: Taken, event: MessageDeleted) -> Committed:
        self._conversations.forget(event.community, event.channel.id, event.message_id)
        self._recents.forget(event.community, event.message_id)
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
        raise GaveUp(reason="a case kept changing while a deletion was being noted")

    async def _commit_joined(self, taken: Taken, event: MemberJoined) -> Committed:
        policy = self._policy_of(event.community)
        arrival = self._arrivals.see(event, timedelta(minutes=policy.raid.join_minutes))
        past = past_of_join(event, policy, self._clock.now())
        for _ in range(MAX_TRIES):
            (history,) = await self._store.history([past])
            unit = plan_join(taken, arrival, history, policy, self._clock.now())
            result = await self._store.commit(unit)
            if result is not Committed.STALE:
                if result is Committed.WRITTEN and unit.cases:
                    self.counts.cases_touched += len(unit.cases)
                    self._arrivals.came_to(event.community, unit.cases[0].case.id)
                    self._wake()
                return result
        raise GaveUp(reason="a case kept changing while a join was being noted")


_DECIDED_ALONE: tuple[type[Event], ...] = (MessageWritten, MessageDeleted, MemberJoined, BotRemoved, BotReturned)
"""What is not done with by being marked as done."""


def _urgency(judged: _Judged) -> int:
    return -max((f.level for f in judged.verdict.findings if f.category is Category.CRISIS), default=0)
