"""The lexicon engine: its file format, its phrases, whole words and bounded work. All lines are synthetic."""

from collections.abc import Sequence
from typing import overload

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationRefused
from core.model.finding import Kind
from filters.lexicon.lexicon import Lexicon
from filters.lexicon.phrase import MAX_WORDS, PhraseRefused, parse
from filters.lexicon.spelling import slips, squeeze
from filters.lexicon.words import Words, split
from filters.text.folding import readings

HEAD = "lexicon garden-en 1\n<verb> = water|prune|cut back\n[work] info 1 gently\nwhy: Speaks of work.\n"
ENTRY = "roses: <verb> [the|my] roses ..2 today\n+ water the roses today\n"


def lexicon(text: str) -> Lexicon:
    return Lexicon(text.encode(), "garden.txt", kinds={Kind.INFO}, rules={"gently"})


def found(compiled: Lexicon, line: str) -> list[str]:
    return [line[slice(*match.span)] for reading in readings(line) for match in compiled.find(reading)]


def test_a_phrase_takes_classes_options_choices_and_gaps() -> None:
    garden = lexicon(HEAD + ENTRY)
    assert found(garden, "i will water my roses today") == ["water my roses today"]
    assert found(garden, "Cut back roses right now today!") == ["Cut back roses right now today"]
    assert found(garden, "water my roses some other day, not today") == []
    assert found(garden, "water my tulips today") == []


def test_words_are_whole_and_apostrophes_do_not_count() -> None:
    garden = lexicon(HEAD + "hoe: dont hoe\n+ don't hoe\n")
    assert found(garden, "please don't hoe here") == ["don't hoe"]
    assert found(garden, "dont shoe") == found(garden, "dont hoes") == []


def test_a_phrase_does_not_reach_over_the_end_of_a_sentence_but_over_single_word_sentences() -> None:
    garden = lexicon(HEAD + "hoe: hoe now\n+ hoe now\n")
    assert found(garden, "i like to hoe. now i rest") == []
    assert found(garden, "where is the hoe? now i rest") == []
    assert found(garden, "Hoe. Now.") == ["Hoe. Now"]
    assert found(garden, "hoe... now, hoe\nnow") == ["hoe... now", "hoe\nnow"]


def test_what_follows_at_once_can_refuse_a_match() -> None:
    garden = lexicon(HEAD + "hoe: hoe now\n! (and|or) later\n+ hoe now\n")
    assert found(garden, "hoe now and later") == []
    assert found(garden, "hoe now and then") == ["hoe now"]


@pytest.mark.parametrize(
    "line", ["wtaer the roses today", "watr the roses today", "w*ter the roses today",
             "waaaater the rooooses today", "waterroses today", "w a t e r   r o s e s today"]
)  # fmt: skip
def test_slips_masks_stretches_and_words_run_together_are_found(line: str) -> None:
    assert set(found(lexicon(HEAD + ENTRY), line)) == {line}


def test_an_ordinary_word_is_never_a_slip_of_another() -> None:
    garden = lexicon(HEAD + "life: my life\n+ my life\n")
    assert found(garden, "my lfe") == ["my lfe"]
    assert found(garden, "my lie") == []


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "no 'lexicon NAME VERSION' line"),
        ("roses: water\n", 1, "first line"),
        (HEAD + ENTRY + "roses: prune it\n+ prune it\n", 7, "there already"),
        (HEAD + ENTRY + "| <verb> [the|my] roses ..2 today\n", 7, "same phrase"),
        (HEAD + "roses: water\n", 5, "no '+' line"),
        (HEAD + "roses: (water\n+ water\n", 5, "missing ')'"),
        (HEAD + "roses: water )\n+ water\n", 5, "stray"),
        (HEAD + "roses: water () now\n+ water\n", 5, "empty part"),
        (HEAD + "roses: [water]\n+ water\n", 5, "matches nothing"),
        (HEAD + "roses: ..2 water\n+ water\n", 5, "begins or ends with a gap"),
        (HEAD + "roses: [the] ..2 water\n+ water\n", 5, "begins or ends with a gap"),
        (HEAD + "roses: water ..99 now\n+ water\n", 5, "gap spans"),
        (HEAD + "roses: <nothing> now\n+ water\n", 5, "no class <nothing>"),
        (HEAD + "roses: wa-ter\n+ water\n", 5, "not one word"),
        (HEAD + "\nhello\n", 6, "none of"),
        (HEAD + "+ water\n", 5, "belongs to no entry"),
        (HEAD + "[more] insult 1\n", 5, "unknown kind"),
        (HEAD + "[more] info 5\n", 5, "outside 0 to 4"),
        (HEAD + "[more] info 1 loudly\n", 5, "unknown rule"),
        (HEAD + "[work] info 1\n", 5, "there already"),
        (HEAD + "<verb> = dig\n", 5, "there already"),
        ("lexicon garden-en 1\n[work] info 1\nroses: water\n+ water\n", 0, "no 'why:'"),
        (HEAD, 4, "no entries"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        lexicon(text)
    assert reason in refused.value.reason
    if line:
        assert refused.value.path == f"garden.txt:{line}"


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(ConfigurationRefused, match="not UTF-8"):
        Lexicon(b"\xff", "garden.txt", kinds=set(), rules=set())


def test_a_phrase_longer_than_any_message_needs_is_refused() -> None:
    with pytest.raises(PhraseRefused, match="longer than"):
        parse("word " * (MAX_WORDS + 1), {})


class Counted(Sequence[str]):
    """Words that count how often they are looked at."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.looks = 0

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        self.looks += 1
        return self.words[at]

    def __len__(self) -> int:
        return len(self.words)


@pytest.mark.parametrize("line", ["water ", "water the roses ", "water roses x ", "prune "])
def test_work_grows_linearly_with_the_words_of_a_text(line: str) -> None:
    garden = lexicon(HEAD + ENTRY)
    words = split(readings(line * 500)[0])
    counted = Counted(words.words)
    garden.search(Words(words.reading, counted, words.starts, words.ends, words.begins_sentence))
    assert counted.looks <= (MAX_WORDS + 4) * len(words.words)


@given(st.text(alphabet="waterosdyhmcubk .!?*'1", max_size=80))
def test_spans_lie_inside_the_text_in_order_and_the_prefilter_hides_nothing(text: str) -> None:
    garden = lexicon(HEAD + ENTRY + "short: water roses\n| my today\n+ my today\n")
    for reading in readings(text):
        matches = garden.find(reading)
        assert [(match.entry.id, match.span) for match in matches] == [
            (match.entry.id, match.span) for match in garden.search(split(reading))
        ]
        for match in matches:
            start, end = match.span
            assert 0 <= start < end <= len(text)


def test_slips_keep_the_first_letter_of_short_words() -> None:
    assert "ater" not in set(slips("water"))
    assert {"watr", "waetr"} <= set(slips("water"))
    assert not set(slips("hoe"))
    assert squeeze("bookkeeper") == "bokeper"
