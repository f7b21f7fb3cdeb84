"""Figures: areas under curves with weights and intervals, and how probabilities hold what they say."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from filters.toxicity.model import LABELS

Floats = npt.NDArray[np.float64]
DRAWS = 400
SEED = 20260301
STEPS = 10


def cross_validated(truth: Floats, margins: Floats, rounded: Floats, rate: Floats) -> dict[str, Any]:
    """AUC and average precision of every label on texts that the weights never saw; [texts, labels].

    Args:
        truth: 0 or 1.
        margins: Out-of-fold scores of unrounded weights.
        rounded: The same of the 8-bit weights that ship.
        rate: Importance of each text, for a natural rate.
    """
    mean = [_auc(truth, rounded, rate, place) for place in range(len(LABELS))]
    low, high = _interval(truth, rounded, rate)
    return {
        "texts": len(truth),
        "natural_rate": 0.1,
        "mean_auc": _short(float(np.mean(mean))),
        "mean_auc_interval_95": [_short(low), _short(high)],
        "bootstrap": {"draws": DRAWS, "seed": SEED},
        "mean_auc_before_rounding": _short(
            float(np.mean([_auc(truth, margins, rate, place) for place in range(len(LABELS))]))
        ),
        "labels": {
            label: {
                "positive": int(truth[:, place].sum()),
                "auc": _short(mean[place]),
                "average_precision": _short(
                    float(average_precision_score(truth[:, place], rounded[:, place], sample_weight=rate))
                ),
            }
            for place, label in enumerate(LABELS)
        },
    }


def calibration(truth: Floats, probabilities: Floats, rate: Floats) -> dict[str, list[dict[str, float]]]:
    """For each label and tenth of the scale: what was said, what was so, and the share of texts there."""
    found = {}
    for place, label in enumerate(LABELS):
        said = probabilities[:, place]
        bins = np.minimum((said * STEPS).astype(int), STEPS - 1)
        rows = []
        for step in range(STEPS):
            here = bins == step
            weight = float(rate[here].sum())
            if weight:
                rows.append(
                    {
                        "said": _short(float((rate[here] @ said[here]) / weight)),
                        "was_so": _short(float((rate[here] @ truth[here, place]) / weight)),
                        "share": _short(weight / float(rate.sum())),
                    }
                )
        found[label] = rows
    return found


def _auc(truth: Floats, scores: Floats, rate: Floats, place: int) -> float:
    return float(roc_auc_score(truth[:, place], scores[:, place], sample_weight=rate))


def _interval(truth: Floats, scores: Floats, rate: Floats) -> tuple[float, float]:
    """The middle 95 % of the mean AUC over texts drawn with replacement."""
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(truth), len(truth))
        found.append(np.mean([_auc(truth[drawn], scores[drawn], rate[drawn], place) for place in range(len(LABELS))]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _short(figure: float) -> float:
    return round(figure, 5)
