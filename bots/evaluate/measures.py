"""How well scores separate lines that carry a label from those that don't: weighted, ties counted honestly, numpy only.

Everything starts from a `Ranking`: the rows of one label, highest score first. Rows of equal score are one step: no
threshold can tell them apart, so no figure may. Each row has a weight, so that a sample in which labels are more
frequent than in nature can be reckoned back. A figure that is not defined (nothing of one class) is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scores = NDArray[np.float32]
Truths = NDArray[np.bool_]

LEAST_OF_A_CLASS = 10
"""Rows of the rarer class below which no interval is given: resampling so few says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The labelled rows of one label, highest score first.

    Attributes:
        scores: In falling order.
        is_positive: Whether each row carries the label.
        weights: Of each row, above 0.
        rows: Each row's place in the file's rows.
        ends: The last place of each run of equal scores.
    """

    scores: Scores
    is_positive: Truths
    weights: Floats
    rows: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, scores: Scores, labels: NDArray[np.int8], weights: Floats) -> Self:
        """Rank the rows whose label is 1 or 0; those of another label (-1) are left out."""
        rows = np.flatnonzero(labels >= 0)
        order = rows[np.argsort(-scores[rows], kind="stable")]
        ranked = scores[order]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else rows
        return cls(scores=ranked, is_positive=labels[order] == 1, weights=weights[order], rows=order, ends=ends)

    @property
    def positives(self) -> int:
        """Rows that carry the label."""
        return int(np.count_nonzero(self.is_positive))

    @property
    def others(self) -> int:
        """Rows that don't."""
        return len(self.is_positive) - self.positives

    @property
    def has_both(self) -> bool:
        """Whether there are rows with and without the label."""
        return 0 < self.positives < len(self.is_positive)

    def steps(self, times: NDArray[np.intp] | None = None) -> tuple[Floats, Floats]:
        """The weight of positives and of others at or above each distinct score, from the highest down.

        Args:
            times: How often each row of the file counts; once by default.
        """
        weights = self.weights if times is None else self.weights * times[self.rows]
        hits = np.cumsum(np.where(self.is_positive, weights, 0.0))
        alarms = np.cumsum(weights)
        return hits[self.ends], (alarms - hits)[self.ends]


def auc(hits: Floats, misses: Floats) -> float | None:
    """The chance that a row with the label scores above one without, a tie counting half; from `Ranking.steps`."""
    if not len(hits) or hits[-1] <= 0 or misses[-1] <= 0:
        return None
    wide = np.diff(misses, prepend=0.0)
    high = hits - np.diff(hits, prepend=0.0) / 2
    return float(wide @ high / (hits[-1] * misses[-1]))


