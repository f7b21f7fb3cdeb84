"""Screening labelled rows: each score beside its own label, conversations by channel, and no text kept."""

from collections.abc import Sequence

import numpy as np
import pytest

from adapters.local.notices import SilentNotices
from bots.evaluate.columns import NotAsAsked, choose_columns
from bots.evaluate.figures import NaturalRate, evaluation
from bots.evaluate.report import Evaluation
from bots.evaluate.rows import Row
from bots.evaluate.run import Collected, collect
from config.policies.loader import load_policy
from core.flow.filter import Seen
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.finding import Category, Finding, Kind, Verdict
from tests.clock import FakeClock


class Pebbles:
    """Scores a message by its pebbles, and fails where somebody names a boulder."""

    name = "pebbles"
    version = "1"
    categories = frozenset({Category.HARASSMENT})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict(seen) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        if "boulder" in seen.message.text:
            raise RuntimeError
        here = seen.message.text.count("pebble")
        before = sum(each.text.count("pebble") for each in seen.before)
        finding = Finding(
            filter=self.name,
            category=Category.HARASSMENT,
            kind=Kind.INSULT,
            level=min(4, here),
            score=0.9,
            why="A pebble was seen.",
            rule="pebble:1",
        )
        return Verdict(
            findings=(finding,) if here else (),
            scores={"harassment": min(1.0, here / 4), "insult": min(1.0, before / 4)},
        )


async def collected(rows: Sequence[Row], *names: str) -> tuple[Collected, list[tuple[int, str]]]:
    complaints: list[tuple[int, str]] = []
    filters = [Pebbles()]
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    lane = Lane(name="test", worker=InlineWorker(filters), filters=infos)
    found = await collect(
        rows,
        choose_columns(names or tuple(rows[0][1]), text=None, labels=[], positive=[]),
        screening=Screening([lane], FakeClock(), SilentNotices()),
        policy=load_policy("general"),
        complain=lambda number, reason: complaints.append((number, reason)),
    )
    return found, complaints


async def test_every_score_stands_beside_its_own_label() -> None:
    rows: list[Row] = [
        (number, {"text": "pebble " * (number % 5) or "sand", "harassment": str(number % 2)}) for number in range(200)
    ]
    found, complaints = await collected(rows)
    assert complaints == []
    assert [*found.score_column(0)] == [number % 5 / 4 for number in range(200)]
    assert [*found.truth_column(0)] == [number % 2 for number in range(200)]
    assert [*found.level_column("harassment")] == [number % 5 for number in range(200)]
    assert [*found.alert_column("harassment")] == [number % 5 >= 2 for number in range(200)]
    assert not found.alert_column("crisis").any()


async def test_a_channel_gives_context_and_a_row_without_one_stands_alone() -> None:
    rows: list[Row] = [
        (1, {"text": "pebble", "insult": "0", "channel": "beach"}),
        (2, {"text": "sand", "insult": "1", "channel": "beach"}),
        (3, {"text": "sand", "insult": "1", "channel": ""}),
    ]
    found, _ = await collected(rows)
    assert [*found.score_column(0)] == [0.0, 0.25, 0.0]


async def test_rows_that_can_not_be_used_are_named_without_their_values() -> None:
    rows: list[Row] = [
        (2, {"text": "", "insult": "1"}),
        (3, {"insult": "1"}),
        (4, {"text": "sand", "insult": "synthetic words"}),
        (5, {"text": "sand", "insult": ""}),
        (6, {"text": "sand", "insult": "1", "sent_at": "yesterday"}),
        (7, {"text": "sand", "insult": "0"}),
    ]
    found, complaints = await collected(rows, "text", "insult")
    assert found.rows == 1
    assert [number for number, _ in complaints] == [2, 3, 4, 5, 6]
    assert "synthetic" not in str(complaints)
    assert "yesterday" not in str(complaints)


async def test_a_row_may_lack_some_of_the_labels() -> None:
    rows: list[Row] = [
        (1, {"text": "sand", "insult": "0", "harassment": ""}),
        (2, {"text": "pebble", "insult": "", "harassment": "1"}),
    ]
    found, _ = await collected(rows)
    assert [*found.truth_column(0)] == [0, -1]
    assert [*found.truth_column(1)] == [-1, 1]


