"""What an evaluation measured, as frozen data for renderers; it holds no text of any line."""

from dataclasses import dataclass

from bots.evaluate.measures import AlarmFigures, CalibrationBin, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRow:
    """What follows when every score of at least `threshold` raises an alarm."""

    threshold: float
    figures: AlarmFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """Rows whose gravest recorded finding has this level (0: none), by whether they carry the label; not weighted."""

    level: int
    positives: int
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """One label against the score of its name.

    Attributes:
        column: The file's column.
        rows: Those that are labelled at all; `unlabelled` are the rest.
        positives: Rows that carry the label.
        undefined: Why nothing can be said about ranking; "" when it can.
        is_constant: Whether every row got the same score, which no threshold can divide.
        auc: The chance that a row with the label scores above one without; a tie counts half.
        average_precision: The area under precision over recall, in steps.
        base_rate: Weighted share of rows with the label: the average precision of chance.
        best: The threshold of the table's with the highest F1; None where nothing carries the label.
        calibration_error: Mean distance of score and observed share.
        roc: (share of others, share of positives), and precision_recall: (recall, precision), thinned for drawing.
        spread: Shares of rows (with, without the label) in each twentieth of 0 to 1.
        levels: By gravest recorded finding of what the label is about: crisis, or everything else.
        alerts: What follows when the rows that the policy alerts on raise the alarm; None without rows.
    """

    score: str
    column: str
    rows: int
    unlabelled: int
    positives: int
    undefined: str
    is_constant: bool
    auc: float | None
    auc_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None
    base_rate: float
    thresholds: tuple[ThresholdRow, ...]
    best: ThresholdRow | None
    calibration: tuple[CalibrationBin, ...]
    calibration_error: float
    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    spread: tuple[tuple[float, float], ...]
    levels: tuple[LevelRow, ...]
    alerts: AlarmFigures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentFilter:
    """A filter that gave no whole answer for some rows: `state` is failed or skipped, `why` its first reason."""

    filter: str
    state: str
    why: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One file under one policy.

    Attributes:
        source: The file's name, without its folder.
        policy: What the policy calls itself.
        text_column: Where the text stood.
        rows: Rows that were screened; `bad_rows` could not be read and were named.
        is_cut: Whether the file broke off.
        natural_rate: Rows that carry `natural_label` (any label when None) were weighted to this share of all; None
            when rows count as they are.
        found_rate: That share in the file itself.
        labels: In the order of the scores.
        mean_auc: Of all labels; None when one of them has none, or there is only one.
        resamples, seed: Of the intervals, which hold 95%.
        silent: Filters that failed or skipped rows.
        seconds: How long screening took.
    """

    source: str
    policy: str
    text_column: str
    rows: int
    bad_rows: int
    is_cut: bool
    natural_rate: float | None
    natural_label: str | None
    found_rate: float
    labels: tuple[LabelFigures, ...]
    mean_auc: float | None
    mean_auc_interval: Interval | None
    resamples: int
    seed: int
    silent: tuple[SilentFilter, ...]
    seconds: float
