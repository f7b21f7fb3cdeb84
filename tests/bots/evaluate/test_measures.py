"""The figures against their definitions, reckoned the slow way; weights, ties and what is not defined."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.evaluate.measures import (
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

Rows = list[tuple[float, int, int]]
"""(score, label, weight) each."""

rows_of_both_kinds = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.sampled_from([0, 1]), st.integers(1, 5)),
    min_size=2,
    max_size=40,
).filter(lambda rows: len({label for _, label, _ in rows}) == 2)


def ranking(rows: Rows) -> Ranking:
    scores, labels, weights = zip(*rows, strict=True)
    return Ranking.of(
        np.array(scores, dtype=np.float32), np.array(labels, dtype=np.int8), np.array(weights, dtype=np.float64)
    )


@given(rows_of_both_kinds)
def test_auc_is_the_share_of_pairs_in_the_right_order_and_a_tie_counts_half(rows: Rows) -> None:
    positives = [(score, weight) for score, label, weight in rows if label]
    others = [(score, weight) for score, label, weight in rows if not label]
    won = sum(
        w1 * w2 * (1.0 if s1 > s2 else 0.5 if s1 == s2 else 0.0) for (s1, w1), (s2, w2) in product(positives, others)
    )
    pairs = sum(w1 * w2 for (_, w1), (_, w2) in product(positives, others))
    assert auc(*ranking(rows).steps()) == pytest.approx(won / pairs)


@given(rows_of_both_kinds)
def test_average_precision_is_the_precision_at_each_score_times_the_recall_it_adds(rows: Rows) -> None:
    everything = sum(weight for _, label, weight in rows if label)
    expected, recall_before = 0.0, 0.0
    for threshold in sorted({score for score, _, _ in rows}, reverse=True):
        alarms = [(label, weight) for score, label, weight in rows if score >= threshold]
        hits = sum(weight for label, weight in alarms if label)
        recall = hits / everything
        expected += (recall - recall_before) * hits / sum(weight for _, weight in alarms)
        recall_before = recall
    assert average_precision(*ranking(rows).steps()) == pytest.approx(expected)


@given(rows_of_both_kinds)
def test_a_weight_counts_like_so_many_rows(rows: Rows) -> None:
    repeated = [(score, label, 1) for score, label, weight in rows for _ in range(weight)]
    assert auc(*ranking(rows).steps()) == pytest.approx(auc(*ranking(repeated).steps()))
    assert average_precision(*ranking(rows).steps()) == pytest.approx(average_precision(*ranking(repeated).steps()))
    assert calibration_error(calibration(ranking(rows))) == pytest.approx(
        calibration_error(calibration(ranking(repeated)))
    )


@given(rows_of_both_kinds)
def test_drawing_each_row_twice_changes_nothing(rows: Rows) -> None:
    ranked = ranking(rows)
    assert auc(*ranked.steps(np.full(len(rows), 2))) == pytest.approx(auc(*ranked.steps()))


def test_nothing_is_said_about_one_class_alone() -> None:
    for label in (0, 1):
        steps = ranking([(0.2, label, 1), (0.9, label, 1)]).steps()
        assert auc(*steps) is None
        assert roc_points(*steps) == ()
    assert average_precision(*ranking([(0.2, 0, 1)]).steps()) is None
    empty = ranking([(0.5, -1, 1)])
    assert (len(empty.rows), empty.has_both, auc(*empty.steps()), average_precision(*empty.steps())) == (
        0, False, None, None,
    )  # fmt: skip
    assert (calibration(empty), roc_points(*empty.steps()), precision_points(*empty.steps())) == ((), (), ())


def test_equal_scores_rank_like_chance() -> None:
    assert auc(*ranking([(0.5, 1, 1), (0.5, 0, 3), (0.5, 1, 2)]).steps()) == 0.5


def test_rows_without_a_label_are_left_out() -> None:
    ranked = ranking([(0.9, -1, 1), (0.8, 1, 1), (0.7, 0, 1)])
    assert (list(ranked.rows), ranked.positives, ranked.others) == ([1, 2], 1, 1)


def test_alarm_figures_by_hand() -> None:
    weights = np.array([1.0, 1.0, 2.0, 4.0])
    figures = alarm_figures(np.array([True, False, True, False]), np.array([True, True, False, False]), weights)
    assert figures.alarms_per_1000 == 1000 * 3 / 8
    assert figures.precision == 1 / 3
    assert figures.recall == 1 / 2
    assert figures.f1 == pytest.approx(2 / 5)
    assert figures.false_alarms_per_1000_others == pytest.approx(1000 * 2 / 6)


def test_alarm_figures_say_what_can_not_be_divided() -> None:
    silent = alarm_figures(np.array([False]), np.array([True]), np.ones(1))
    assert (silent.precision, silent.recall, silent.f1, silent.false_alarms_per_1000_others) == (None, 0.0, 0.0, None)
    harmless = alarm_figures(np.array([True]), np.array([False]), np.ones(1))
    assert (harmless.precision, harmless.recall, harmless.f1) == (0.0, None, None)


def test_natural_weights_give_the_rate_and_keep_the_number_of_rows() -> None:
    is_positive = np.array([True] * 30 + [False] * 20)
    weights = natural_weights(is_positive, 0.1)
    assert weights.sum() == pytest.approx(50)
    assert weights[is_positive].sum() == pytest.approx(5)


@pytest.mark.parametrize("truth", [True, False])
def test_rows_of_one_kind_can_not_be_weighted(truth: bool) -> None:
    with pytest.raises(ValueError, match="both kinds"):
        natural_weights(np.array([truth, truth]), 0.1)


def test_an_interval_holds_the_figure_is_repeatable_and_narrows_with_rows() -> None:
    random = np.random.default_rng(7)

    def sample(rows: int) -> Ranking:
        labels = random.integers(0, 2, rows).astype(np.int8)
        scores = np.clip(random.normal(0.4 + 0.2 * labels, 0.2), 0, 1).astype(np.float32)
        return Ranking.of(scores, labels, np.ones(rows))

    widths = []
    for rows in (200, 5000):
        ranked = sample(rows)
        found = resampled([ranked], rows, times=200, seed=3)
        again = resampled([ranked], rows, times=200, seed=3)
        assert found == again
        (interval,) = found.auc
        assert interval is not None
        value = auc(*ranked.steps())
        assert value is not None
        assert interval.low < value < interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 3


def test_too_few_rows_of_a_class_give_no_interval_and_no_mean() -> None:
    enough = ranking([(place / 40, place % 2, 1) for place in range(40)])
    few = ranking([(place / 40, int(place < 9), 1) for place in range(40)])
    found = resampled([enough, few], 40, times=50, seed=1)
    assert (found.auc[0] is not None, found.auc[1], found.average_precision[1], found.mean_auc) == (
        True, None, None, None,
    )  # fmt: skip


def test_the_mean_of_two_labels_has_an_interval_of_the_same_draws() -> None:
    one = ranking([(place / 40, place % 2, 1) for place in range(40)])
    found = resampled([one, one], 40, times=50, seed=1)
    assert found.mean_auc == found.auc[0] == found.auc[1]


def test_calibration_counts_each_score_in_its_bin() -> None:
    bins = calibration(ranking([(0.0, 0, 1), (0.05, 1, 1), (0.1, 0, 1), (0.3, 1, 1), (0.95, 1, 2), (1.0, 1, 1)]))
    assert [(each.low, each.rows) for each in bins] == [(0.0, 2), (0.1, 1), (0.3, 1), (0.9, 2)]
    assert bins[0].observed == 0.5
    assert bins[0].mean_score == pytest.approx(0.025)
    assert sum(each.share for each in bins) == pytest.approx(1.0)


def test_scores_that_mean_what_they_say_have_no_calibration_error() -> None:
    honest = ranking([(0.25, int(place < 25), 1) for place in range(100)])
    assert calibration_error(calibration(honest)) == pytest.approx(0.0, abs=1e-6)
    boastful = ranking([(0.75, int(place < 25), 1) for place in range(100)])
    assert calibration_error(calibration(boastful)) == pytest.approx(0.5)


def test_curves_begin_and_end_where_they_must_and_keep_their_area_when_thinned() -> None:
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, 20_000).astype(np.int8)
    scores = np.clip(random.normal(0.4 + 0.2 * labels, 0.2), 0, 1).astype(np.float32)
    steps = Ranking.of(scores, labels, np.ones(20_000)).steps()
    points = roc_points(*steps)
    assert (points[0], points[-1], len(points) <= 162) == ((0.0, 0.0), (1.0, 1.0), True)
    x, y = np.array(points).T
    assert np.trapezoid(y, x) == pytest.approx(auc(*steps), abs=0.002)
    recall = precision_points(*steps)
    assert recall[-1] == pytest.approx((1.0, labels.mean()), abs=1e-5)


def test_spread_is_the_share_of_each_kind_by_score() -> None:
    shares = spread(ranking([(0.0, 0, 1), (0.0, 0, 3), (1.0, 1, 1), (0.5, 1, 1)]), bins=4)
    assert shares == ((0.0, 1.0), (0.0, 0.0), (0.5, 0.0), (0.5, 0.0))
