"""An evaluation as text, JSON and page: figures with what they mean, and words where there is no figure."""

import json
import re
from dataclasses import fields, replace

from bots.evaluate.report import Evaluation, LabelFigures, SilentFilter
from bots.report import evaluation
from bots.report.terminal import WIDTH
from tests.bots.evaluate.samples import evaluated


def test_the_text_fits_a_terminal_and_tells_every_label() -> None:
    text = evaluation.render_text(evaluated())
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert "toxicity (column toxic)" in text
    assert re.search(r"^threat: \d+ of 600 lines carry it$", text, re.M)
    assert re.search(r"AUC +0\.9\d\d \[0\.\d{3}, 0\.\d{3}\]", text)
    assert "score >= 0.05" in text
    assert "policy alerts" in text
    assert "weighted as if 10% of all carried a label; in the file" in " ".join(text.split())


def test_a_label_of_which_nothing_can_be_said_says_why() -> None:
    text = evaluation.render_text(evaluated())
    assert "Neither AUC nor precision can be given: no line carries it." in text
    assert "nan" not in text.lower()
    page = evaluation.render_html(evaluated())
    assert "Neither AUC nor precision can be given: no line carries it." in page
    assert page.count('role="img"') == 2 * 5
    assert "nan" not in page.lower().replace("performance", "")


def test_a_score_that_no_filter_gives_is_said() -> None:
    report = evaluated()
    silent = replace(report.labels[1], is_constant=True)
    text = evaluation.render_text(replace(report, labels=(silent,)))
    assert "no filter here answers this label" in " ".join(text.split())


def test_an_enriched_sample_is_not_taken_for_nature() -> None:
    text = " ".join(evaluation.render_text(evaluated(natural=None)).split())
    assert "of the lines carry a label, and they count as they are" in text
    assert "give --natural-rate" in text


def test_what_was_left_out_is_said() -> None:
    report = replace(
        evaluated(), silent=(SilentFilter(filter="toxicity", state="skipped", why="the model is missing", rows=600),)
    )
    said = evaluation.notes(report)
    assert "The filter toxicity skipped 600 lines: the model is missing." in said
    assert "Left out, because they could not be used: 3 lines." in said
    assert "The file breaks off; what stands before the break was used." in said


def test_intervals_are_explained_where_there_are_any_and_missed_where_there_are_none() -> None:
    report = evaluated()
    assert any("In brackets: what 95% of 60 resamplings" in each for each in evaluation.notes(report))
    bare = replace(report, labels=(replace(report.labels[0], auc_interval=None),))
    assert "No interval is given where fewer than 10 lines carry a label, or lack it." in evaluation.notes(bare)
    assert not any("In brackets" in each for each in evaluation.notes(bare))


def test_json_has_every_field_and_no_number_that_is_none() -> None:
    data = json.loads(json.dumps(evaluation.render_json(evaluated()), allow_nan=False))
    assert (data["format"], data["version"]) == ("lightkeeper-evaluation", 1)
    assert set(data) == {"format", "version", *(field.name for field in fields(Evaluation))}
    assert set(data["labels"][0]) == {field.name for field in fields(LabelFigures)}
    assert data["labels"][2]["auc"] is None
    assert data["mean_auc"] is None


def test_a_page_runs_nothing_that_stands_in_a_files_name() -> None:
    page = evaluation.render_html(evaluated())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page


def test_an_interval_stays_in_one_line() -> None:
    interval = evaluated().labels[0].auc_interval
    assert interval is not None
    assert " " not in evaluation.measured(0.9, interval).partition("[")[2]
