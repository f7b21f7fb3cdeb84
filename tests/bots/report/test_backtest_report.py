"""A backtest as text, JSON and page: the owner's answer first, crisis before conduct, honest where nothing is known."""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from html.parser import HTMLParser

import pytest

from bots.backtest.report import Alert, BacktestReport, Comparison
from bots.report import backtest, backtest_plots, comparison
from bots.report.telling import CRISIS_MISSES
from bots.report.terminal import WIDTH
from tests.bots.report import samples

STATES = {
    "plain": samples.report,
    "quiet": samples.quiet,
    "undated": samples.undated,
    "one day": samples.one_day,
    "crowded": samples.crowded,
}
every_state = pytest.mark.parametrize("made", STATES.values(), ids=STATES.keys())


def text(report: BacktestReport) -> str:
    """The text as one line, so that a test doesn't hang on where it wraps."""
    return " ".join(backtest.render_text(report).split())


class Seen(HTMLParser):
    """What a browser would make of a page: elements, addresses, event handlers and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_first_sentence_is_the_answer() -> None:
    first = backtest.render_text(samples.report()).split("\n")[2]
    assert first == "About 3.7 alerts a day, and about 18 minutes of moderators' time a day."


def test_without_dates_the_answer_is_per_thousand_messages() -> None:
    said = text(samples.undated())
    assert "About 3.5 alerts per 1,000 messages, and about 8.8 hours of moderators' time for all 110 alerts." in said
    assert "Not every message has a date" in said
    assert "a day" not in said.partition("Someone may need help")[0]


@pytest.mark.parametrize(
    ("a_day", "alerts", "days", "said"),
    [
        (12.3, 369, 30, "About 12 alerts a day"),
        (1.0, 30, 30, "About 1 alert a day"),
        (0.25, 5, 20, "About one alert every 4 days"),
        (0.05, 1, 20, "One alert in 20 days"),
        (0.0, 0, 20, "No alerts at all in 31,204 messages."),
    ],
)
def test_seldom_alerts_are_said_as_people_say_them(a_day: float, alerts: int, days: int, said: str) -> None:
    assert said in text(samples.report(alerts_per_day=a_day, alerts=alerts, active_days=days))


def test_crisis_comes_before_conduct_and_says_what_no_report_can_show() -> None:
    for made in STATES.values():
        said = text(made())
        assert CRISIS_MISSES in said
        assert 0 < said.index("Someone may need help") < said.index("What was assumed")
        assert " ".join(CRISIS_MISSES.split()) in " ".join(Seen(backtest.render_html(made())).words.split())
    said = text(samples.report())
    assert said.index("Someone may need help") < said.index("Conduct")
    assert "5 alerts are about a person who may need help. Nothing is ever enforced on them." in said
    assert "No alert is about a person who may need help." in text(samples.quiet())


def test_levels_have_the_words_of_the_cards() -> None:
    said = backtest.render_text(samples.report())
    assert re.search(r"alerts +Distress +Possible crisis +Serious +Urgent +all\n +Crisis +0 +3 +2 +0 +5\n", said)
    assert re.search(r"alerts +Low +Medium +High +Urgent +all\n +Harassment +0 +41 +18 +1 +60\n", said)


def test_what_was_assumed_and_left_out_is_said() -> None:
    said = text(samples.report())
    assert "- Each case is closed 60 minutes after it was opened." in said
    assert "Crisis: minutes for an alert, by level: possible crisis 10, serious 20." in said
    assert "Harassment: 4 minutes for each alert." in said
    assert "- 412 entries: written by a bot" in said
    assert "see the end" not in said
    crowded = text(samples.crowded())
    assert "Not everything could be read or judged; see the end." in crowded
    page = " ".join(Seen(backtest.render_html(samples.crowded())).words.split())
    assert "a file breaks off" in page
    assert "the filter toxicity was skipped for 31,204 messages" in page
    assert "25 more places that could not be read" in page


@every_state
def test_the_text_fits_a_terminal_and_can_do_nothing_to_it(made: Callable[[], BacktestReport]) -> None:
    said = backtest.render_text(made())
    assert max(map(len, said.split("\n"))) <= WIDTH
    assert [character for character in said if character < " " and character != "\n"] == []
    assert "\u202e" not in said


@every_state
def test_a_page_holds_no_script_no_handler_and_no_address_outside_itself(made: Callable[[], BacktestReport]) -> None:
    seen = Seen(backtest.render_html(made()))
    assert seen.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "base"} == set()
    assert [name for name, _ in seen.attributes if name.startswith("on") or name in {"src", "srcset", "style"}] == []
    assert [value for name, value in seen.attributes if name == "href" and not value.startswith("#")] == []
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert ("content", policy) in seen.attributes


def test_hostile_names_and_words_are_shown_and_do_nothing() -> None:
    seen = Seen(backtest.render_html(samples.crowded()))
    assert "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}" in seen.words
    assert "right-to-left override" in seen.words
    assert "\u202e" not in seen.words
    assert "\x1b" not in seen.words


def test_words_of_messages_stand_only_in_a_report_that_carries_them() -> None:
    words = "synthetic words of a member"
    carrying = samples.report(most_certain=(samples.alert(text=words),), shows_text=True)
    for rendered in (backtest.render_text(carrying), backtest.render_html(carrying)):
        assert words in rendered
        assert "delete it when it has served" in " ".join(rendered.split())
    for rendered in (backtest.render_text(samples.report()), backtest.render_html(samples.report())):
        assert "No words of messages are in this report" in rendered


def test_every_plot_has_its_words_and_a_table() -> None:
    page = backtest.render_html(samples.report())
    plots = re.findall(r'<svg class="plot[^"]*"[^>]*>', page)
    assert len(plots) == 2  # wide and narrow; a browser shows one of them
    assert all('role="img"' in plot and 'aria-label="Alerts by day' in plot for plot in plots)
    assert "The figures by day" in page
    assert re.search(r'<th scope="row">21 May 2026</th><td>[\d,]+</td><td>7</td>', page)


def test_two_thousand_channels_are_a_few_rows_and_the_rest_together() -> None:
    page = Seen(backtest.render_html(samples.crowded())).words
    assert "all other channels together" in page
    said = backtest.render_text(samples.crowded())
    assert "all other channels" in said


def test_channels_without_alerts_are_in_the_rest() -> None:
    loud, silent = samples.report().by_channel[0], replace(samples.report().by_channel[1], alerts=0, crisis_alerts=0)
    page = Seen(backtest.render_html(samples.report(by_channel=(loud, silent)))).words
    assert silent.channel not in page.partition("By channel")[2].partition("What the policy")[0]
    assert re.search(r"all other channels +11,204 +0 +0", text(samples.report(by_channel=(loud, silent))))


@pytest.mark.parametrize(
    ("count", "period"), [(1, "day"), (62, "day"), (63, "week"), (400, "week"), (1500, "month"), (3000, "year")]
)
def test_long_times_are_gathered_so_that_columns_stay_few_and_none_is_lost(count: int, period: str) -> None:
    days = samples.days(count)
    report = samples.report(by_day=days)
    plot = backtest_plots.over_time(report, backtest_plots.SLIM)
    rows = backtest_plots.period_rows(report)
    assert backtest_plots.period_word(report) == period
    assert len(plot.columns) <= backtest_plots.MOST_COLUMNS + 1
    assert sum(alerts for _, _, alerts, _ in rows) == sum(day.alerts for day in days)


def test_days_on_which_nobody_wrote_keep_their_place_and_a_wrong_date_breaks_nothing() -> None:
    first, last = samples.days(1), samples.days(1, date(2026, 5, 9))
    assert len(backtest_plots.over_time(samples.report(by_day=(*first, *last)), 760.0).columns) == 6
    far = samples.days(1, date(9990, 1, 1))
    assert len(backtest_plots.over_time(samples.report(by_day=(*first, *far)), 760.0).columns) == 2


@every_state
def test_json_has_every_field_under_its_name(made: Callable[[], BacktestReport]) -> None:
    data = json.loads(json.dumps(backtest.render_json(made()), allow_nan=False))
    assert (data["format"], data["version"]) == ("lightkeeper-backtest", 1)
    assert set(data) == {"format", "version", "messages_per_s", *(field.name for field in fields(BacktestReport))}


def test_json_values_are_plain() -> None:
    data = json.loads(json.dumps(backtest.render_json(samples.report())))
    assert data["first_at"] == "2026-05-04T09:30:00+00:00"
    assert data["by_day"][0]["day"] == "2026-05-04"
    assert data["by_level"][0] == {"category": "crisis", "level": 2, "count": 3}
    assert set(data["most_certain"][0]) == {field.name for field in fields(Alert)}


def test_a_comparison_says_what_is_lost_and_crisis_first() -> None:
    said = " ".join(comparison.render_text(samples.comparison()).split())
    assert "About 2 alerts a day instead of 3.7" in said
    assert "1 of the lost alerts listed below is about a person who may need help." in said
    assert "1 new, 44 lost, 1 with another level or kind." in said
    assert CRISIS_MISSES in said
    assert said.index("Distress: Talks about how they feel") < said.index("High: Insult")
    page = " ".join(Seen(comparison.render_html(samples.comparison())).words.split())
    assert "Lost: 44" in page
    assert "The first 2 are listed." in page
    assert "Medium: Insult → High: Insult" in page


def test_a_comparison_without_differences_says_so() -> None:
    same = samples.comparison(
        after=samples.report(), new=(), new_count=0, lost=(), lost_count=0, changed=(), changed_count=0, regrouped=0
    )
    assert "Both policies alert on the same messages, in the same way." in comparison.render_text(same)
    assert "Lost" not in Seen(comparison.render_html(same)).words.replace("Alerts that are lost", "")


@pytest.mark.parametrize("made", [samples.undated, samples.quiet, samples.crowded], ids=["undated", "quiet", "crowded"])
def test_a_comparison_of_unusual_reports_is_rendered(made: Callable[[], BacktestReport]) -> None:
    unusual = samples.comparison(before=made(), after=made(), new=(samples.alert(text=samples.HOSTILE, at=None),))
    assert max(map(len, comparison.render_text(unusual).split("\n"))) <= WIDTH
    assert Seen(comparison.render_html(unusual)).tags & {"script", "img"} == set()


def test_the_json_of_a_comparison_has_every_field() -> None:
    data = json.loads(json.dumps(comparison.render_json(samples.comparison()), allow_nan=False))
    assert set(data) == {"format", "version", *(field.name for field in fields(Comparison))}
    assert set(data["changed"][0]) == {"before", "after"}
