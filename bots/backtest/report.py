"""What a backtest found, as frozen data: counted by `bots.backtest`, read by whatever renders it.

It names nobody and holds nothing that anybody wrote, unless the one who ran it asked for texts (`shows_text`): files
are passed on. A member is a pseudonym of this one run, and `Alert.place` says where in the export a message stands.
"""

from dataclasses import dataclass
from datetime import date, datetime

from adapters.exports.entry import Problem as Problem
from core.model.action import ActionKind
from core.model.case import Concern
from core.model.finding import Category, CheckState, Kind

MAX_EXCERPT_CHARS = 200
"""The most of a message's text that a report carries, where texts were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read.

    Attributes:
        names: Files as they were found, without their folders.
        formats: What they were read as, each once: "Telegram Desktop", "CSV" ...
        size_bytes: All of them together, as they lie on disk.
    """

    names: tuple[str, ...]
    formats: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipCount:
    """Entries of the export that were not screened: `reason` completes "3 entries: ..." ("written by a bot")."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCount:
    """How many of one category and level (1 to 4)."""

    category: Category
    level: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many alerts of one kind."""

    category: Category
    kind: Kind
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCount:
    """One channel: messages screened, alerts, and of those the ones about crisis."""

    channel: str
    messages: int
    alerts: int
    crisis_alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One day (UTC): messages screened, alerts by category (only those above 0), and the minutes they cost."""

    day: date
    messages: int
    alerts: int
    by_category: tuple[tuple[Category, int], ...]
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """How often the policy's ladder asked for one action: to be done at once, or proposed to a moderator."""

    kind: ActionKind
    automatic: int
    proposed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCount:
    """How often one filter failed or was skipped: so many messages went without its answer."""

    filter: str
    state: CheckState
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesPerAlert:
    """How long a moderator is taken to need for one alert of this category and level."""

    category: Category
    level: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert that moderators would have had: a case that was opened, named by its gravest finding.

    Attributes:
        at: When the message was sent; None where the export has no dates.
        place: Where in the export it stands: "general.json: message 1204".
        author: A pseudonym ("member 3f9a2c1b"), the same throughout a run and in both reports of a comparison.
        score: How sure the filter was, 0 to 1.
        why: The sentence on the moderators' card; holds none of the message's words.
        link: The platform's link to the message, where it has one; it opens for members only.
        text: Up to `MAX_EXCERPT_CHARS` of the message; None unless texts were asked for.
    """

    at: datetime | None
    place: str
    channel: str
    author: str
    concern: Concern
    category: Category
    kind: Kind
    level: int
    score: float
    filter: str
    rule: str
    why: str
    link: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """What one policy would have made of an export.

    Attributes:
        policy: What the policy calls itself.
        messages: How many were screened; `edited` of them in a later wording than their first.
        channels: How many channels they stood in.
        skipped: Entries that were left out, most first.
        problems: The first of what could not be read; `problem_count` is all of it.
        is_cut: Whether a file broke off; what stands before the cut was used.
        first_at, last_at: Of the messages screened; None where the export has no dates.
        active_days: Days (UTC) on which anybody wrote; None where there are no dates. Means are taken over these.
        alerts: Cases opened: each is a card that calls for moderators.
        pages: How often an open case became graver and called for them again.
        joined: How many messages were added to a case that was already open.
        alerts_per_day: None where there are no dates; use `alerts_per_1000` (messages) then.
        by_day: Every active day, in order; empty where there are no dates. `busiest_day` is one of them.
        by_channel: The channels with most alerts; `other_channels` is the rest together, None when there is none.
        findings: Findings that the policy keeps, alerting or not.
        minutes: What all alerts would cost moderators, under `minutes_per_alert`.
        close_after_minutes: When each case was taken to be closed, after it was opened.
        assumptions: Sentences on what was assumed, to be shown with the figures.
        most_certain, least_certain: Alerts by score, the surest and the least sure first; none stands in both.
        checks: Filters that gave no answer; empty when all is well.
        seconds: How long the run took.
        shows_text: Whether alerts carry text.
    """

    source: Source
    policy: str
    messages: int
    edited: int
    channels: int
    skipped: tuple[SkipCount, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    is_cut: bool
    first_at: datetime | None
    last_at: datetime | None
    active_days: int | None
    alerts: int
    pages: int
    joined: int
    alerts_per_day: float | None
    alerts_per_1000: float
    by_day: tuple[DayCount, ...]
    busiest_day: DayCount | None
    by_level: tuple[LevelCount, ...]
    by_kind: tuple[KindCount, ...]
    by_channel: tuple[ChannelCount, ...]
    other_channels: ChannelCount | None
    findings: tuple[LevelCount, ...]
    actions: tuple[ActionCount, ...]
    minutes: float
    minutes_per_day: float | None
    minutes_per_alert: tuple[MinutesPerAlert, ...]
    close_after_minutes: int
    assumptions: tuple[str, ...]
    most_certain: tuple[Alert, ...]
    least_certain: tuple[Alert, ...]
    checks: tuple[CheckCount, ...]
    seconds: float
    shows_text: bool

    @property
    def messages_per_s(self) -> float:
        """Messages screened in a second of this run."""
        return self.messages / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAlert:
    """The same message alerts under both policies, but not alike."""

    before: Alert
    after: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two policies over the same export: what the second (`after`) changes against the first (`before`).

    Attributes:
        new: Alerts of the second whose message reached nobody under the first; the first of `new_count`.
        lost: Alerts of the first whose message reaches nobody under the second; the first of `lost_count`.
        changed: Messages that alert under both, with another level or kind; the first of `changed_count`.
        regrouped: Alerts of one whose message only joins an open case under the other: nothing is gained or lost.
    """

    before: BacktestReport
    after: BacktestReport
    new: tuple[Alert, ...]
    new_count: int
    lost: tuple[Alert, ...]
    lost_count: int
    changed: tuple[ChangedAlert, ...]
    changed_count: int
    regrouped: int
