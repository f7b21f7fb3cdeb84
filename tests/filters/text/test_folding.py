"""Folding: what reads alike, where it stood, and that no text can hurt it. All lines are synthetic."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text import folding
from filters.text.folding import MAX_CHARS, Reading, readings
from filters.text.letters import read_confusables


def texts(text: str) -> dict[str, str]:
    return {reading.name: reading.text for reading in readings(text)}


@pytest.mark.parametrize(
    "line",
    [
        "hello, how are you? i'm fine!",
        "Meet at 4pm or on the 3rd, it costs 20 dollars.",
        "@robin see you tomorrow",
        "I was there too, see you soon",
        "no way... that's great :)",
    ],
)
def test_ordinary_chat_reads_in_exactly_one_way(line: str) -> None:
    assert [reading.name for reading in readings(line)] == ["plain"]
    assert readings(line)[0].text == line.lower()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("GREEN TEA", "plain"),
        ("ｇｒｅｅｎ ｔｅａ", "plain"),
        ("𝓰𝓻𝓮𝓮𝓷 𝔱𝔢𝔞", "plain"),
        ("ⓖⓡⓔⓔⓝ ⓣⓔⓐ", "plain"),
        ("🅶🆁🅴🅴🅽 🆃🅴🅰", "plain"),
        ("ᵍʳᵉᵉⁿ ᵗᵉᵃ", "plain"),
        ("gréén téa", "plain"),
        ("g\u0335r\u0335e\u0335e\u0335n\u0335 tea", "plain"),
        ("gr\u200bee\u2060n\u00ad t\u202eea", "plain"),
        ("gr\U000e0061een tea", "plain"),
        ("green\ntea", "plain"),
        ("green\u00a0tea", "plain"),
        ("ɢʀᴇᴇɴ ᴛᴇᴀ", "latin"),
        ("grееn tеа", "latin"),
        ("gr\u03b5\u03b5n t\u03b5\u03b1", "latin"),
        ("green%20tea", "decoded"),
        ("gr3en t3a", "leet"),
        ("g r e e n   t e a", "joined"),
        ("g.r.e.e.n t.e.a", "joined"),
        ("gr**ee**n t||e||a", "bare"),
        ("gr\\een tea", "bare"),
    ],
)
def test_each_disguise_has_a_reading_that_undoes_it(line: str, name: str) -> None:
    assert texts(line)[name] == "green tea"


def test_a_stretched_word_is_squeezed_to_single_letters_and_others_stay() -> None:
    assert texts("soooo good")["squeezed"] == "so good"


def test_a_masked_word_keeps_its_length() -> None:
    assert texts("gr#en t%a")["masked"] == "gr*en t*a"


def test_the_digit_one_reads_as_i_and_as_l() -> None:
    assert texts("w1nter 1ight") | {"leet": "winter iight", "leet-l": "wlnter light"} == texts("w1nter 1ight")


def test_typographic_apostrophes_become_plain_ones() -> None:
    assert readings("don’t")[0].text == "don't"


def test_accents_of_a_script_that_writes_vowels_as_marks_stay() -> None:
    assert readings("हिन्दी")[0].text == "हिन्दी"


def test_a_span_points_at_the_original_with_what_was_hidden_inside() -> None:
    text = "say 𝓽\u200b𝓮𝓪\u0301! ok"
    plain = readings(text)[0]
    start = plain.text.index("tea")
    first, end = plain.span(start, start + 3)
    assert text[first:end] == "𝓽\u200b𝓮𝓪\u0301"


def test_a_ligature_maps_both_letters_to_its_one_code_point() -> None:
    plain = readings("ﬁsh")[0]
    assert plain.text == "fish"
    assert plain.span(0, 1) == plain.span(1, 2) == (0, 1)


def test_a_joined_reading_maps_to_the_spaced_letters() -> None:
    text = "my t e a now"
    joined = next(reading for reading in readings(text) if reading.name == "joined")
    start = joined.text.index("tea")
    first, end = joined.span(start, start + 3)
    assert text[first:end] == "t e a"


HUGE = {
    "one word": "a",
    "letters": "ab",
    "marks": "\u0301",
    "spaced": "a b ",
    "singles": "a ",
    "masked": "a*",
    "masks": "*",
    "leet": "k1",
    "zero width": "\u200b",
    "percent": "%41",
    "ligatures": "ﷺ",
    "runs": "aaab ",
    "backslashes": "a\\",
}


@pytest.mark.parametrize("unit", HUGE.values(), ids=HUGE.keys())
def test_huge_texts_are_cut(unit: str) -> None:
    assert all(len(reading.text) <= MAX_CHARS for reading in readings("x" + unit * 200_000))


@pytest.mark.parametrize("unit", HUGE.values(), ids=HUGE.keys())
def test_folding_stays_linear_far_beyond_the_cut(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "MAX_CHARS", 400_000)
    started = time.process_time()
    readings("e" + unit * (400_000 // len(unit)))
    assert time.process_time() - started < 30  # linear takes about a second, a quadratic step half an hour


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\u202e\u202d", "💀💀💀", "\x00\x01", "‮evil‬", "🏳️‍🌈"])
def test_odd_texts_fold(text: str) -> None:
    assert readings(text)[0].name == "plain"
    assert not any(0xD800 <= ord(letter) < 0xE000 for reading in readings(text) for letter in reading.text)


def assert_is_sound(reading: Reading, text: str) -> None:
    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert list(reading.starts) == sorted(reading.starts)
    assert list(reading.ends) == sorted(reading.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(reading.starts, reading.ends, strict=True))


@given(st.text(max_size=200) | st.text(alphabet="aAiI1!@$ ._*|~%4#\u200b\u0301еα\n", max_size=80))
def test_every_reading_maps_into_the_original_in_order(text: str) -> None:
    found = readings(text)
    assert found[0].name == "plain"
    assert len({reading.name for reading in found}) == len(found)
    for reading in found:
        assert_is_sound(reading, text)


@given(st.text(alphabet=st.characters(max_codepoint=127, categories=["L", "N", "P", "Zs"]), max_size=120))
def test_the_plain_reading_of_ascii_is_its_lower_case_code_point_for_code_point(text: str) -> None:
    plain = readings(text)[0]
    assert plain.text == text.lower()
    assert [plain.span(at, at + 1) for at in range(len(text))] == [(at, at + 1) for at in range(len(text))]


def test_confusables_are_read_letter_by_letter() -> None:
    assert read_confusables("# note\na аα\nb в\n".encode()) == {"а": "a", "α": "a", "в": "b"}
