"""The plots of an evaluated label."""

from bots.evaluate.report import LabelFigures
from bots.report.plots import Column, ColumnPlot, CurvePlot, Piece, column_plot, share_plot
from bots.report.wording import count, decimals, percent

SMALLEST_DOT, LARGEST_DOT = 3.0, 9.0


def roc(label: LabelFigures) -> CurvePlot:
    """How many labelled lines are found for how many others, at every threshold."""
    return share_plot(
        words=f"ROC curve of {label.score}: area {decimals(label.auc)}.",
        x_words="share of other lines that alarm",
        y_words="share of labelled lines found",
        curves=[("one", label.roc)],
        guide=((0.0, 0.0), (1.0, 1.0)),
    )


def precision_recall(label: LabelFigures) -> CurvePlot:
    """How many alarms are right when so many labelled lines are found."""
    return share_plot(
        words=f"Precision over recall of {label.score}: average precision {decimals(label.average_precision)}.",
        x_words="share of labelled lines found (recall)",
        y_words="share of alarms that are right",
        curves=[("one", label.precision_recall)],
        guide=((0.0, label.base_rate), (1.0, label.base_rate)),
    )


def calibration(label: LabelFigures) -> CurvePlot:
    """Whether a score of 0.7 means that 7 of 10 such lines are labelled; a larger dot stands for more lines."""
    most = max((each.share for each in label.calibration), default=1.0)
    return share_plot(
        words=f"Calibration of {label.score}: scores are off by {decimals(label.calibration_error)} on average.",
        x_words="score",
        y_words="share of lines that are labelled",
        curves=[("one", [(each.mean_score, each.observed) for each in label.calibration])],
        dots=[
            (
                each.mean_score,
                each.observed,
                round(SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * (each.share / most) ** 0.5, 2),
                f"Score {each.low:.1f} to {each.high:.1f}: {percent(each.observed)} of {count(each.rows)} are labelled",
            )
            for each in label.calibration
        ],
        guide=((0.0, 0.0), (1.0, 1.0)),
    )


def thresholds(label: LabelFigures) -> CurvePlot:
    """Precision ("other") and recall ("one") over the threshold."""
    rows = [(row.threshold, row.figures) for row in label.thresholds]
    return share_plot(
        words=f"Precision and recall of {label.score} over the threshold.",
        x_words="threshold",
        y_words="share",
        curves=[
            ("one", [(at, figures.recall) for at, figures in rows if figures.recall is not None]),
            ("other", [(at, figures.precision) for at, figures in rows if figures.precision is not None]),
        ],
    )


def spread(label: LabelFigures) -> ColumnPlot:
    """Where the scores of lines with ("other") and without the label ("one") lie."""
    bins = len(label.spread)
    return column_plot(
        words=f"Scores for {label.score} of lines with and without the label, as shares of each.",
        columns=[
            Column(
                name=f"{place / bins:.1f}",
                pieces=(Piece(look="one", amount=100 * without), Piece(look="other", amount=100 * with_it)),
                words=f"Score {place / bins:.2f} to {(place + 1) / bins:.2f}: "
                f"{percent(without)} of the lines without the label, {percent(with_it)} of those with it",
            )
            for place, (with_it, without) in enumerate(label.spread)
        ],
        x_words="score",
        y_words="% of lines",
        whole=False,
        stacked=False,
        most_names=10,
        height=290.0,
    )