def average_precision(hits: Floats, misses: Floats) -> float | None:
    """Precision at each step, weighted by the recall that the step gains (no interpolation); from `Ranking.steps`."""
    if not len(hits) or hits[-1] <= 0:
        return None
    alarms = hits + misses
    precision = np.divide(hits, alarms, out=np.zeros_like(hits), where=alarms > 0)
    return float(np.diff(hits, prepend=0.0) @ precision / hits[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The middle 95% of what resampled rows gave."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """Intervals by resampling rows: of each ranking's AUC and average precision, and of the mean of the AUCs."""

    auc: tuple[Interval | None, ...]
    average_precision: tuple[Interval | None, ...]
    mean_auc: Interval | None


def resampled(rankings: Sequence[Ranking], rows: int, *, times: int, seed: int) -> Resampled:
    """Bootstrap: draw as many rows as there are, with repetition, `times` over, the same rows for every ranking.

    A ranking with fewer than `LEAST_OF_A_CLASS` rows of either class gets no interval, and so no mean.
    """
    random = np.random.default_rng(seed)
    usable = [min(each.positives, each.others) >= LEAST_OF_A_CLASS for each in rankings]
    drawn = np.full((2, len(rankings), times), np.nan)
    if any(usable):
        for draw in range(times):
            counts = np.bincount(random.integers(0, rows, rows), minlength=rows)
            for place, ranking in enumerate(rankings):
                if usable[place]:
                    steps = ranking.steps(counts)
                    for figure, value in enumerate((auc(*steps), average_precision(*steps))):
                        if value is not None:
                            drawn[figure, place, draw] = value
    mean = drawn[0].mean(axis=0) if rankings and all(usable) else np.empty(0)
    return Resampled(
        auc=tuple(map(_interval, drawn[0])),
        average_precision=tuple(map(_interval, drawn[1])),
        mean_auc=_interval(mean),
    )


def _interval(values: Floats) -> Interval | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, (2.5, 97.5))
    return Interval(low=float(low), high=float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFigures:
    """What follows when some rows raise an alarm: None where there is nothing to divide by."""

    alarms_per_1000: float
    precision: float | None
    recall: float | None
    f1: float | None
    false_alarms_per_1000_others: float | None


def alarm_figures(raised: Truths, is_positive: Truths, weights: Floats) -> AlarmFigures:
    """Figures of the rows for which `raised` holds; there is at least one row."""
    everything = float(weights.sum())
    positives = float(weights[is_positive].sum())
    alarms = float(weights[raised].sum())
    hits = float(weights[raised & is_positive].sum())
    others = everything - positives
    has_others = bool((~is_positive).any())
    return AlarmFigures(
        alarms_per_1000=1000 * alarms / everything,
        precision=hits / alarms if alarms else None,
        recall=hits / positives if positives else None,
        f1=2 * hits / (alarms + positives) if positives else None,
        false_alarms_per_1000_others=1000 * (alarms - hits) / others if has_others else None,
    )


def roc_points(hits: Floats, misses: Floats, most: int = 160) -> tuple[tuple[float, float], ...]:
    """(share of others, share of positives) at or above falling thresholds, from (0, 0) to (1, 1); () if undefined."""
    if not len(hits) or hits[-1] <= 0 or misses[-1] <= 0:
        return ()
    x = np.concatenate(([0.0], misses / misses[-1]))
    y = np.concatenate(([0.0], hits / hits[-1]))
    return _thinned(x, y, most)


def precision_points(hits: Floats, misses: Floats, most: int = 160) -> tuple[tuple[float, float], ...]:
    """(recall, precision) at falling thresholds; () where nothing carries the label."""
    if not len(hits) or hits[-1] <= 0:
        return ()
    alarms = hits + misses
    is_alarm = alarms > 0
    return _thinned((hits / hits[-1])[is_alarm], hits[is_alarm] / alarms[is_alarm], most)


def _thinned(x: Floats, y: Floats, most: int) -> tuple[tuple[float, float], ...]:
    """At most about `most` of the points, evenly along the way that they go; the first and the last stay."""
    if len(x) > most:
        way = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
        kept = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], most)))
        kept = np.unique(np.concatenate(([0], kept, [len(x) - 1])))
        x, y = x[kept], y[kept]
    return tuple(zip(np.round(x, 5).tolist(), np.round(y, 5).tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Rows whose score lies from `low` up to `high`.

    Attributes:
        rows: How many they are.
        share: Of all (weighted) rows, how many.
        mean_score: What the filters said.
        observed: The share of them that carries the label.
    """

    low: float
    high: float
    rows: int
    share: float
    mean_score: float
    observed: float


def calibration(ranking: Ranking, bins: int = 10) -> tuple[CalibrationBin, ...]:
    """The non-empty bins of equal breadth; the last holds a score of 1 too."""
    place = np.minimum((ranking.scores.astype(np.float64) * bins + 1e-9).astype(np.intp), bins - 1)
    rows = np.bincount(place, minlength=bins)
    weight = np.bincount(place, ranking.weights, minlength=bins)
    score = np.bincount(place, ranking.weights * ranking.scores, minlength=bins)
    positive = np.bincount(place, ranking.weights * ranking.is_positive, minlength=bins)
    return tuple(
        CalibrationBin(
            low=at / bins,
            high=(at + 1) / bins,
            rows=int(rows[at]),
            share=float(weight[at] / weight.sum()),
            mean_score=float(score[at] / weight[at]),
            observed=float(positive[at] / weight[at]),
        )
        for at in range(bins)
        if rows[at]
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """How far scores lie from what was observed, on average over all rows."""
    return sum(each.share * abs(each.mean_score - each.observed) for each in bins)


def spread(ranking: Ranking, bins: int = 20) -> tuple[tuple[float, float], ...]:
    """For each of `bins` equal parts of 0 to 1, the share of rows with and of rows without the label that lie in it."""
    place = np.minimum((ranking.scores.astype(np.float64) * bins + 1e-9).astype(np.intp), bins - 1)
    shares = []
    for truth in (ranking.is_positive, ~ranking.is_positive):
        weight = np.bincount(place[truth], ranking.weights[truth], minlength=bins)
        shares.append(weight / weight.sum() if weight.any() else weight)
    return tuple((float(a), float(b)) for a, b in zip(*shares, strict=True))


def natural_weights(is_positive: Truths, rate: float) -> Floats:
    """Weights under which the rows of `is_positive` make up `rate` of all; their sum is the number of rows.

    Raises: `ValueError` when there are no such rows, or only such rows.
    """
    positives, rows = int(np.count_nonzero(is_positive)), len(is_positive)
    if not 0 < positives < rows:
        raise ValueError("needs rows of both kinds")
    return np.where(is_positive, rate * rows / positives, (1 - rate) * rows / (rows - positives))
