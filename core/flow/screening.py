"""Screening: all filters over a batch, in lanes that can't harm each other.

A lane is a worker with its filters: lexicons have one, models and plug-ins another. A lane that does not answer
within its deadline, or dies, is thrown away and replaced; the batch is then tried message by message, so that only
the message that breaks it goes without. A lane that keeps breaking is skipped for a while (its circuit is open):
messages go on, marked, and moderators are told. A skipped crisis check shields the message (promise 3).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from core.flow.cancelling import is_asked_to_end
from core.flow.filter import Filter, Seen
from core.flow.judging import NO_ANSWER, failed, judge
from core.model.card import Text
from core.model.finding import Category, CheckState, Verdict, join
from core.ports import Clock, Notices, Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterInfo:
    """What screening has to know of a filter that runs elsewhere."""

    name: str
    categories: frozenset[Category]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A worker and the filters in it.

    Attributes:
        deadline_s: How long a batch may take, and then each of its messages alone.
        trips_after: Consecutive broken messages after which the circuit opens for `rest_s` seconds.
    """

    name: str
    worker: Worker
    filters: tuple[FilterInfo, ...]
    deadline_s: float = 2.0
    trips_after: int = 3
    rest_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """How a lane does.

    Attributes:
        is_out: Whether it gave no answer for the last messages that it was asked about: they went on without it. It
            stays so until it answers again, also while nothing is asked.
        failures: Messages that it gave no answer for since the start.
    """

    name: str
    looks_for_crisis: bool
    is_out: bool
    failures: int


class Screening:
    """Runs every lane over each batch."""

    def __init__(self, lanes: Sequence[Lane], clock: Clock, notices: Notices) -> None:
        self._crisis_filters = {
            each.name for lane in lanes for each in lane.filters if Category.CRISIS in each.categories
        }
        self._circuits = [_Circuit(lane, clock, notices) for lane in lanes]

    def is_unscreened_for_crisis(self, verdict: Verdict) -> bool:
        """Whether no filter at all that looks for crisis gave an answer."""
        silent = {c.filter for c in verdict.checks if c.category is Category.CRISIS and c.rule == NO_ANSWER}
        return bool(silent) and silent >= self._crisis_filters

    def lanes(self) -> tuple[LaneState, ...]:
        """How each lane does now."""
        return tuple(circuit.state() for circuit in self._circuits)

    async def screen(self, batch: Sequence[Seen]) -> list[Verdict]:
        """One verdict a message, in order; never raises for a filter's sake."""
        if len(self._circuits) == 1:
            return await self._circuits[0].screen(batch)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(circuit.screen(batch), name="screen") for circuit in self._circuits]
        lanes = [task.result() for task in running]
        return [join([lane[place] for lane in lanes]) for place in range(len(batch))]

    async def close(self) -> None:
        """End every worker."""
        for circuit in self._circuits:
            await circuit.lane.worker.close()


class _Circuit:
    def __init__(self, lane: Lane, clock: Clock, notices: Notices) -> None:
        self.lane = lane
        self._clock = clock
        self._notices = notices
        self._broken = 0
        self._silent = 0
        self._open_until = 0.0
        self._told_until: float | None = None
        self._failures = 0

    def state(self) -> LaneState:
        return LaneState(
            name=self.lane.name,
            looks_for_crisis=any(Category.CRISIS in each.categories for each in self.lane.filters),
            is_out=max(self._broken, self._silent) >= self.lane.trips_after,
            failures=self._failures,
        )

    async def screen(self, batch: Sequence[Seen]) -> list[Verdict]:
        if self._is_open:
            return [self._skipped()] * len(batch)
        verdicts = await self._attempt(batch)
        if verdicts is not None:
            self._answered(verdicts)
            return verdicts
        if len(batch) == 1:
            return [self._broke()]
        return [await self._screen_alone(seen) for seen in batch]

    async def _screen_alone(self, seen: Seen) -> Verdict:
        if self._is_open:
            return self._skipped()
        verdicts = await self._attempt([seen])
        if verdicts is None:
            return self._broke()
        self._answered(verdicts)
        return verdicts[0]

    async def _attempt(self, batch: Sequence[Seen]) -> list[Verdict] | None:
        try:  # a filter's boundary: late, dead or raising, the worker is replaced below
            async with asyncio.timeout(self.lane.deadline_s):
                verdicts = list(await self.lane.worker.screen(batch))
            if len(verdicts) == len(batch):
                return verdicts
        except asyncio.CancelledError:
            if is_asked_to_end():
                raise
        except Exception:  # noqa: BLE001, S110
            pass
        try:
            await self.lane.worker.replace()
        except Exception:  # noqa: BLE001 - no new worker now: the circuit opens and a later message tries again
            self._broken = max(self._broken, self.lane.trips_after - 1)
        return None

    @property
    def _is_open(self) -> bool:
        return self._clock.monotonic() < self._open_until

    def _broke(self) -> Verdict:
        self._broken += 1
        self._failures += 1
        if self._broken >= self.lane.trips_after:
            self._open_until = self._clock.monotonic() + self.lane.rest_s
        self._tell()
        return self._without("the filter gave no answer in time")

    def _answered(self, verdicts: Sequence[Verdict]) -> None:
        """The worker lives; that a filter in it failed on a message is told to people all the same."""
        self._broken = 0
        for verdict in verdicts:
            is_silent = any(check.rule == NO_ANSWER for check in verdict.checks)
            self._silent = self._silent + 1 if is_silent else 0
        if any(check.state is CheckState.FAILED for verdict in verdicts for check in verdict.checks):
            self._tell()
        elif self._told_until is not None and self._clock.monotonic() >= self._told_until:
            self._told_until = None
            self._notices.clear_notice(f"lane.{self.lane.name}")

    def _tell(self) -> None:
        """Raise the notice; it stands for `rest_s` at least, so that somebody sees it."""
        self._told_until = self._clock.monotonic() + self.lane.rest_s
        self._notices.raise_notice(
            f"lane.{self.lane.name}", Text(key="notice.filter_broken", params={"lane": self.lane.name})
        )

    def _skipped(self) -> Verdict:
        return self._without("the filter is resting after it broke several times", CheckState.SKIPPED)

    def _without(self, why: str, state: CheckState = CheckState.FAILED) -> Verdict:
        return join([failed(each.name, each.categories, why, state) for each in self.lane.filters])


class InlineWorker:
    """Runs `filters` in this process: for offline work and tests, where nothing has to survive a hanging filter."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters = filters

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """Judge at once, without yielding to the loop."""
        return judge(self.filters, batch)

    async def replace(self) -> None:
        """Nothing to throw away."""

    async def close(self) -> None:
        """Nothing to end."""
