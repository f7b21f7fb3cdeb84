"""One pass over an export, under one policy or two."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from adapters.exports.entry import Entry, Leftovers, Timing
from adapters.exports.several import Exports
from bots.backtest.comparing import Comparing
from bots.backtest.report import Alert, BacktestReport, Comparison
from bots.backtest.summing import Wishes, report_of
from bots.backtest.tally import Pseudonyms, Tally
from bots.backtest.trial import Decided, Judged, Trial
from core.flow.conversation import Conversations
from core.flow.filter import Seen
from core.flow.screening import Screening
from core.model.policy import CommunityPolicy
from filters.flood.filter import settings_of

BATCH = 64
GOES_BACK = timedelta(hours=2)
"""A jump back in time that is no clock set to winter: what follows was said at another time, and begins anew."""

ScreeningOf = Callable[[CommunityPolicy], Awaitable[Screening]]


@dataclass(slots=True)
class SoFar:
    """How far a backtest has come: `share` of the export, 0 to 1; alerts under the (second) policy."""

    share: float = 0.0
    messages: int = 0
    alerts: int = 0
    is_done: bool = False


async def backtest(
    exports: Exports,
    leftovers: Leftovers,
    policies: Sequence[CommunityPolicy],
    screening_of: ScreeningOf,
    *,
    wishes: Wishes | None = None,
    on_progress: Callable[[SoFar], None] = lambda so_far: None,
    on_alert: Callable[[Alert], None] = lambda alert: None,
) -> BacktestReport | Comparison:
    """Let an export pass through the engine.

    Args:
        exports: What was said; read once.
        leftovers: What `exports` tells of what it could not use.
        policies: One, or two to compare.
        screening_of: Makes the filters of a policy; two policies with the same rules share one screening.
        wishes: How it is wanted.
        on_progress: Told after every batch.
        on_alert: Told each alert of the (second) policy.
    """
    run = _Run(policies, wishes or Wishes(), on_alert)
    started = time.monotonic()
    so_far = SoFar()
    await run.open(screening_of)
    try:
        for batch in _batches(islice(exports, run.wishes.limit)):
            await run.take(batch)
            so_far.share, so_far.messages, so_far.alerts = exports.share, run.messages, run.alerts
            on_progress(so_far)
        await run.end()
    finally:
        await run.close()
    so_far.is_done = True
    on_progress(so_far)
    return run.result(exports, leftovers, time.monotonic() - started)


class _Run:
    def __init__(self, policies: Sequence[CommunityPolicy], wishes: Wishes, on_alert: Callable[[Alert], None]) -> None:
        pseudonyms = Pseudonyms()
        self.wishes = wishes
        self._policies = policies
        self._on_alert = on_alert
        self._tallies = [Tally(each, wishes.minutes, pseudonyms, shows_text=wishes.shows_text) for each in policies]
        self._comparing = Comparing(*self._tallies) if len(policies) > 1 else None
        self._screenings: list[Screening] = []
        self._trials: list[Trial] = []
        self._conversations = Conversations()
        self._stretches = 0

    @property
    def messages(self) -> int:
        return self._tallies[-1].messages

    @property
    def alerts(self) -> int:
        return self._tallies[-1].alerts

    async def open(self, screening_of: ScreeningOf) -> None:
        close_after = timedelta(minutes=self.wishes.close_after_minutes)
        for place, policy in enumerate(self._policies):
            if not place or not _judges_alike(policy, self._policies[0]):
                self._screenings.append(await screening_of(policy))
            self._trials.append(Trial(policy, self._screenings[-1], close_after))

    async def close(self) -> None:
        for screening in self._screenings:
            await screening.close()

    async def take(self, batch: "_Batch") -> None:
        if batch.begins_anew:
            self._conversations = Conversations()
            self._stretches += 1
            self._heard([await trial.begin(batch.entries[0].message.sent_at) for trial in self._trials])
        seen = [self._seen(entry) for entry in batch.entries]
        verdicts = [await screening.screen(seen) for screening in self._screenings]
        decided = []
        of_each = verdicts if len(verdicts) == len(self._trials) else verdicts * len(self._trials)
        for trial, tally, judgement in zip(self._trials, self._tallies, of_each, strict=True):
            judged = [
                Judged(entry=entry, seen=each, verdict=verdict)
                for entry, each, verdict in zip(batch.entries, seen, judgement, strict=True)
            ]
            for one in judged:
                tally.heard(one)
            decided.append(await trial.take(judged))
        self._heard(decided)

    def _seen(self, entry: Entry) -> Seen:
        """The message in its conversation; beside other channels only where it is known when it was said."""
        seen = self._conversations.see(entry.message)
        return seen if entry.timing is Timing.DATED else replace(seen, elsewhere=())

    def result(self, exports: Exports, leftovers: Leftovers, seconds: float) -> BacktestReport | Comparison:
        reports = [
            report_of(
                tally,
                exports=exports,
                leftovers=leftovers,
                wishes=self.wishes,
                jumps=max(0, self._stretches - 1),
                set_aside=trial.set_aside,
                seconds=seconds,
            )
            for tally, trial in zip(self._tallies, self._trials, strict=True)
        ]
        return self._comparing.result(*reports) if self._comparing is not None else reports[0]

    async def end(self) -> None:
        self._heard([await trial.end() for trial in self._trials])

    def _heard(self, decided: Sequence[Sequence[Decided]]) -> None:
        for place, (tally, several) in enumerate(zip(self._tallies, decided, strict=True), start=1):
            for each in several:
                alert = tally.decided(each)
                if alert is not None and place == len(self._tallies):
                    self._on_alert(alert)
        if self._comparing is not None:
            self._comparing.add(*decided)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Entries to screen together; `begins_anew` where time has jumped back before them."""

    entries: Sequence[Entry]
    begins_anew: bool


def _batches(entries: Iterable[Entry]) -> Iterator[_Batch]:
    batch: list[Entry] = []
    latest: datetime | None = None
    begins_anew = True
    for entry in entries:
        at = entry.message.sent_at
        if latest is not None and latest - at > GOES_BACK:
            if batch:
                yield _Batch(batch, begins_anew)
            batch, latest, begins_anew = [], None, True
        latest = max(latest or at, at)
        batch.append(entry)
        if len(batch) == BATCH:
            yield _Batch(batch, begins_anew)
            batch, begins_anew = [], False
    if batch:
        yield _Batch(batch, begins_anew)


def _judges_alike(one: CommunityPolicy, other: CommunityPolicy) -> bool:
    """Whether filters say the same under both: of a policy they know its own words and patterns, floods and links."""
    return (one.terms, one.patterns, settings_of(one)) == (other.terms, other.patterns, settings_of(other))
