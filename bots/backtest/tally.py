"""Counting what one policy made of an export, in bounded memory."""

import hashlib
import heapq
import secrets
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from adapters.exports.entry import Entry, Timing
from bots.backtest.minutes import Table
from bots.backtest.report import (
    MAX_EXCERPT_CHARS,
    ActionCount,
    Alert,
    ChannelCount,
    CheckCount,
    DayCount,
    KindCount,
    LevelCount,
)
from bots.backtest.trial import Decided, Judged
from core.flow.decision import decide
from core.flow.history import NO_HISTORY
from core.flow.judging import NO_ANSWER
from core.model.action import ActionKind
from core.model.finding import Category, CheckState, Kind
from core.model.message import CommunityId, MemberId
from core.model.policy import CommunityPolicy

EXAMPLES = 10
CHANNELS_NAMED = 20
MAX_CHANNELS = 20_000
"""Channels that are told apart; what is said in further ones is counted as the rest."""

MAX_DAYS = 40_000
"""A hundred years; what is said on further days counts in no day."""

REST = "other channels"
_REST = ("", "")


class Pseudonyms:
    """Names members for one run; nobody can tell from a name who it is, or guess it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def of(self, community: CommunityId, member: MemberId) -> str:
        """The same for the same member of a community."""
        name = f"{community}\0{member}".encode("utf-8", "surrogatepass")
        return f"member {hashlib.blake2b(name, key=self._key, digest_size=4).hexdigest()}"


@dataclass(slots=True)
class _Day:
    messages: int = 0
    minutes: float = 0.0
    alerts: Counter[Category] = field(default_factory=Counter)


class Tally:
    """What happened so far under one policy."""

    def __init__(self, policy: CommunityPolicy, table: Table, pseudonyms: Pseudonyms, *, shows_text: bool) -> None:
        self.policy = policy
        self._table = table
        self._pseudonyms = pseudonyms
        self._shows_text = shows_text
        self.messages = self.edited = self.undated = self.read_in_part = 0
        self.alerts = self.pages = self.joined = 0
        self.minutes = 0.0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self._days: dict[date, _Day] = {}
        self._channels: dict[tuple[str, str], list[int]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._levels: Counter[tuple[Category, int]] = Counter()
        self._kinds: Counter[tuple[Category, Kind]] = Counter()
        self._findings: Counter[tuple[Category, int]] = Counter()
        self._automatic: Counter[ActionKind] = Counter()
        self._proposed: Counter[ActionKind] = Counter()
        self._checks: Counter[tuple[str, CheckState]] = Counter()
        self._surest = _Best(EXAMPLES)
        self._least_sure = _Best(EXAMPLES)

    def heard(self, judged: Judged) -> None:
        """One message was screened."""
        entry, message = judged.entry, judged.entry.message
        self.messages += 1
        self.edited += message.edited_at is not None
        self._channel_of(entry)[0] += 1
        if entry.timing is Timing.DATED:
            at = message.sent_at
            self.first_at = min(self.first_at or at, at)
            self.last_at = max(self.last_at or at, at)
            if day := self._day_of(entry):
                day.messages += 1
        else:
            self.undated += 1
        verdict = judged.verdict
        if verdict.checks:
            not_done = [check for check in verdict.checks if check.state is not CheckState.CONSIDERED]
            self._checks.update({(each.filter, each.state) for each in not_done if each.rule == NO_ANSWER})
            self.read_in_part += any(each.rule != NO_ANSWER for each in not_done)
        if verdict.findings:
            for finding in decide(self.policy, judged.seen, verdict, NO_HISTORY).recorded:
                self._findings[finding.category, finding.level] += 1

    def decided(self, decided: Decided) -> Alert | None:
        """A message came to a case; gives the alert when one was opened by it."""
        self._automatic.update(decided.automatic)
        self._proposed.update(decided.proposed)
        self.pages += decided.is_paged
        if not decided.is_new:
            self.joined += 1
            return None
        alert = self.alert_of(decided)
        minutes = self._table[alert.category, alert.level]
        self.alerts += 1
        self.minutes += minutes
        self._levels[alert.category, alert.level] += 1
        self._kinds[alert.category, alert.kind] += 1
        channel = self._channel_of(decided.entry)
        channel[1] += 1
        channel[2] += alert.category is Category.CRISIS
        if day := self._day_of(decided.entry):
            day.alerts[alert.category] += 1
            day.minutes += minutes
        tie = zlib.crc32(alert.place.encode("utf-8", "surrogatepass"))  # equals are not taken from the beginning alone
        self._surest.offer((alert.score, alert.level, tie), alert)
        self._least_sure.offer((-alert.score, -alert.level, -tie), alert)
        return alert

    def alert_of(self, decided: Decided) -> Alert:
        """What moderators would be called to, as a report tells it."""
        entry, message, gravest = decided.entry, decided.entry.message, decided.gravest
        return Alert(
            at=message.sent_at if entry.timing is Timing.DATED else None,
            place=entry.place,
            channel=message.channel.name,
            author=self._pseudonyms.of(message.community, message.author.id),
            concern=decided.case.concern,
            category=gravest.category,
            kind=gravest.kind,
            level=gravest.level,
            score=gravest.score,
            filter=gravest.filter,
            rule=gravest.rule,
            why=gravest.why,
            link=message.link,
            text=_excerpt(message.text) if self._shows_text else None,
        )

    @property
    def by_day(self) -> tuple[DayCount, ...]:
        """Every active day, in order; empty when some message has no date."""
        return tuple(_day_count(day, each) for day, each in sorted(self._days.items())) if not self.undated else ()

    @property
    def channels(self) -> int:
        """How many channels were told apart."""
        return len(self._channels)

    def by_channel(self) -> tuple[tuple[ChannelCount, ...], ChannelCount | None]:
        """The channels with most alerts, and the rest together."""
        ordered = sorted(
            (key for key in self._channels if key != _REST),
            key=lambda key: (-self._channels[key][1], -self._channels[key][0], key),
        )
        rest = [self._channels[key] for key in [*ordered[CHANNELS_NAMED:], *({_REST} & self._channels.keys())]]
        named = tuple(_channel_count(self._names[key], self._channels[key]) for key in ordered[:CHANNELS_NAMED])
        return named, _channel_count(REST, [sum(column) for column in zip(*rest, strict=True)]) if rest else None

    @property
    def by_level(self) -> tuple[LevelCount, ...]:
        """Alerts."""
        return _level_counts(self._levels)

    @property
    def findings(self) -> tuple[LevelCount, ...]:
        """Findings that the policy keeps."""
        return _level_counts(self._findings)

    @property
    def by_kind(self) -> tuple[KindCount, ...]:
        """Alerts, most first."""
        return tuple(KindCount(category=c, kind=kind, count=n) for (c, kind), n in self._kinds.most_common())

    @property
    def actions(self) -> tuple[ActionCount, ...]:
        """What the ladder asked for."""
        kinds = [kind for kind in ActionKind if kind in self._automatic or kind in self._proposed]
        return tuple(
            ActionCount(kind=kind, automatic=self._automatic[kind], proposed=self._proposed[kind]) for kind in kinds
        )

    @property
    def checks(self) -> tuple[CheckCount, ...]:
        """Filters that gave no answer."""
        counted = sorted(self._checks.items())
        return tuple(CheckCount(filter=name, state=state, count=count) for (name, state), count in counted)

    @property
    def examples(self) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
        """The surest and the least sure alerts; none is both."""
        surest = self._surest.best
        return surest, tuple(alert for alert in self._least_sure.best if alert not in surest)

    def _channel_of(self, entry: Entry) -> list[int]:
        channel = entry.message.channel
        key = (str(entry.message.community), str(channel.id))
        found = self._channels.get(key)
        if found is None:
            key = key if len(self._channels) < MAX_CHANNELS else _REST
            found = self._channels.setdefault(key, [0, 0, 0])
            self._names[key] = channel.name
        return found

    def _day_of(self, entry: Entry) -> _Day | None:
        day = entry.message.sent_at.date()
        if day not in self._days and len(self._days) >= MAX_DAYS:
            return None
        return self._days.setdefault(day, _Day())


class _Best:
    """The alerts of highest rank."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[tuple[float, int, int], int, Alert]] = []
        self._offered = 0

    def offer(self, rank: tuple[float, int, int], alert: Alert) -> None:
        self._offered += 1
        keep = heapq.heappush if len(self._heap) < self._size else heapq.heappushpop
        keep(self._heap, (rank, -self._offered, alert))

    @property
    def best(self) -> tuple[Alert, ...]:
        return tuple(alert for _, _, alert in sorted(self._heap, key=lambda each: each[:2], reverse=True))


def _excerpt(text: str) -> str:
    return text if len(text) <= MAX_EXCERPT_CHARS else text[: MAX_EXCERPT_CHARS - 1] + "…"


def _day_count(day: date, counted: _Day) -> DayCount:
    by_category = tuple((category, counted.alerts[category]) for category in Category if counted.alerts[category])
    return DayCount(
        day=day,
        messages=counted.messages,
        alerts=counted.alerts.total(),
        by_category=by_category,
        minutes=counted.minutes,
    )


def _channel_count(name: str, counted: Sequence[int]) -> ChannelCount:
    messages, alerts, crisis_alerts = counted
    return ChannelCount(channel=name, messages=messages, alerts=alerts, crisis_alerts=crisis_alerts)


def _level_counts(counted: Mapping[tuple[Category, int], int]) -> tuple[LevelCount, ...]:
    order = list(Category)
    keys = sorted(counted, key=lambda key: (order.index(key[0]), -key[1]))
    return tuple(LevelCount(category=category, level=level, count=counted[category, level]) for category, level in keys)
