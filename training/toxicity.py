"""Trains the shipped toxicity model: `python -m training.toxicity` (about 15 minutes on two cores).

The same data and seed-free arithmetic give the same file. Another processor or another version of scipy may round
otherwise: `--check` trains anew and tells how far the shipped file is from that, and fails past a tolerance.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from filters.toxicity.model import LABELS, LinearModel
from training.corpus import CROSS_VALIDATED, DATA, FOLDS, Sample, corpus, sources, table
from training.fitting import (
    Fitted,
    Floats,
    calibrated,
    counts_of,
    fit,
    idf_of,
    natural,
    quantised,
    weighed,
)

VERSION = "en-2"
ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "filters" / "toxicity" / "en.npz"
MARGINS = ROOT / "build" / "toxicity" / "out-of-fold.npz"
"""What cross-validation gave, for measuring."""

PROBES = (
    "you are an idiot",
    "kill -9 the process",
    "thanks, that works now",
    "this damn driver again",
    "i will find you and break your neck",
    "go back to where you came from, all of you",
)
TOLERANCE = 0.01
"""How far the scores of two trainings may lie apart, for the probes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The corpus as arrays."""

    samples: Sequence[Sample]
    labels: Floats
    importance: Floats
    apart: npt.NDArray[np.int64]
    is_validated: npt.NDArray[np.bool_]
    folds: npt.NDArray[np.int64]
    idf: Floats
    features: sp.csr_matrix


def prepared(data: Path) -> Prepared:
    """Read, fold and count everything."""
    samples = corpus(data)
    of = {source.name: (place, source) for place, source in enumerate(sources(data))}
    is_learnt = np.array([not sample.is_held_out for sample in samples])
    counts = counts_of([sample.text for sample in samples])
    idf = idf_of(counts[is_learnt])
    return Prepared(
        samples=samples,
        labels=table(samples),
        importance=np.array([of[sample.source][1].importance for sample in samples]) * is_learnt,
        apart=np.array([of[each.source][0] if of[each.source][1].is_apart else -1 for each in samples]),
        is_validated=np.array([sample.source == CROSS_VALIDATED for sample in samples]),
        folds=np.array([sample.fold for sample in samples]),
        idf=idf,
        features=weighed(counts, idf),
    )


def fitted_labels(given: Prepared, importances: Sequence[Floats], jobs: int) -> list[list[tuple[Floats, float]]]:
    """Weights and bias of every label for each vector of importance; the same whatever `jobs` is.

    Forked processes see the features without a copy.
    """
    tasks = [(each, label) for each in range(len(importances)) for label in range(len(LABELS))]
    _SHARED["given"], _SHARED["importances"] = given, importances
    with get_context("fork").Pool(jobs) as pool:
        found = []
        for done, each in enumerate(pool.imap(_fitted, tasks), 1):
            found.append(each)
            _say(f"{done} of {len(tasks)} fitted")
    return [found[start : start + len(LABELS)] for start in range(0, len(found), len(LABELS))]


_SHARED: dict[str, Any] = {}


def _fitted(task: tuple[int, int]) -> tuple[Floats, float]:
    given: Prepared = _SHARED["given"]
    each, label = task
    return fit(given.features, given.labels[:, label], _SHARED["importances"][each], given.apart)


def out_of_fold(given: Prepared, models: Sequence[Sequence[tuple[Floats, float]]]) -> tuple[Floats, Floats]:
    """Margins of the cross-validated source, each by the model that never saw its fold: as fitted, and in 8 bits."""
    exact = np.zeros((len(given.samples), len(LABELS)))
    coarse = exact.copy()
    for fold, labels in enumerate(models):
        tested = _tested(given, fold)
        for label, (weights, bias) in enumerate(labels):
            small, scale = quantised(weights)
            exact[tested, label] = given.features[tested] @ weights + bias
            coarse[tested, label] = given.features[tested] @ (small * scale) + bias
    return exact[given.is_validated], coarse[given.is_validated]


def _tested(given: Prepared, fold: int) -> npt.NDArray[np.bool_]:
    tested: npt.NDArray[np.bool_] = given.is_validated & (given.folds == fold)
    return tested


def trained(given: Prepared, model: Sequence[tuple[Floats, float]], margins: Floats) -> Fitted:
    """The model of everything that is not held out, calibrated on `margins` at the natural rate."""
    labels = given.labels[given.is_validated]
    importance = natural(labels)
    columns, scales, biases, slopes, shifts = [], [], [], [], []
    for label, (weights, bias) in enumerate(model):
        column, scale = quantised(weights)
        slope, shift = calibrated(margins[:, label], labels[:, label], importance)
        columns.append(column)
        scales.append(scale)
        biases.append(bias)
        slopes.append(slope)
        shifts.append(shift)
    return Fitted(
        idf=given.idf,
        weights=np.stack(columns, axis=1),
        scale=np.array(scales),
        bias=np.array(biases),
        slope=np.array(slopes),
        shift=np.array(shifts),
        version=VERSION,
    )


def differences(one: bytes, other: bytes) -> tuple[bool, float]:
    """Whether two model files are the same, and how far their scores of the probes lie apart."""
    scores = [LinearModel(data, "a model").scores(PROBES) for data in (one, other)]
    return one == other, float(np.abs(scores[0] - scores[1]).max())


def main() -> int:
    """Train and write, or train and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the data folder")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="the model file")
    parser.add_argument("--check", action="store_true", help="compare with the model file instead of writing it")
    parser.add_argument("--jobs", type=int, default=2, help="processes that fit at once, each of about 1.5 GB")
    asked = parser.parse_args()
    with threadpool_limits(1):
        given = prepared(asked.data)
        _say(f"{len(given.samples)} texts, {given.features.nnz} n-grams")
        without = [np.where(_tested(given, fold), 0.0, given.importance) for fold in range(FOLDS)]
        *folds, whole = fitted_labels(given, [*without, given.importance], asked.jobs)
        exact, coarse = out_of_fold(given, folds)
        fitted = trained(given, whole, exact)
    if not asked.check:
        MARGINS.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(MARGINS, exact=exact, coarse=coarse)
        fitted.write(asked.out)
        _say(f"wrote {asked.out.name}, {asked.out.stat().st_size} bytes; now run `make manifest`")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        fitted.write(Path(folder) / "new.npz")
        is_same, apart = differences(asked.out.read_bytes(), (Path(folder) / "new.npz").read_bytes())
    _say("the same file" if is_same else f"another file; scores lie {apart:.2g} apart, {TOLERANCE} is allowed")
    return 0 if is_same or apart <= TOLERANCE else 1


def _say(sentence: str) -> None:
    sys.stderr.write(f"training: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
