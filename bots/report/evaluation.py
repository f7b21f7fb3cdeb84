"""An `Evaluation` as text, as JSON and as a page."""

from dataclasses import asdict
from typing import Any

from bots.evaluate.measures import LEAST_OF_A_CLASS, AlarmFigures, Interval
from bots.evaluate.report import Evaluation, LabelFigures
from bots.report import evaluation_plots
from bots.report.page import render_page
from bots.report.terminal import Sheet
from bots.report.wording import count, counted, decimals, one_line, percent

VERSION = 1
ALARM_HEAD = ("alarms per 1,000", "precision", "recall", "F1", "false alarms per 1,000 without it")
LEVELS = ("none", "1", "2", "3", "4")
SMALL = 0.0005
"""An interval's ends closer than this are shown with a fourth place."""


def render_text(report: Evaluation) -> str:
    """The report for a terminal of 80 columns."""
    sheet = Sheet()
    sheet.heading(f"How well {report.policy!r} finds what is labelled in {report.source}")
    sheet.say(f"{counted(report.rows, 'line')} screened, text in the column {one_line(report.text_column)}.")
    for sentence in notes(report):
        sheet.say(sentence)
    if report.mean_auc is not None:
        sheet.space()
        sheet.say(f"Mean AUC of {len(report.labels)} labels: {measured(report.mean_auc, report.mean_auc_interval)}")
    for label in report.labels:
        _label_text(sheet, label)
    sheet.space()
    sheet.say(HOW_TO_READ)
    return sheet.text()


HOW_TO_READ = (
    "AUC is how often a line with the label scores above one without it: 1 is always, 0.5 is chance. Precision is how "
    "many alarms are right, recall how many labelled lines raise one. Labels are somebody's judgement: read what "
    "differs before you trust either side."
)


def notes(report: Evaluation) -> list[str]:
    """What one has to know to read the figures, in sentences."""
    said = []
    if report.natural_rate is not None:
        what = f"the label {report.natural_label}" if report.natural_label else "a label"
        said.append(
            f"Lines are weighted as if {percent(report.natural_rate)} of all carried {what}; "
            f"in the file {percent(report.found_rate)} do."
        )
    else:
        said.append(
            f"{percent(report.found_rate)} of the lines carry a label, and they count as they are. If that is more "
            "than in your chat, precision looks better than it will be: give --natural-rate."
        )
    if report.bad_rows:
        said.append(f"Left out, because they could not be used: {counted(report.bad_rows, 'line')}.")
    if report.is_cut:
        said.append("The file breaks off; what stands before the break was used.")
    said.extend(
        f"The filter {each.filter} {each.state} {counted(each.rows, 'line')}: {each.why}." for each in report.silent
    )
    has_interval = [label.auc_interval is not None for label in report.labels if label.auc is not None]
    if any(has_interval):
        times = count(report.resamples)
        said.append(f"In brackets: what 95% of {times} resamplings of the lines give (seed {report.seed}).")
    if not all(has_interval):
        said.append(f"No interval is given where fewer than {LEAST_OF_A_CLASS} lines carry a label, or lack it.")
    return said


def measured(value: float | None, interval: Interval | None) -> str:
    """A figure with its interval: "0.981 [0.979, 0.983]"."""
    if value is None:
        return "not defined"
    if interval is None:
        return decimals(value)
    places = 4 if interval.high - interval.low < SMALL else 3
    return f"{value:.{places}f} [{interval.low:.{places}f},\u00a0{interval.high:.{places}f}]"  # stays in one line


def verdict_on(label: LabelFigures) -> str:
    """What there is to say before any figure; "" when nothing."""
    if label.undefined:
        return f"Neither AUC nor precision can be given: {label.undefined}."
    if label.is_constant:
        return "Every line got the same score, so no threshold tells them apart: no filter here answers this label."
    return ""


def alarm_cells(figures: AlarmFigures) -> tuple[str, ...]:
    """The figures under `ALARM_HEAD`."""
    return (
        decimals(figures.alarms_per_1000, 1),
        decimals(figures.precision),
        decimals(figures.recall),
        decimals(figures.f1),
        decimals(figures.false_alarms_per_1000_others, 1),
    )


def _label_text(sheet: Sheet, label: LabelFigures) -> None:
    sheet.heading(title_of(label))
    if verdict := verdict_on(label):
        sheet.say(verdict)
    if label.auc is not None:
        precision = measured(label.average_precision, label.average_precision_interval)
        sheet.facts(
            (
                ("AUC", measured(label.auc, label.auc_interval)),
                ("Average precision", f"{precision}, by chance {decimals(label.base_rate)}"),
                ("Calibration error", f"{decimals(label.calibration_error)}, 0 where scores are what they say"),
            )
        )
    if label.thresholds:
        sheet.space()
        rows = [(f"score >= {row.threshold:g}", *alarm_cells(row.figures)) for row in label.thresholds]
        if label.alerts is not None:
            rows.append(("policy alerts", *alarm_cells(label.alerts)))
        sheet.table(("an alarm is", *ALARM_HEAD), rows)
        if label.best is not None:
            sheet.say(f"Of these thresholds {label.best.threshold:g} has the highest F1.", indent=2)
    if label.rows:
        sheet.space()
        sheet.table(
            ("gravest finding, level", *LEVELS),
            (
                ("lines with the label", *(count(row.positives) for row in label.levels)),
                ("lines without it", *(count(row.others) for row in label.levels)),
            ),
        )


def title_of(label: LabelFigures) -> str:
    """The label with its column and counts."""
    column = "" if label.column == label.score else f" (column {one_line(label.column)})"
    return f"{label.score}{column}: {count(label.positives)} of {counted(label.rows, 'line')} carry it"


def render_json(report: Evaluation) -> dict[str, Any]:
    """The report as JSON has it: the fields of `Evaluation`, described there, and the format's version."""
    return {"format": "lightkeeper-evaluation", "version": VERSION, **asdict(report)}


def render_html(report: Evaluation) -> str:
    """The report as one page."""
    return render_page(
        "evaluation.html",
        report=report,
        notes=notes(report),
        how_to_read=HOW_TO_READ,
        alarm_head=ALARM_HEAD,
        levels=LEVELS,
        alarm_cells=alarm_cells,
        measured=measured,
        title_of=title_of,
        verdict_on=verdict_on,
        plots=evaluation_plots,
    )
