"""Members' words on the page: escaped, nothing hidden, marks where a finding saw them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.wording import CONTROLS, marked, plain, shortened, shown


def test_markup_is_escaped() -> None:
    assert shown("<script>alert(1)</script> & \"'") == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;&#39;"


@pytest.mark.parametrize("control", CONTROLS)
def test_what_reorders_or_hides_text_is_named_and_gone(control: str) -> None:
    out = shown(f"a{control}b")
    assert control not in out
    assert f'<span class="unseen">{CONTROLS[control]}</span>' in out


def test_joiners_of_scripts_and_emoji_stay() -> None:
    text = "👩\u200d🚀 می\u200cخواهم 👍🏽"
    assert shown(text) == text


def test_a_tower_of_marks_is_cut_and_counted() -> None:
    assert shown("a" + "\u0301" * 10_000) == "a" + "\u0301" * 6 + '<span class="unseen">9994 more marks</span>'


def test_lone_surrogates_and_control_bytes_become_replacement_characters() -> None:
    assert shown("a\ud800b\x00c\x9f") == "a\ufffdb\ufffdc\ufffd"
    assert plain("a\ud800b\u202ec") == "abc"


def test_line_breaks_and_tabs_stay() -> None:
    assert shown("a\n\tb\r\nc") == "a\n\tb\r\nc"


def test_spans_are_marked_by_their_offsets_into_the_original() -> None:
    assert marked("you <b>gravel</b>", [(7, 13)]) == "you &lt;b&gt;<mark>gravel</mark>&lt;/b&gt;"


def test_offsets_hold_behind_characters_that_are_shown_otherwise() -> None:
    assert marked("\ud800\u202egravel", [(2, 8)]).endswith("<mark>gravel</mark>")


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 2), (1, 3)], "<mark>abc</mark>d"),
        ([(2, 9)], "ab<mark>cd</mark>"),
        ([(-5, 1)], "<mark>a</mark>bcd"),
        ([(3, 1), (2, 2)], "abcd"),
        ([(2, 3), (0, 1)], "<mark>a</mark>b<mark>c</mark>d"),
    ],
)
def test_spans_may_touch_overlap_or_lie_outside(spans: list[tuple[int, int]], expected: str) -> None:
    assert marked("abcd", spans) == expected


@given(st.text(), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=5))
def test_any_text_with_any_spans_is_harmless(text: str, spans: list[tuple[int, int]]) -> None:
    out = marked(text, spans)
    out.encode("utf-8")
    assert set(re.findall(r"<[^>]*>", out)) <= {"<mark>", "</mark>", '<span class="unseen">', "</span>"}


def test_shortening_says_how_much_was_left_out() -> None:
    assert shortened("abcdef", 4) == ("abcd", 2)
    assert shortened("abc", 4) == ("abc", 0)
