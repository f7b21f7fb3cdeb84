"""Figures as people read them."""

from datetime import UTC, datetime

import pytest

from bots.report.terminal import WIDTH, Sheet
from bots.report.wording import about, counted, day_word, kind_word, level_word, one_line, percent, span, time_word
from core.model.finding import Category, Kind


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"), (0.004, "less than 0.01"), (0.0345, "0.03"), (0.34, "0.34"), (0.999, "1"), (1, "1"), (3.67, "3.7"),
        (9.96, "10"), (12.4, "12"), (99.6, "100"), (1234, "1,200"), (98_765, "99,000"),
    ],
)  # fmt: skip
def test_a_measured_figure_is_no_more_exact_than_it_is_known(number: float, said: str) -> None:
    assert about(number) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (0.0004, "<0.1%"), (0.034, "3.4%"), (0.05, "5%"), (0.336, "34%"), (0.997, ">99%"), (1, "100%")],
)
def test_a_share_that_is_not_none_or_all_never_reads_so(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "no time"), (0.4, "less than a minute"), (1, "1 minute"), (12.4, "12 minutes"), (43, "45 minutes"),
        (118, "120 minutes"), (150, "2.5 hours"), (6000, "100 hours"),
    ],
)  # fmt: skip
def test_minutes_are_said_as_people_say_them(minutes: float, said: str) -> None:
    assert span(minutes) == said


def test_words_are_those_of_the_cards() -> None:
    assert level_word(Category.CRISIS, 3) == "Serious"
    assert level_word(Category.HARASSMENT, 3) == "High"
    assert kind_word(Kind.THIRD_PERSON) == "Worried about someone else"
    assert counted(1, "day") == "1 day"
    assert counted(2000, "entry", "entries") == "2,000 entries"
    at = datetime(2026, 5, 4, 9, 5, tzinfo=UTC)
    assert (day_word(at), time_word(at)) == ("4 May 2026", "4 May 2026, 09:05")


def test_a_line_can_do_nothing_to_a_terminal() -> None:
    assert one_line("a\x1b[31mb\u202ec\r\nd\u2028e\te\x9b") == "a[31mbc d e e"


def test_a_sheet_is_80_columns_wide_without_markup_colours_or_trailing_spaces() -> None:
    sheet = Sheet()
    sheet.heading("[bold]a heading[/bold] :smile:")
    sheet.say("word " * 60, indent=2)
    sheet.table(("name", "count"), [("long" * 60, "1"), ("\x1b[2Jname\nwith a line", "2")])
    sheet.points(["point " * 40])
    text = sheet.text()
    assert "[bold]a heading[/bold] :smile:" in text
    assert "\x1b" not in text
    assert "name with a line" in text
    lines = text.split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert [line for line in lines if line != line.rstrip()] == []
