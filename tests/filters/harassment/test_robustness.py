"""Whatever people send, the harassment filter answers, and points at real characters."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.filter import Seen
from core.model.finding import SCORE_NAMES
from filters.harassment.filter import HarassmentFilter
from tests.filters.harassment.talk import harassment, message, said

WORDS = (
    "you you're idiot moron kill yourself kys 'll i will kill you ! . , ? ann: @ann <@id-ann> f*ck 1d10t not \" ' ` > "
    "lol 😂 ❤ your stupid idea address is 12 Elm Street 555-123-4567 \u200b é İ ß ﬁ"
)
PIECES = st.sampled_from(WORDS.split(" "))
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map(" ".join))


@given(st.lists(st.tuples(st.sampled_from(["ann", "bea", "cy"]), TEXTS), min_size=1, max_size=6))
def test_spans_lie_within_the_text_and_verdicts_repeat(lines: list[tuple[str, str]]) -> None:
    messages = [message(text, author, number) for number, (author, text) in enumerate(lines)]
    seen = Seen(message=messages[-1], before=tuple(messages[:-1]))
    verdict = harassment().screen([seen])[0]
    for finding in verdict.findings:
        assert list(finding.spans) == sorted(finding.spans)
        assert all(0 <= start < end <= len(seen.message.text) for start, end in finding.spans)
        assert finding.target != seen.message.author.id
    assert set(verdict.scores) <= set(SCORE_NAMES)
    assert all(0.0 <= score <= 1.0 for score in verdict.scores.values())
    assert harassment().screen([seen])[0] == verdict


@given(TEXTS)
def test_why_never_repeats_the_message(text: str) -> None:
    marked = f"you zxqv idiot {text}"
    verdict = said(marked)
    assert all("zxqv" not in finding.why for finding in verdict.findings)
    assert all("zxqv" not in check.why for check in verdict.checks)


def test_a_span_covers_exactly_the_original_words() -> None:
    text = "hey 😂 you are an i\u200bd\u200biot ok"
    start, end = said(text).findings[0].spans[0]
    assert text[start:end] == "i\u200bd\u200biot"


def test_unpaired_surrogates_are_survived() -> None:
    assert said("\ud800 you idiot \udfff").findings
    assert said("you idi\ud800ot \ud83d").scores is not None


@pytest.mark.parametrize("text", ["", " ", "\n\n", "...", "😂😂", "\u202eyou\u202c", "’’’", "@", ":", ","])
def test_next_to_nothing_is_survived(text: str) -> None:
    assert said(text).findings == ()


@pytest.mark.parametrize(
    "unit", ["you idiot ", "a", "kill ", "'\"`", "you, ", "<@1> ", "f*", "12 a ", "her number is 1"]
)
def test_two_hundred_kilobytes_take_no_more_than_moments(unit: str) -> None:
    started = time.process_time()
    said(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 5.0


def test_the_end_of_a_long_message_within_the_cut_is_read() -> None:
    assert said("blah " * 300 + ". kill yourself").findings


def test_the_filter_tells_its_version_by_the_lexicon() -> None:
    small = b"version = 3\n[insult noun 2]\nidiot\n" + CONTEXTS
    other = small.replace(b"idiot", b"moron")
    assert HarassmentFilter(small).version != HarassmentFilter(other).version


NEEDED = (b"distress", b"boundary", b"pester", b"laugh", b"affection")
CONTEXTS = b"".join(b"[context %s]\nsome %s words\n" % (name, name) for name in NEEDED)


def test_nobody_is_the_target_of_their_own_words_also_where_they_mention_themselves() -> None:
    verdict = harassment().screen([Seen(message=message("KYS<@id-ann>", "ann", 0))])[0]
    assert all(finding.target is None for finding in verdict.findings)
