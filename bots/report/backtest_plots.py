"""The plots of a backtest: alerts over time, and bars beside the figures of tables."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bots.backtest.report import BacktestReport, ChannelCount, DayCount
from bots.report.plots import Bar, Column, ColumnPlot, Piece, bar, column_plot
from bots.report.wording import category_word, counted, day_word
from core.model.finding import Category

MOST_COLUMNS = 62
BROAD, SLIM = 760.0, 320.0


def over_time(report: BacktestReport, width: float) -> ColumnPlot:
    """Alerts by day, week, month or year, whichever gives few enough columns; each stacked by category."""
    name, periods = _periods(report.by_day)
    columns = [
        Column(
            name=_short(start, name),
            pieces=tuple(
                Piece(look=category.value, amount=sum(dict(day.by_category).get(category, 0) for day in days))
                for category in Category
            ),
            words=_told(start, name, days),
        )
        for start, days in periods
    ]
    return column_plot(
        words=f"Alerts by {name}, stacked by category; the table below has the figures.",
        columns=columns,
        y_words=f"alerts a {name}",
        most_names=10 if width == BROAD else 4,
        width=width,
        height=240.0 if width == BROAD else 220.0,
    )


def period_rows(report: BacktestReport) -> list[tuple[str, int, int, float]]:
    """The figures behind `over_time`: what it is called, messages, alerts and minutes; empty periods are left out."""
    name, periods = _periods(report.by_day)
    return [
        (
            _long(start, name),
            sum(day.messages for day in days),
            sum(day.alerts for day in days),
            sum(day.minutes for day in days),
        )
        for start, days in periods
        if days
    ]


def period_word(report: BacktestReport) -> str:
    """What `over_time` counts by."""
    return _periods(report.by_day)[0]


def categories_of(report: BacktestReport) -> list[Category]:
    """The categories that any alert is of, crisis first."""
    return [category for category in Category if any(each.category is category for each in report.by_level)]


def level_bar(numbers: Sequence[int], longest: int) -> Bar:
    """A bar of how many alerts have each level 1 to 4."""
    return bar([Piece(look=f"level-{level}", amount=n) for level, n in enumerate(numbers, start=1)], longest)


def count_bar(number: int, longest: int, category: Category) -> Bar:
    """A bar in a category's colour."""
    return bar([Piece(look=category.value, amount=number)], longest)


def channel_bar(channel: ChannelCount, longest: int) -> Bar:
    """A channel's alerts, those about crisis first."""
    crisis = channel.crisis_alerts
    return bar([Piece(look="crisis", amount=crisis), Piece(look="rest", amount=channel.alerts - crisis)], longest)


def _periods(days: Sequence[DayCount]) -> tuple[str, list[tuple[date, list[DayCount]]]]:
    """Every period from the first day to the last, also those in which nobody wrote.

    Where that would be too many years (an export with one wrong date), only those in which somebody wrote.
    """
    if not days:
        return "day", []
    first, last = days[0].day, days[-1].day
    span_days = (last - first).days + 1
    if span_days <= MOST_COLUMNS:
        name = "day"
    elif span_days <= MOST_COLUMNS * 7:
        name = "week"
    elif span_days <= MOST_COLUMNS * 30:
        name = "month"
    else:
        name = "year"
    periods: dict[date, list[DayCount]] = {}
    if span_days <= MOST_COLUMNS * 366:
        periods = {start: [] for start in _starts(first, last, name)}
    for day in days:
        periods.setdefault(_start_of(day.day, name), []).append(day)
    return name, list(periods.items())


def _starts(first: date, last: date, name: str) -> Iterator[date]:
    start = _start_of(first, name)
    while start <= last:
        yield start
        start = _start_of(start + timedelta(days={"day": 1, "week": 7, "month": 32, "year": 366}[name]), name)


def _start_of(day: date, name: str) -> date:
    match name:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def _short(start: date, name: str) -> str:
    match name:
        case "month":
            return f"{start:%b %Y}"
        case "year":
            return f"{start.year}"
        case _:
            return f"{start.day} {start:%b}"


def _long(start: date, name: str) -> str:
    match name:
        case "day":
            return day_word(start)
        case "week":
            return f"week of {day_word(start)}"
        case _:
            return _short(start, name)


def _told(start: date, name: str, days: Sequence[DayCount]) -> str:
    counts = {
        category: number
        for category in Category
        if (number := sum(dict(day.by_category).get(category, 0) for day in days))
    }
    each = ", ".join(f"{category_word(category)} {number}" for category, number in counts.items())
    return f"{_long(start, name)}: {counted(sum(day.alerts for day in days), 'alert')}" + (f" ({each})" if each else "")
