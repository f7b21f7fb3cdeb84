"""Fitting: counts to a sparse matrix, one logistic regression a label, calibration, and the file that ships."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize

from filters.toxicity.grams import BUCKETS, counted
from filters.toxicity.model import FORMAT

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
LEAST_TEXTS = 4
"""An n-gram of fewer texts is not learnt."""
APART = 3.0
"""What a source's own column counts: a bias of its own, hardly held back."""
STRENGTH = 3.0
"""The inverse of L2 regularisation."""
STEPS = 80


def counts_of(texts: Sequence[str]) -> sp.csr_matrix:
    """1 + log(count) of every n-gram; [texts, BUCKETS]."""
    buckets, values, ends = [], [], [0]
    for text in texts:
        _, found, counts = counted([text])
        buckets.append(found.astype(np.int32))
        values.append((1.0 + np.log(counts)).astype(np.float32))
        ends.append(ends[-1] + len(found))
    return sp.csr_matrix((np.concatenate(values), np.concatenate(buckets), ends), shape=(len(texts), BUCKETS))


def idf_of(counts: sp.csr_matrix) -> Floats:
    """The inverse document frequency of every bucket, 0 for what is too rare to be learnt; in 16 bits' precision."""
    texts_with = np.bincount(counts.indices, minlength=BUCKETS)
    idf = np.log((1.0 + counts.shape[0]) / (1.0 + texts_with)) + 1.0
    rare: Floats = np.where(texts_with >= LEAST_TEXTS, idf, 0.0).astype(np.float16).astype(np.float64)
    return rare


def weighed(counts: sp.csr_matrix, idf: Floats) -> sp.csr_matrix:
    """Counts times idf, every text of length 1."""
    scaled = (counts @ sp.diags(idf.astype(np.float32))).tocsr()
    norms = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    return (sp.diags((1.0 / np.maximum(norms, 1e-6)).astype(np.float32)) @ scaled).tocsr()


def fit(features: sp.csr_matrix, labels: Floats, importance: Floats, apart: Numbers) -> tuple[Floats, float]:
    """Weights and bias of one label by L-BFGS, from the rows whose label is known; deterministic.

    `apart` gives for each row the number of its source's own bias, or -1: what such a source calls toxic, and how
    often, then says less about the words that its texts happen to share.
    """
    known = np.flatnonzero(~np.isnan(labels) & (importance > 0))
    rows = features[known]
    used = np.flatnonzero(np.bincount(rows.indices, minlength=BUCKETS))
    biases = _biases(apart[known])
    rows = sp.hstack([rows[:, used], biases], format="csr", dtype=np.float32)
    columns = rows.T
    signs = 2.0 * labels[known] - 1.0
    strength = STRENGTH * importance[known]

    def loss(point: Floats) -> tuple[float, Floats]:
        margins = -signs * (rows @ point[:-1].astype(np.float32) + point[-1])
        pull = -strength * signs / (1.0 + np.exp(-np.clip(margins, -30, 30)))
        value = float(strength @ np.logaddexp(0.0, margins)) + 0.5 * float(point[:-1] @ point[:-1])
        slope = np.append(columns @ pull.astype(np.float32) + point[:-1], pull.sum())
        return value, slope

    start = np.zeros(rows.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights = np.zeros(BUCKETS)
    weights[used] = found.x[: len(used)]
    return weights, float(found.x[-1])


def _biases(apart: Numbers) -> sp.csr_matrix:
    own = np.flatnonzero(apart >= 0)
    values = np.full(len(own), APART, dtype=np.float32)
    return sp.csr_matrix((values, (own, apart[own])), shape=(len(apart), int(apart.max(initial=-1)) + 1))


def quantised(weights: Floats) -> tuple[npt.NDArray[np.int8], float]:
    """Weights in 8 bits, and what one of them is worth."""
    scale = float(np.abs(weights).max()) / 127.0 or 1.0
    return np.round(weights / scale).astype(np.int8), scale


def calibrated(margins: Floats, labels: Floats, importance: Floats) -> tuple[float, float]:
    """Slope and shift after which the logistic of a margin is a probability (Platt, 1999)."""
    positive, negative = importance @ labels, importance @ (1.0 - labels)
    targets = np.where(labels > 0.5, (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0))

    def loss(point: Floats) -> float:
        found = point[0] * margins + point[1]
        return float(importance @ (np.logaddexp(0.0, found) - targets * found))

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-6})
    return float(found.x[0]), float(found.x[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is written into the model file; arrays by label."""

    idf: Floats
    weights: npt.NDArray[np.int8]
    scale: Floats
    bias: Floats
    slope: Floats
    shift: Floats
    version: str

    def write(self, path: Path) -> None:
        """The file: the same bytes from the same arrays."""
        np.savez_compressed(
            path,
            format=np.int64(FORMAT),
            version=np.str_(self.version),
            idf=self.idf.astype(np.float16),
            weights=self.weights,
            scale=self.scale.astype(np.float32),
            bias=self.bias.astype(np.float32),
            slope=self.slope.astype(np.float32),
            shift=self.shift.astype(np.float32),
        )


def natural(labels: Floats, rate: float = 0.1) -> Floats:
    """Importance of each row of [rows, labels] so that rows with any label make up `rate` of the whole."""
    is_toxic = np.nanmax(labels, axis=1) > 0.5
    clean, toxic = (~is_toxic).sum(), is_toxic.sum()
    weights: Floats = np.where(is_toxic, clean * rate / (1.0 - rate) / max(toxic, 1), 1.0)
    return weights
