"""A `BacktestReport` as text, as JSON and as a page."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bots.backtest.report import Alert, BacktestReport, ChannelCount, LevelCount
from bots.report import backtest_plots, telling
from bots.report.data import plain_data
from bots.report.page import render_page
from bots.report.terminal import Sheet
from bots.report.wording import (
    about,
    action_word,
    category_word,
    clipped,
    count,
    counted,
    kind_word,
    level_word,
    one_line,
)
from core.model.finding import Category

VERSION = 1
LEVELS = (1, 2, 3, 4)
CHANNELS_IN_TEXT, CHANNELS_ON_PAGE = 15, 60
ALERTS_IN_TEXT = 8
PROBLEMS_IN_TEXT = 10


def render_text(report: BacktestReport) -> str:
    """The report for a terminal of 80 columns, the owner's answer first."""
    sheet = Sheet()
    sheet.heading(title(report))
    sheet.say(telling.answer(report))
    for sentence in telling.details(report):
        sheet.say(sentence)
    sheet.say(telling.extent(report))
    if telling.has_trouble(report):
        sheet.say("Not everything could be read or judged; see the end.")
    _crisis_text(sheet, report)
    if report.alerts:
        _conduct_text(sheet, report)
        _channels_text(sheet, report)
    _actions_text(sheet, report)
    alerts_text(sheet, "The surest alerts", report.most_certain)
    alerts_text(sheet, "The least sure alerts", report.least_certain)
    _rest_text(sheet, report)
    return sheet.text()


def render_json(report: BacktestReport) -> dict[str, Any]:
    """The report as JSON has it: the fields of `BacktestReport`, described there, and the format's version."""
    return {
        "format": "lightkeeper-backtest",
        "version": VERSION,
        **plain_data(report),
        "messages_per_s": round(report.messages_per_s, 1),
    }


def render_html(report: BacktestReport) -> str:
    """The report as one page."""
    return render_page("backtest.html", **page_values(report))


def page_values(report: BacktestReport) -> dict[str, object]:
    """What the page's template takes."""
    return {
        "title": title(report),
        "report": report,
        "telling": telling,
        "plots": backtest_plots,
        "channels": telling.channel_rows(report, CHANNELS_ON_PAGE),
        "levels": LEVELS,
        "categories": tuple(Category),
        "level_rows": level_rows,
        "others": [category for category in Category if category is not Category.CRISIS],
    }


def title(report: BacktestReport) -> str:
    """What was read under which policy."""
    names = [clipped(one_line(name)) for name in report.source.names[:3]]
    more = len(report.source.names) - len(names)
    shown = ", ".join(names) + (f" and {counted(more, 'more file')}" if more else "")
    return f"What “{one_line(report.policy)}” would have made of {shown or 'an empty export'}"


def level_rows(
    counts: Iterable[LevelCount], categories: Sequence[Category]
) -> list[tuple[Category, tuple[int, int, int, int], int]]:
    """For each of these categories that has any: how many of each level 1 to 4, and all of them."""
    by_category = {category: [0, 0, 0, 0] for category in categories}
    for each in counts:
        if each.category in by_category:
            by_category[each.category][each.level - 1] += each.count
    return [
        (category, (numbers[0], numbers[1], numbers[2], numbers[3]), sum(numbers))
        for category, numbers in by_category.items()
        if any(numbers)
    ]


def _crisis_text(sheet: Sheet, report: BacktestReport) -> None:
    sheet.heading("Someone may need help")
    sheet.say(telling.crisis_answer(report))
    _levels_text(sheet, report.by_level, (Category.CRISIS,))
    _kinds_text(sheet, report, lambda category: category is Category.CRISIS)
    if telling.crisis_alerts(report):
        sheet.space()
    sheet.say(telling.CRISIS_MISSES)


def _conduct_text(sheet: Sheet, report: BacktestReport) -> None:
    others = [category for category in Category if category is not Category.CRISIS]
    if level_rows(report.by_level, others):
        sheet.heading("Conduct")
        _levels_text(sheet, report.by_level, others)
        _kinds_text(sheet, report, lambda category: category is not Category.CRISIS)


def _levels_text(sheet: Sheet, counts: Iterable[LevelCount], categories: Sequence[Category]) -> None:
    rows = level_rows(counts, categories)
    if rows:
        words = [level_word(categories[0], level) for level in LEVELS]
        sheet.space()
        sheet.table(
            ("alerts", *words, "all"),
            ((category_word(category), *map(count, numbers), count(every)) for category, numbers, every in rows),
        )


def _kinds_text(sheet: Sheet, report: BacktestReport, is_meant: Callable[[Category], bool]) -> None:
    rows = [
        (f"{category_word(each.category)}: {kind_word(each.kind)}", count(each.count))
        for each in report.by_kind
        if is_meant(each.category)
    ]
    if rows:
        sheet.space()
        sheet.table(("what was seen", "alerts"), rows)


def _channels_text(sheet: Sheet, report: BacktestReport) -> None:
    shown, rest = telling.channel_rows(report, CHANNELS_IN_TEXT)
    rows = [_channel_row(each, clipped(one_line(each.channel), 32) or "(no name)") for each in shown]
    if rest is not None:
        rows.append(_channel_row(rest, "all other channels"))
    sheet.heading("By channel")
    sheet.table(("channel", "messages", "alerts", "of these crisis"), rows)


def _channel_row(each: ChannelCount, name: str) -> tuple[str, str, str, str]:
    return name, count(each.messages), count(each.alerts), count(each.crisis_alerts)


def _actions_text(sheet: Sheet, report: BacktestReport) -> None:
    if report.actions:
        sheet.heading("What the policy would have done")
        sheet.table(
            ("action", "by itself", "proposed to people"),
            ((action_word(each.kind.value), count(each.automatic), count(each.proposed)) for each in report.actions),
        )


def alerts_text(sheet: Sheet, heading: str, alerts: Sequence[Alert], most: int = ALERTS_IN_TEXT) -> None:
    """Some alerts as a list; no heading where there are none."""
    if not alerts:
        return
    sheet.heading(heading)
    for alert in alerts[:most]:
        alert_text(sheet, alert)
    if len(alerts) > most:
        sheet.say(f"and {count(len(alerts) - most)} more; --json and --html have them.")


def alert_text(sheet: Sheet, alert: Alert) -> None:
    """One alert in a few lines."""
    sheet.say(telling.alert_title(alert))
    sheet.say(" · ".join(telling.alert_facts(alert)), indent=2)
    sheet.say(f"{alert.place}, channel {clipped(one_line(alert.channel))}, {clipped(alert.author)}", indent=2)
    sheet.say(alert.why, indent=2)
    if alert.text is not None:
        sheet.say(f"“{one_line(alert.text)}”", indent=2)


def _rest_text(sheet: Sheet, report: BacktestReport) -> None:
    if left_out := telling.left_out(report):
        sheet.heading("What was left out")
        sheet.points(left_out[:PROBLEMS_IN_TEXT])
        if len(left_out) > PROBLEMS_IN_TEXT:
            sheet.say(f"and {count(len(left_out) - PROBLEMS_IN_TEXT)} more; --json and --html have them.")
    sheet.heading("What was assumed")
    sheet.points([*report.assumptions, *telling.minutes_sentences(report)])
    sheet.space()
    sheet.say(telling.WITH_TEXTS if report.shows_text else telling.NO_TEXTS)
    sheet.say(f"Screened in {about(report.seconds)} s, {count(report.messages_per_s)} messages a second.")
