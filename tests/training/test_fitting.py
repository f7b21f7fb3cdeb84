"""Fitting gives the same file from the same texts, and one that ranks what it was taught."""

import os
from pathlib import Path

import numpy as np
import pytest

from filters.toxicity.model import LABELS, LinearModel

if os.environ.get("LIGHTKEEPER_STRICT") != "1":
    pytest.importorskip("scipy", reason="training's own requirements are not installed (make train installs them)")

from training.fitting import (
    Fitted,
    calibrated,
    counts_of,
    fit,
    idf_of,
    natural,
    quantised,
    weighed,
)

CALM = [f"a calm line about the harbour number {each}" for each in "abcdefghij"]
RUDE = [f"you gronk of the harbour number {each}" for each in "abcdefghij"]


def trained(path: Path) -> bytes:
    counts = counts_of([*CALM, *RUDE])
    idf = idf_of(counts)
    labels = np.array([0.0] * len(CALM) + [1.0] * len(RUDE))
    ones = np.ones(len(labels))
    weights, bias = fit(weighed(counts, idf), labels, ones, np.full(len(labels), -1))
    column, scale = quantised(weights)
    six = np.ones(len(LABELS))
    Fitted(
        idf=idf,
        weights=np.stack([column] * len(LABELS), axis=1),
        scale=six * scale,
        bias=six * bias,
        slope=six,
        shift=six * 0,
        version="test",
    ).write(path)
    return path.read_bytes()


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    assert trained(tmp_path / "one.npz") == trained(tmp_path / "other.npz")


def test_what_was_learnt_is_read_back(tmp_path: Path) -> None:
    model = LinearModel(trained(tmp_path / "model.npz"), "a model")
    rude, calm = model.scores(["you gronk of the sea", "a calm line about the sea"])
    assert (rude > 0.5).all()
    assert (calm < 0.5).all()


def test_training_and_the_filter_read_alike(tmp_path: Path) -> None:
    counts = counts_of([*CALM, *RUDE])
    idf = idf_of(counts)
    labels = np.array([0.0] * len(CALM) + [1.0] * len(RUDE))
    features = weighed(counts, idf)
    weights, bias = fit(features, labels, np.ones(len(labels)), np.full(len(labels), -1))
    column, scale = quantised(weights)
    model = LinearModel(trained(tmp_path / "model.npz"), "a model")
    np.testing.assert_allclose(
        model.margins([*CALM, *RUDE])[:, 0], features @ (column * scale) + bias, rtol=1e-3, atol=1e-4
    )


def test_rows_without_the_label_teach_nothing() -> None:
    features = weighed(counts_of([*CALM, *RUDE]), idf_of(counts_of([*CALM, *RUDE])))
    labels = np.array([0.0] * len(CALM) + [1.0] * len(RUDE))
    gaps = labels.copy()
    gaps[::2] = np.nan
    apart = np.full(len(labels), -1)
    known = ~np.isnan(gaps)
    all_rows, _ = fit(features, gaps, np.ones(len(labels)), apart)
    some_rows, _ = fit(features[known], gaps[known], np.ones(known.sum()), apart[known])
    np.testing.assert_allclose(all_rows, some_rows)


def test_calibration_undoes_a_stretched_and_shifted_scale() -> None:
    random = np.random.default_rng(7)
    true = random.normal(size=20_000) * 2
    labels = (random.random(20_000) < 1 / (1 + np.exp(-true))).astype(float)
    slope, shift = calibrated(true * 3 + 1, labels, np.ones(20_000))
    assert slope == pytest.approx(1 / 3, rel=0.1)
    assert shift == pytest.approx(-1 / 3, abs=0.1)


def test_natural_weights_make_one_in_ten_toxic() -> None:
    labels = np.zeros((100, len(LABELS)))
    labels[:40, 2] = 1.0
    weights = natural(labels)
    assert weights[:40].sum() / weights.sum() == pytest.approx(0.1)
