"""Backtests in tests: what people say in files of lines, filters that find what a line says, and the report."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.exports.entry import Leftovers
from adapters.exports.several import Exports
from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from bots.backtest.report import Alert, BacktestReport, Comparison
from bots.backtest.run import SoFar, backtest
from bots.backtest.summing import Wishes
from core.flow.filter import Filter, Seen
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.finding import Verdict
from core.model.policy import CommunityPolicy
from tests.core.house import WordFilter

START = datetime(2024, 1, 1, 12, 0, tzinfo=UTC)


def line(minute: float, author: str, text: str, **more: Any) -> dict[str, Any]:
    """What somebody said so many minutes after noon, on the first of January."""
    at = START + timedelta(minutes=minute)
    return {"text": text, "author": author, "channel": "pier", "sent_at": at.isoformat(), **more}


def written(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


class Counting(WordFilter):
    """Finds what a message says, and counts how many it was asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        self.asked += len(batch)
        return super().screen(batch)


def screening(found_by: Filter) -> Screening:
    lane = Lane(
        name="words",
        worker=InlineWorker([found_by]),
        filters=(FilterInfo(name=found_by.name, categories=found_by.categories),),
    )
    return Screening([lane], SystemClock(), SilentNotices())


async def found(
    path: Path,
    *policies: CommunityPolicy,
    wishes: Wishes | None = None,
    found_by: Filter | None = None,
    on_progress: Callable[[SoFar], None] = lambda so_far: None,
    on_alert: Callable[[Alert], None] = lambda alert: None,
) -> BacktestReport | Comparison:
    """What a backtest says."""
    leftovers = Leftovers()
    exports = Exports([path], leftovers)
    used = found_by or WordFilter()

    async def screening_of(policy: CommunityPolicy) -> Screening:
        return screening(used)

    try:
        return await backtest(
            exports,
            leftovers,
            policies or (CommunityPolicy(),),
            screening_of,
            wishes=wishes,
            on_progress=on_progress,
            on_alert=on_alert,
        )
    finally:
        exports.close()


async def report(path: Path, policy: CommunityPolicy | None = None, **more: Any) -> BacktestReport:
    """The report on one policy."""
    one = await found(path, policy or CommunityPolicy(), **more)
    assert isinstance(one, BacktestReport)
    return one


async def comparison(path: Path, before: CommunityPolicy, after: CommunityPolicy, **more: Any) -> Comparison:
    """What lies between two policies."""
    two = await found(path, before, after, **more)
    assert isinstance(two, Comparison)
    return two
