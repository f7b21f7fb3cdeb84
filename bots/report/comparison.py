"""A `Comparison` of two policies as text, as JSON and as a page."""

from collections.abc import Sequence
from typing import Any

from bots.backtest.report import Alert, BacktestReport, ChangedAlert, Comparison
from bots.report import backtest_plots, telling
from bots.report.backtest import LEVELS, VERSION, alert_text, alerts_text, level_rows
from bots.report.data import plain_data
from bots.report.page import render_page
from bots.report.terminal import Sheet
from bots.report.wording import about, category_word, count, one_line, span
from core.model.finding import Category

SHOWN_IN_TEXT = 20


def render_text(comparison: Comparison) -> str:
    """The comparison for a terminal of 80 columns."""
    sheet = Sheet()
    sheet.heading(title(comparison))
    sheet.say(telling.comparison_answer(comparison))
    sheet.say(telling.extent(comparison.after))
    sheet.heading("Someone may need help")
    for sentence in telling.comparison_crisis(comparison):
        sheet.say(sentence)
    sheet.say(telling.CRISIS_MISSES)
    sheet.heading("Side by side")
    for sentence in telling.comparison_details(comparison):
        sheet.say(sentence)
    sheet.space()
    head, rows = side_by_side(comparison)
    sheet.table(head, rows)
    alerts_text(sheet, f"Lost: {count(comparison.lost_count)}", crisis_first(comparison.lost), SHOWN_IN_TEXT)
    alerts_text(sheet, f"New: {count(comparison.new_count)}", crisis_first(comparison.new), SHOWN_IN_TEXT)
    if comparison.changed:
        sheet.heading(f"Changed: {count(comparison.changed_count)}")
        for changed in comparison.changed[:SHOWN_IN_TEXT]:
            sheet.say(f"Was: {telling.alert_title(changed.before)}. Becomes:")
            alert_text(sheet, changed.after)
        if comparison.changed_count > SHOWN_IN_TEXT:
            sheet.say(f"and {count(comparison.changed_count - SHOWN_IN_TEXT)} more.")
    if left_out := telling.left_out(comparison.after):
        sheet.heading("What was left out")
        sheet.points(left_out[:SHOWN_IN_TEXT])
    sheet.heading("What was assumed")
    sheet.points([*comparison.after.assumptions, *telling.minutes_sentences(comparison.after)])
    sheet.space()
    sheet.say(telling.WITH_TEXTS if comparison.after.shows_text else telling.NO_TEXTS)
    return sheet.text()


def render_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON has it: the fields of `Comparison`, described there, and the format's version."""
    return {"format": "lightkeeper-comparison", "version": VERSION, **plain_data(comparison)}


def render_html(comparison: Comparison) -> str:
    """The comparison as one page."""
    head, rows = side_by_side(comparison)
    return render_page(
        "comparison.html",
        title=title(comparison),
        comparison=comparison,
        report=comparison.after,
        telling=telling,
        plots=backtest_plots,
        levels=LEVELS,
        level_rows=level_rows,
        head=head,
        rows=rows,
        lost=crisis_first(comparison.lost),
        new=crisis_first(comparison.new),
        changed=changed_crisis_first(comparison.changed),
    )


def title(comparison: Comparison) -> str:
    """Which policy instead of which."""
    return f"“{one_line(comparison.after.policy)}” instead of “{one_line(comparison.before.policy)}”"


def crisis_first(alerts: Sequence[Alert]) -> list[Alert]:
    """The same alerts, those about crisis first, else in their order."""
    return sorted(alerts, key=lambda alert: alert.category is not Category.CRISIS)


def changed_crisis_first(changed: Sequence[ChangedAlert]) -> list[ChangedAlert]:
    """The same, where either side is about crisis first."""
    return sorted(changed, key=lambda each: Category.CRISIS not in (each.before.category, each.after.category))


def side_by_side(comparison: Comparison) -> tuple[tuple[str, str, str], list[tuple[str, str, str]]]:
    """A table's head and rows: each figure under both policies."""
    before, after = comparison.before, comparison.after
    rows = [("alerts", count(before.alerts), count(after.alerts))]
    if before.alerts_per_day is not None and after.alerts_per_day is not None:
        rows.append(("alerts a day", about(before.alerts_per_day), about(after.alerts_per_day)))
    rows.append(("alerts per 1,000 messages", about(before.alerts_per_1000), about(after.alerts_per_1000)))
    for category in Category:
        numbers = [_of(report, category) for report in (before, after)]
        if any(numbers):
            rows.append((f"{category_word(category)}, alerts", count(numbers[0]), count(numbers[1])))
    rows.append(("moderators' time for all", span(before.minutes), span(after.minutes)))
    return ("", one_line(before.policy), one_line(after.policy)), rows


def _of(report: BacktestReport, category: Category) -> int:
    return sum(each.count for each in report.by_level if each.category is category)
