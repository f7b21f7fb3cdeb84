"""Texts become n-grams in the same way, alone and in a batch."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.toxicity.grams import BUCKETS, counted, grams

TEXTS = st.lists(st.text(alphabet="ab 'ж1.!\u2028🙂", max_size=12), min_size=1, max_size=6)


def counts(texts: list[str], place: int) -> dict[int, int]:
    of, buckets, counts = counted(texts)
    return {int(bucket): int(count) for text, bucket, count in zip(of, buckets, counts, strict=True) if text == place}


def pieces(text: str) -> tuple[set[str], set[str]]:
    """Words with pairs, and runs of characters, as they stand in the text."""
    found = grams([text])
    cut = [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
    return set(cut[: found.words]), set(cut[found.words :])


def test_words_pairs_and_runs_inside_words_are_counted() -> None:
    words, runs = pieces("you nice-ish")
    assert words == {"you", "nice", "ish", "you nice", "nice-ish"}
    assert {"yo", "ou", "nice-", "e-ish"} <= runs
    assert not any(" " in run.strip() for run in runs)


@settings(deadline=None)
@given(TEXTS)
def test_a_text_has_the_same_ngrams_alone_and_among_others(texts: list[str]) -> None:
    for place, text in enumerate(texts):
        assert counts(texts, place) == counts([text], 0)


@settings(deadline=None)
@given(TEXTS)
def test_offsets_lie_inside_their_text(texts: list[str]) -> None:
    found = grams(texts)
    lengths = np.array([len(text) for text in texts])
    assert ((found.starts >= 0) & (found.starts < found.ends) & (found.ends <= lengths[found.texts])).all()
    assert ((found.buckets >= 0) & (found.buckets < BUCKETS)).all()


def test_runs_of_blanks_count_as_one() -> None:
    assert counts(["a  word   here "], 0) == counts(["a word here"], 0)


def test_numbers_are_one_number() -> None:
    assert counts(["pid 1234"], 0) == counts(["pid 5678"], 0)
    assert counts(["pid 1234"], 0) != counts(["pid 12345"], 0)


def test_order_and_edges_matter() -> None:
    assert counts(["bad you"], 0) != counts(["you bad"], 0)
    assert pieces("assess")[0] == {"assess"}
    assert " as" not in pieces("pass")[1]


def test_nothing_has_no_ngrams() -> None:
    assert counts([""], 0) == {}
    assert counts(["", "word", ""], 0) == {}
    assert counts(["", "word", ""], 1) == counts(["word"], 0)