async def test_a_filter_that_fails_is_counted_with_its_reason() -> None:
    rows: list[Row] = [(1, {"text": "boulder", "insult": "0"}), (2, {"text": "sand", "insult": "1"})]
    found, _ = await collected(rows)
    report = figures(found)
    assert [(each.filter, each.state, each.rows) for each in report.silent] == [("pebbles", "failed", 1)]


def figures(found: Collected, natural: NaturalRate | None = None) -> Evaluation:
    return evaluation(
        found,
        source="beach.csv",
        policy="general",
        natural=natural,
        bad_rows=0,
        is_cut=False,
        seconds=1.0,
        resamples=20,
    )


async def test_a_natural_rate_changes_precision_and_not_recall_or_auc() -> None:
    rows: list[Row] = [
        (number, {"text": "pebble " * (number % 5) or "sand", "harassment": str(int(number % 3 > 0))})
        for number in range(300)
    ]
    found, _ = await collected(rows)
    plain, weighted = figures(found), figures(found, NaturalRate(rate=0.05))
    (a,), (b,) = plain.labels, weighted.labels
    assert a.auc == pytest.approx(b.auc)
    assert [row.figures.recall for row in a.thresholds] == pytest.approx([row.figures.recall for row in b.thresholds])
    assert b.base_rate == pytest.approx(0.05)
    assert weighted.found_rate == pytest.approx(2 / 3)
    at_half = b.thresholds[5].figures
    scores, truths = found.score_column(0), found.truth_column(0) == 1
    recall, fall_out = np.mean(scores[truths] >= 0.5), np.mean(scores[~truths] >= 0.5)
    assert at_half.precision == pytest.approx(0.05 * recall / (0.05 * recall + 0.95 * fall_out))
    assert at_half.alarms_per_1000 == pytest.approx(1000 * (0.05 * recall + 0.95 * fall_out))


async def test_rows_of_which_nobody_says_whether_they_carry_the_label_have_no_part_in_its_natural_rate() -> None:
    rows: list[Row] = [
        (number, {"text": "pebble", "harassment": ("1", "0", "")[number % 3], "insult": str(number % 2)})
        for number in range(300)
    ]
    found, _ = await collected(rows)
    weighted = figures(found, NaturalRate(rate=0.05, score="harassment"))
    by_score = {label.score: label for label in weighted.labels}
    assert by_score["harassment"].base_rate == pytest.approx(0.05)
    assert weighted.found_rate == pytest.approx(0.5)


async def test_a_natural_rate_of_a_label_that_no_row_is_said_to_carry_or_lack_is_refused() -> None:
    found, _ = await collected([(1, {"text": "sand", "harassment": "", "insult": "0"})])
    with pytest.raises(NotAsAsked, match="no line carries harassment"):
        figures(found, NaturalRate(rate=0.1, score="harassment"))


async def test_a_natural_rate_needs_rows_of_both_kinds() -> None:
    found, _ = await collected([(1, {"text": "sand", "harassment": "0"})])
    with pytest.raises(NotAsAsked, match="no line carries a label"):
        figures(found, NaturalRate(rate=0.1))


async def test_a_score_that_is_the_threshold_raises_the_alarm() -> None:
    class Even(Pebbles):
        def _verdict(self, seen: Seen) -> Verdict:
            return Verdict(scores={"harassment": 0.9})

    rows: list[Row] = [(1, {"text": "sand", "harassment": "1"})]
    lane = Lane(
        name="test",
        worker=InlineWorker([Even()]),
        filters=(FilterInfo(name="pebbles", categories=Pebbles.categories),),
    )
    found = await collect(
        rows,
        choose_columns(["text", "harassment"], text=None, labels=[], positive=[]),
        screening=Screening([lane], FakeClock(), SilentNotices()),
        policy=load_policy("general"),
        complain=lambda number, reason: None,
    )
    by_threshold = {row.threshold: row.figures.recall for row in figures(found).labels[0].thresholds}
    assert (by_threshold[0.9], by_threshold[0.95]) == (1.0, 0.0)


async def test_a_label_of_one_kind_says_so_and_gives_no_figure() -> None:
    found, _ = await collected([(n, {"text": "sand", "harassment": "0"}) for n in range(5)])
    (label,) = figures(found).labels
    assert (label.undefined, label.auc, label.average_precision, label.best, label.roc) == (
        "no line carries it", None, None, None, (),
    )  # fmt: skip
    assert label.is_constant
