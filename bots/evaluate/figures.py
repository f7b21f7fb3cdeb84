"""Turns what was collected into figures: one label after the other, all under the same weights and the same draws."""

from dataclasses import dataclass

import numpy as np

from bots.evaluate.columns import NotAsAsked
from bots.evaluate.measures import (
    Floats,
    Interval,
    Ranking,
    alarm_figures,
    auc,
    average_precision,
    calibration,
    calibration_error,
    natural_weights,
    precision_points,
    resampled,
    roc_points,
    spread,
)
from bots.evaluate.report import Evaluation, LabelFigures, LevelRow, SilentFilter, ThresholdRow
from bots.evaluate.run import Collected

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SEED = 20261122
RESAMPLES_MOST, RESAMPLES_LEAST = 1000, 200
DRAWS = 100_000_000
"""About how many rows may be drawn in all, so that intervals of a large file take seconds, not minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalRate:
    """What share of real messages is labelled: `score` names the label that is meant, None any of them."""

    rate: float
    score: str | None = None


def resamples_for(rows: int) -> int:
    """How many times so many rows are drawn."""
    return max(RESAMPLES_LEAST, min(RESAMPLES_MOST, DRAWS // max(1, rows)))


def evaluation(
    collected: Collected,
    *,
    source: str,
    policy: str,
    natural: NaturalRate | None,
    bad_rows: int,
    is_cut: bool,
    seconds: float,
    seed: int = SEED,
    resamples: int | None = None,
) -> Evaluation:
    """All figures of a file of which at least one row was screened.

    Args:
        collected: What screening gave.
        source, policy, bad_rows, is_cut, seconds: As they stand in the report.
        natural: The share of labelled rows to weigh to; None takes rows as they are.
        seed, resamples: Of the intervals; the number fits the rows by default.

    Raises:
        NotAsAsked: `natural` is given and all rows carry its label, or none does.
    """
    labels = collected.columns.labels
    meant = [place for place, each in enumerate(labels) if natural is None or natural.score in (None, each.score)]
    is_known = np.any([collected.truth_column(place) >= 0 for place in meant], axis=0)
    is_labelled = np.any([collected.truth_column(place) == 1 for place in meant], axis=0)[is_known]
    weights = np.ones(collected.rows)  # also of rows of which nobody says whether they carry the label that is meant
    try:
        if natural:
            weights[is_known] = natural_weights(is_labelled, natural.rate)
    except ValueError:
        kind = "every line carries" if is_labelled.any() else "no line carries"
        what = natural.score if natural and natural.score else "a label"
        raise NotAsAsked(f"--natural-rate: {kind} {what}, so nothing can be weighed; leave it out") from None
    rankings = [
        Ranking.of(collected.score_column(place), collected.truth_column(place), weights)
        for place in range(len(labels))
    ]
    times = resamples_for(collected.rows) if resamples is None else resamples
    intervals = resampled(rankings, collected.rows, times=times, seed=seed)
    figures = tuple(
        _figures(collected, place, ranking, weights, intervals.auc[place], intervals.average_precision[place])
        for place, ranking in enumerate(rankings)
    )
    aucs = [each.auc for each in figures if each.auc is not None]
    has_mean = len(aucs) == len(figures) > 1
    return Evaluation(
        source=source,
        policy=policy,
        text_column=collected.columns.text,
        rows=collected.rows,
        bad_rows=bad_rows,
        is_cut=is_cut,
        natural_rate=natural.rate if natural else None,
        natural_label=natural.score if natural else None,
        found_rate=float(is_labelled.mean()) if len(is_labelled) else 0.0,
        labels=figures,
        mean_auc=float(np.mean(aucs)) if has_mean else None,
        mean_auc_interval=intervals.mean_auc if has_mean else None,
        resamples=times,
        seed=seed,
        silent=tuple(
            SilentFilter(filter=key[0], state=key[1].value, why=collected.reasons[key], rows=rows)
            for key, rows in sorted(collected.silent.items())
        ),
        seconds=seconds,
    )


def _figures(
    collected: Collected,
    place: int,
    ranking: Ranking,
    weights: Floats,
    auc_interval: Interval | None,
    precision_interval: Interval | None,
) -> LabelFigures:
    label = collected.columns.labels[place]
    rows = ranking.rows  # the labelled ones, highest score first
    is_positive, weights = ranking.is_positive, weights[rows]
    levels = collected.level_column(label.score)[rows]
    steps = ranking.steps()
    # Scores have 32 bits: 0.9 as they hold it lies below 0.9 as 64 bits hold it.
    table = tuple(
        ThresholdRow(threshold=at, figures=alarm_figures(ranking.scores >= np.float32(at), is_positive, weights))
        for at in (THRESHOLDS if len(rows) else ())
    )
    bins = calibration(ranking)
    return LabelFigures(
        score=label.score,
        column=label.column,
        rows=len(rows),
        unlabelled=collected.rows - len(rows),
        positives=ranking.positives,
        undefined=_undefined(ranking),
        is_constant=len(ranking.ends) == 1,
        auc=auc(*steps) if ranking.has_both else None,
        auc_interval=auc_interval,
        average_precision=average_precision(*steps) if ranking.has_both else None,
        average_precision_interval=precision_interval,
        base_rate=float(weights[is_positive].sum() / weights.sum()) if len(rows) else 0.0,
        thresholds=table,
        best=max(table, key=lambda row: row.figures.f1 or 0.0) if ranking.positives else None,
        calibration=bins,
        calibration_error=calibration_error(bins),
        roc=roc_points(*steps),
        precision_recall=precision_points(*steps) if ranking.has_both else (),
        spread=spread(ranking),
        levels=tuple(
            LevelRow(
                level=level,
                positives=int(np.count_nonzero(is_positive & (levels == level))),
                others=int(np.count_nonzero(~is_positive & (levels == level))),
            )
            for level in range(5)
        ),
        alerts=alarm_figures(collected.alert_column(label.score)[rows], is_positive, weights) if len(rows) else None,
    )


def _undefined(ranking: Ranking) -> str:
    if not len(ranking.rows):
        return "no line is labelled"
    if not ranking.positives:
        return "no line carries it"
    return "" if ranking.others else "every line carries it"
