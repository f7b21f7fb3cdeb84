"""A model file is read whole or refused, and scores a text the same whatever stands beside it."""

import numpy as np
import pytest

from core.errors import ConfigurationRefused
from filters.toxicity.model import LABELS, LONGEST_TEXT, LinearModel
from tests.filters.toxicity.samples import model_bytes


def test_what_weighs_raises_every_score() -> None:
    model = LinearModel(model_bytes({"gronk": 100}), "a model")
    bad, good = model.scores(["what a gronk", "what a day"])
    assert (bad > good).all()
    assert bad.shape == (len(LABELS),)
    assert ((bad >= 0) & (bad <= 1)).all()


def test_a_text_scores_the_same_alone_and_in_a_batch_of_any_length() -> None:
    model = LinearModel(model_bytes({"gronk": 100}), "a model")
    texts = ["", "what a gronk", "calm " * 2_000, "gronk " * 3_000, "x", " ", *["filler words here"] * 3_000]
    alone = np.concatenate([model.scores([text]) for text in texts[:8]])
    np.testing.assert_allclose(model.scores(texts)[:8], alone, atol=1e-6)


def test_no_texts_have_no_scores() -> None:
    assert LinearModel(model_bytes({}), "a model").scores([]).shape == (0, len(LABELS))


def test_the_word_that_weighs_most_is_named() -> None:
    model = LinearModel(model_bytes({"gronk": 100}), "a model")
    weighed = model.weigh("you, gronk!", 0)
    start, end, _ = max(weighed, key=lambda each: each[2])
    assert "you, gronk!"[start:end] == "gronk"


def test_weighing_a_long_text_stays_within_what_is_read() -> None:
    model = LinearModel(model_bytes({"gronk": 100}), "a model")
    assert all(end <= LONGEST_TEXT for _, end, _ in model.weigh("gronk " * LONGEST_TEXT, 0))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 cut off",
        model_bytes({})[:-200],
        model_bytes({}, format=np.int64(99)),
        model_bytes({}, idf=np.ones(7, np.float16)),
        model_bytes({}, bias=np.array([np.nan] * len(LABELS), np.float32)),
        model_bytes({}, version=np.array([object()], dtype=object)),
    ],
    ids=["empty", "no zip", "cut", "format", "shape", "nan", "pickle"],
)
def test_what_is_no_model_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(ConfigurationRefused, match="a model") as refused:
        LinearModel(data, "a model")
    assert "reinstall" in refused.value.hint
