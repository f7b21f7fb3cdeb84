"""Messages through windows, every filter and `decide`, with a stopwatch at each stage; nothing is stored or sent."""

import gc
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from core.flow.conversation import Conversations
from core.flow.decision import decide
from core.flow.engine import BATCH
from core.flow.filter import Filter, Seen
from core.flow.history import NO_HISTORY
from core.flow.screening import InlineWorker, Lane, Screening
from core.model.finding import Category, Verdict
from core.model.message import Message
from core.model.policy import CommunityPolicy

ALONE = 2_000
"""How many messages go through one by one, for the time that one takes."""

WINDOWS, DECIDE, OTHER = "windows", "decide", "other"


class NothingToMeasure(ValueError):
    """There is no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run took.

    Attributes:
        messages: How many went through in batches of `BATCH`, in `seconds`, reading them not counted.
        alone_ms: Milliseconds of each message that went through alone, in rising order.
        spent: Seconds of each stage: the windows, each filter by its name, `decide`, and the rest.
        opening: How many messages would open a case or join one.
        left_out: Lanes that run in processes of their own, which were not measured.
    """

    messages: int
    seconds: float
    alone_ms: Sequence[float]
    spent: Mapping[str, float]
    opening: int
    left_out: Sequence[str]

    @property
    def per_s(self) -> float:
        """Messages a second, in batches."""
        return self.messages / self.seconds

    @property
    def shares(self) -> dict[str, float]:
        """The share of each stage in the time; together 1."""
        return {name: seconds / self.seconds for name, seconds in self.spent.items()}

    def alone(self, share: float) -> float:
        """Milliseconds within which this share of the messages was through, alone."""
        return self.alone_ms[min(int(len(self.alone_ms) * share), len(self.alone_ms) - 1)]


async def measure(
    messages: Iterable[Message],
    lanes: Sequence[Lane],
    policy: CommunityPolicy,
    tell: Callable[[int], object] = lambda through: None,
) -> Measured:
    """Let messages through, first up to `ALONE` of them one by one, then all others in batches.

    Args:
        messages: In order. Where there are too few for both, the same ones go through twice.
        lanes: As `inline_lanes` makes them.
        policy: Decides.
        tell: Told how many are through, now and then.

    Raises: `NothingToMeasure`.
    """
    source = iter(messages)
    first = list(islice(source, ALONE))
    if not first:
        raise NothingToMeasure("there is no message in it")
    second = list(islice(source, BATCH))
    rest = chain(second, source) if second else iter(first)
    timed = [_Timed(each) for lane in lanes if isinstance(lane.worker, InlineWorker) for each in lane.worker.filters]
    screening = _screening(lanes, timed)
    gc.collect()
    gc.freeze()  # as when files are screened: what is loaded stays, and looking through it again takes milliseconds
    try:
        alone = _Stopwatch(screening, policy)
        alone_ms = sorted([await alone.through([message]) * 1000 for message in first])
        tell(len(first))
        for each in timed:
            each.seconds = 0.0
        stopwatch = _Stopwatch(screening, policy)
        while batch := list(islice(rest, BATCH)):
            await stopwatch.through(batch)
            tell(len(first) + stopwatch.messages)
    finally:
        gc.unfreeze()
    spent = {WINDOWS: stopwatch.windows, **{each.name: each.seconds for each in timed}, DECIDE: stopwatch.deciding}
    return Measured(
        messages=stopwatch.messages,
        seconds=stopwatch.seconds,
        alone_ms=alone_ms,
        spent={**spent, OTHER: stopwatch.seconds - sum(spent.values())},
        opening=stopwatch.opening,
        left_out=[lane.name for lane in lanes if not isinstance(lane.worker, InlineWorker)],
    )


def peak_rss_mb() -> float:
    """The most memory that this process had at once, in MB (10**6 bytes)."""
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (peak if sys.platform == "darwin" else peak * 1024) / 1e6


def _screening(lanes: Sequence[Lane], timed: Sequence["_Timed"]) -> Screening:
    """The lanes of this process, with a stopwatch around each filter."""
    by_filter = {id(each.filter): each for each in timed}
    inside = [
        replace(lane, worker=InlineWorker([by_filter[id(each)] for each in lane.worker.filters]))
        for lane in lanes
        if isinstance(lane.worker, InlineWorker)
    ]
    return Screening(inside, SystemClock(), SilentNotices())


class _Timed:
    """A filter, and the seconds that were spent in it."""

    def __init__(self, filter_: Filter) -> None:
        self.filter = filter_
        self.seconds = 0.0

    @property
    def name(self) -> str:
        return self.filter.name

    @property
    def version(self) -> str:
        return self.filter.version

    @property
    def categories(self) -> frozenset[Category]:
        return self.filter.categories

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        started = time.perf_counter()
        try:
            return self.filter.screen(batch)
        finally:
            self.seconds += time.perf_counter() - started


class _Stopwatch:
    """The pipeline with new windows, and the seconds that its stages took."""

    def __init__(self, screening: Screening, policy: CommunityPolicy) -> None:
        self._screening = screening
        self._policy = policy
        self._conversations = Conversations()
        self.messages = 0
        self.opening = 0
        self.seconds = self.windows = self.deciding = 0.0

    async def through(self, batch: Sequence[Message]) -> float:
        """Let a batch through; returns the seconds that it took."""
        started = time.perf_counter()
        seen = [self._conversations.see(message) for message in batch]
        windows_done = time.perf_counter()
        verdicts = await self._screening.screen(seen)
        screened = time.perf_counter()
        for each, verdict in zip(seen, verdicts, strict=True):
            self.opening += bool(decide(self._policy, each, verdict, NO_HISTORY).openings)
        done = time.perf_counter()
        self.messages += len(batch)
        self.windows += windows_done - started
        self.deciding += done - screened
        self.seconds += done - started
        return done - started
