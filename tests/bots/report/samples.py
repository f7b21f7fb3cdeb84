"""Reports for tests, made up: a plain one, and what changes in it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bots.backtest.report import (
    ActionCount,
    Alert,
    BacktestReport,
    ChangedAlert,
    ChannelCount,
    CheckCount,
    Comparison,
    DayCount,
    KindCount,
    LevelCount,
    MinutesPerAlert,
    Problem,
    SkipCount,
    Source,
)
from core.model.action import ActionKind
from core.model.case import Concern
from core.model.finding import Category, CheckState, Kind

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
FIRST_DAY = START.date()

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}\x1b[31m\u202egnp.exe"
"""What somebody might call themselves, or a channel, or write."""


def alert(**changes: Any) -> Alert:
    """An alert about an insult, or as `changes` say."""
    plain = Alert(
        at=START,
        place="general.json: message 1204",
        channel="general",
        author="member 3f9a2c",
        concern=Concern.CONDUCT,
        category=Category.HARASSMENT,
        kind=Kind.INSULT,
        level=3,
        score=0.91,
        filter="harassment",
        rule="insult:1",
        why="Names somebody in the conversation and calls them something.",
    )
    return replace(plain, **changes)


def crisis_alert(**changes: Any) -> Alert:
    """An alert about somebody who may need help."""
    plain = alert(
        concern=Concern.CRISIS,
        category=Category.CRISIS,
        kind=Kind.DISCLOSURE,
        filter="crisis-lexicon",
        rule="crisis:1",
        why="Says that they may not be safe.",
    )
    return replace(plain, **changes)


def days(count: int, start: date = FIRST_DAY) -> tuple[DayCount, ...]:
    """So many days with a few alerts each."""
    made = []
    for place in range(count):
        harassment, toxicity, crisis = (place * 7) % 5, (place * 3) % 4, int(place % 6 == 0)
        made.append(
            DayCount(
                day=start + timedelta(days=place),
                messages=900 + place * 13 % 400,
                alerts=harassment + toxicity + crisis,
                by_category=tuple(
                    (category, number)
                    for category, number in (
                        (Category.CRISIS, crisis),
                        (Category.HARASSMENT, harassment),
                        (Category.TOXICITY, toxicity),
                    )
                    if number
                ),
                minutes=4.0 * (harassment + toxicity) + 15.0 * crisis,
            )
        )
    return tuple(made)


def report(**changes: Any) -> BacktestReport:
    """Thirty days of two channels, with alerts of three categories, or as `changes` say."""
    by_day = days(30)
    plain = BacktestReport(
        source=Source(names=("general.json", "off-topic.json"), formats=("DiscordChatExporter",), size_bytes=9_400_000),
        policy="general",
        messages=31_204,
        edited=120,
        channels=2,
        skipped=(SkipCount(reason="written by a bot", count=412), SkipCount(reason="without text", count=77)),
        problems=(),
        problem_count=0,
        is_cut=False,
        first_at=START,
        last_at=START + timedelta(days=29),
        active_days=30,
        alerts=110,
        pages=4,
        joined=21,
        alerts_per_day=110 / 30,
        alerts_per_1000=110 / 31.204,
        by_day=by_day,
        busiest_day=max(by_day, key=lambda day: day.alerts),
        by_level=(
            LevelCount(category=Category.CRISIS, level=2, count=3),
            LevelCount(category=Category.CRISIS, level=3, count=2),
            LevelCount(category=Category.HARASSMENT, level=2, count=41),
            LevelCount(category=Category.HARASSMENT, level=3, count=18),
            LevelCount(category=Category.HARASSMENT, level=4, count=1),
            LevelCount(category=Category.TOXICITY, level=3, count=45),
        ),
        by_kind=(
            KindCount(category=Category.CRISIS, kind=Kind.DISCLOSURE, count=4),
            KindCount(category=Category.CRISIS, kind=Kind.THIRD_PERSON, count=1),
            KindCount(category=Category.HARASSMENT, kind=Kind.INSULT, count=52),
            KindCount(category=Category.HARASSMENT, kind=Kind.THREAT, count=8),
            KindCount(category=Category.TOXICITY, kind=Kind.TOXIC, count=45),
        ),
        by_channel=(
            ChannelCount(channel="general", messages=20_000, alerts=90, crisis_alerts=2),
            ChannelCount(channel="off-topic", messages=11_204, alerts=20, crisis_alerts=3),
        ),
        other_channels=None,
        findings=(
            LevelCount(category=Category.CRISIS, level=1, count=14),
            LevelCount(category=Category.HARASSMENT, level=1, count=230),
        ),
        actions=(ActionCount(kind=ActionKind.DELETE, automatic=2, proposed=17),),
        minutes=530.0,
        minutes_per_day=530 / 30,
        minutes_per_alert=(
            MinutesPerAlert(category=Category.CRISIS, level=2, minutes=10.0),
            MinutesPerAlert(category=Category.CRISIS, level=3, minutes=20.0),
            MinutesPerAlert(category=Category.HARASSMENT, level=2, minutes=4.0),
            MinutesPerAlert(category=Category.HARASSMENT, level=3, minutes=4.0),
        ),
        close_after_minutes=60,
        assumptions=("Each case is closed 60 minutes after it was opened.",),
        most_certain=(crisis_alert(score=0.97), alert()),
        least_certain=(alert(score=0.51, level=2, place="off-topic.json: message 77", channel="off-topic"),),
        checks=(),
        seconds=7.4,
        shows_text=False,
    )
    return replace(plain, **changes)


def quiet() -> BacktestReport:
    """An export in which nothing alerts."""
    none = days(0)
    return report(
        alerts=0, pages=0, joined=0, alerts_per_day=0.0, alerts_per_1000=0.0, by_day=none, busiest_day=None,
        by_level=(), by_kind=(), by_channel=(), findings=(), actions=(), minutes=0.0, minutes_per_day=0.0,
        most_certain=(), least_certain=(),
    )  # fmt: skip


def undated() -> BacktestReport:
    """An export without dates."""
    return report(
        first_at=None, last_at=None, active_days=None, alerts_per_day=None, by_day=(), busiest_day=None,
        minutes_per_day=None, most_certain=(alert(at=None),),
    )  # fmt: skip


def one_day() -> BacktestReport:
    """A single day."""
    only = days(7)[6:]
    return report(
        by_day=only, busiest_day=only[0], active_days=1, first_at=START, last_at=START, alerts_per_day=110.0,
        minutes_per_day=530.0,
    )  # fmt: skip


def crowded() -> BacktestReport:
    """Four years, 2,000 channels, long and hostile names, troubles of every kind, and texts."""
    many = days(1500)
    return report(
        source=Source(names=tuple(f"channel-{n}.json" for n in range(2000)), formats=("JSON",), size_bytes=10**9),
        policy=HOSTILE[:60],
        channels=2000,
        by_day=many,
        busiest_day=max(many, key=lambda day: day.alerts),
        active_days=1500,
        last_at=START + timedelta(days=1499),
        by_channel=tuple(
            ChannelCount(
                channel=f"{HOSTILE} {'averylongname' * 12} {n}", messages=10**6, alerts=90 - n, crisis_alerts=2
            )
            for n in range(30)
        ),
        other_channels=ChannelCount(channel="", messages=10**8, alerts=1000, crisis_alerts=12),
        problems=tuple(Problem(place=f"{HOSTILE}: entry {n}", reason="has no time") for n in range(20)),
        problem_count=45,
        is_cut=True,
        checks=(CheckCount(filter="toxicity", state=CheckState.SKIPPED, count=31_204),),
        most_certain=tuple(
            alert(text=f"{HOSTILE} synthetic words", author=HOSTILE, channel=HOSTILE, why=HOSTILE, place=HOSTILE)
            for _ in range(12)
        ),
        shows_text=True,
    )


def comparison(**changes: Any) -> Comparison:
    """Another policy that is calmer, or as `changes` say."""
    plain = Comparison(
        before=report(),
        after=report(policy="gaming", alerts=60, alerts_per_day=2.0, minutes=240.0, minutes_per_day=8.0),
        new=(alert(kind=Kind.SEXUAL, text=None),),
        new_count=1,
        lost=(alert(), crisis_alert(level=1, score=0.3)),
        lost_count=44,
        changed=(ChangedAlert(before=alert(level=2), after=alert(level=3)),),
        changed_count=1,
        regrouped=5,
    )
    return replace(plain, **changes)
