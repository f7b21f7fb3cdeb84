"""From counts to a report, with the sentences on what was assumed."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.exports.entry import Leftovers
from adapters.exports.several import Exports
from bots.backtest.minutes import Table, as_listed, minutes_table
from bots.backtest.report import BacktestReport, SkipCount, Source
from bots.backtest.tally import Tally
from core.model.case import Enforcement

CLOSE_AFTER_MINUTES = 60
WHOLE_DAY = timedelta(hours=23)
UNDECIDED = "not decided, for a fault of this program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the one who runs a backtest wants it.

    Attributes:
        close_after_minutes: When each case is taken to be closed, after it was opened.
        minutes: How long an alert takes a moderator, by category and level.
        shows_text: Whether alerts carry the beginning of the message.
        limit: Only so many messages; None for all.
    """

    close_after_minutes: int = CLOSE_AFTER_MINUTES
    minutes: Table = field(default_factory=minutes_table)
    shows_text: bool = False
    limit: int | None = None


def report_of(
    tally: Tally,
    *,
    exports: Exports,
    leftovers: Leftovers,
    wishes: Wishes,
    jumps: int,
    set_aside: int,
    seconds: float,
) -> BacktestReport:
    """What was counted, as it is reported.

    Args:
        tally: Of one policy.
        exports: What was read.
        leftovers: What could not be used.
        wishes: How it was wanted.
        jumps: How often time went back in the export.
        set_aside: Messages that could not be decided for a fault of ours.
        seconds: How long the run took.
    """
    by_day = tally.by_day
    days = len(by_day) or None
    by_channel, other_channels = tally.by_channel()
    most_certain, least_certain = tally.examples
    skipped = leftovers.skipped + Counter({UNDECIDED: set_aside})  # which leaves out what is zero
    return BacktestReport(
        source=Source(names=exports.names, formats=exports.formats, size_bytes=exports.size_bytes),
        policy=tally.policy.name,
        messages=tally.messages,
        edited=tally.edited,
        channels=tally.channels,
        skipped=tuple(SkipCount(reason=reason, count=count) for reason, count in skipped.most_common()),
        problems=tuple(leftovers.problems),
        problem_count=leftovers.problem_count,
        is_cut=leftovers.cuts > 0,
        first_at=tally.first_at if days else None,
        last_at=tally.last_at if days else None,
        active_days=days,
        alerts=tally.alerts,
        pages=tally.pages,
        joined=tally.joined,
        alerts_per_day=tally.alerts / days if days else None,
        alerts_per_1000=1000 * tally.alerts / tally.messages if tally.messages else 0.0,
        by_day=by_day,
        busiest_day=max(by_day, key=lambda day: (day.alerts, day.messages), default=None),
        by_level=tally.by_level,
        by_kind=tally.by_kind,
        by_channel=by_channel,
        other_channels=other_channels,
        findings=tally.findings,
        actions=tally.actions,
        minutes=tally.minutes,
        minutes_per_day=tally.minutes / days if days else None,
        minutes_per_alert=as_listed(wishes.minutes),
        close_after_minutes=wishes.close_after_minutes,
        assumptions=tuple(_assumptions(tally, leftovers, wishes, jumps)),
        most_certain=most_certain,
        least_certain=least_certain,
        checks=tally.checks,
        seconds=seconds,
        shows_text=wishes.shows_text,
    )


def _assumptions(tally: Tally, leftovers: Leftovers, wishes: Wishes, jumps: int) -> Iterator[str]:
    yield (
        f"Every case was taken to be closed {wishes.close_after_minutes} minutes after it was opened; "
        "what its member said in between joined it without another alert."
    )
    yield "The minutes for an alert are estimates; --minutes takes your own."
    yield "Nothing was carried out: everybody went on writing as they did. What had been deleted isn't in an export."
    if tally.policy.enforcement is Enforcement.LIVE and tally.actions:
        yield "This policy acts by itself: live, some of what followed would not have been said or seen."
    if any(step.after_upheld for step in tally.policy.ladder):
        yield "Cases left no record on a member, so steps that need upheld cases never came."
    if tally.by_day:
        yield "Means a day are over the days (UTC) on which anybody wrote."
        if tally.first_at and tally.last_at and tally.last_at - tally.first_at < WHOLE_DAY:
            hours = max(1, math.ceil((tally.last_at - tally.first_at) / timedelta(hours=1)))
            within = "an hour" if hours == 1 else f"{hours} hours"
            yield f"All of it was written within {within}: on a whole day there may be more of everything."
    elif tally.undated:
        yield "Not every message has a date, so nothing is counted by day."
    if tally.edited:
        yield "Edited messages were judged in their last wording, at the time when they were sent."
    if tally.read_in_part:
        yield f"Of very long messages only beginning and end were read, as live: {tally.read_in_part:,} here."
    if jumps:
        times = "once" if jumps == 1 else f"{jumps:,} times"
        yield f"Time goes back {times} in the export; each time conversations and cases began anew."
    if wishes.limit is not None:
        yield f"No more than the first {wishes.limit:,} messages were read."
    yield from leftovers.notes
