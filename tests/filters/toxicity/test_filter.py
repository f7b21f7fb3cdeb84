"""The filter turns probabilities into findings, and says what it could not read."""

from collections.abc import Sequence

import numpy as np
import pytest

from core.errors import ConfigurationRefused
from core.flow.judging import judge
from core.model.finding import SCORE_NAMES, Category, CheckState, Kind
from filters.toxicity.filter import HEAD_CHARS, KINDS, LEVELS, TAIL_CHARS, ToxicityFilter, level_of, shipped
from filters.toxicity.model import LABELS, Scores
from tests.filters.toxicity.samples import Told, seen

GRONK = {"gronk": {"toxicity": 0.999, "insult": 0.999}}


def test_every_message_has_all_scores() -> None:
    verdicts = ToxicityFilter(Told(GRONK)).screen([seen("hello"), seen(""), seen("you gronk")])
    assert all(verdict.scores.keys() == set(LABELS) for verdict in verdicts)
    assert set(LABELS) <= set(SCORE_NAMES)
    assert [round(verdict.scores["insult"], 3) for verdict in verdicts] == [0, 0, 0.999]


def test_a_finding_names_kind_level_words_and_model() -> None:
    (verdict,) = ToxicityFilter(Told(GRONK)).screen([seen("you GRONK there")])
    insult = next(finding for finding in verdict.findings if finding.kind is Kind.INSULT)
    assert insult.category is Category.TOXICITY
    assert insult.level == level_of("insult", 0.999)
    assert insult.spans == ((4, 9),)
    assert insult.rule == "toxicity.insult@3.told-1"
    assert "gronk" not in insult.why.lower()


def test_disguised_words_are_read_and_marked_where_they_stand() -> None:
    text = "well, you g.r.o.n.k!"
    (verdict,) = ToxicityFilter(Told(GRONK)).screen([seen(text)])
    assert verdict.findings
    assert {text[start:end] for finding in verdict.findings for start, end in finding.spans} == {"g.r.o.n.k"}


def test_links_and_mentions_are_not_read() -> None:
    verdicts = ToxicityFilter(Told(GRONK)).screen([seen("https://gronk.example/gronk"), seen("hi @gronk")])
    assert [verdict.findings for verdict in verdicts] == [(), ()]


def test_levels_rise_with_the_probability() -> None:
    for label in LABELS:
        levels = [level_of(label, step / 1000) for step in range(1001)]
        assert levels == sorted(levels)
        assert levels[0] == 0
        assert max(levels) == max(level for _, level in LEVELS[label])


@pytest.mark.parametrize("label", ["obscene", "toxicity"])
def test_rude_words_alone_never_reach_the_level_that_alerts(label: str) -> None:
    assert level_of(label, 1.0) == 2


def test_no_way_of_being_toxic_is_surer_than_toxicity() -> None:
    (verdict,) = ToxicityFilter(Told({"will do": {"threat": 0.99, "toxicity": 0.1}})).screen([seen("will do")])
    assert not verdict.findings
    assert verdict.scores["threat"] > 0.9


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_sentence_of_ours_sounds_like_a_verdict_on_a_person(kind: str) -> None:
    _, why = KINDS[kind]
    assert why.startswith("Reads ")
    assert why.endswith(".")


class Nothing(Told):
    """Gives NaN for one text."""

    def scores(self, texts: Sequence[str]) -> Scores:
        rows = super().scores(texts)
        rows[["odd" in text for text in texts]] = np.nan
        return rows


def test_no_number_is_a_failed_check_of_that_message_alone() -> None:
    odd, other = judge([ToxicityFilter(Nothing(GRONK))], [seen("odd"), seen("you gronk")])
    assert not odd.findings
    assert [(check.state, check.category) for check in odd.checks] == [(CheckState.FAILED, Category.TOXICITY)]
    assert other.findings
    assert not other.checks


def test_a_very_long_message_is_read_in_part_and_says_so() -> None:
    scorer = Told(GRONK)
    text = "word " * 10_000 + "you gronk"
    (verdict,) = ToxicityFilter(scorer).screen([seen(text)])
    assert len(scorer.asked[0]) < HEAD_CHARS + TAIL_CHARS + 100
    assert {text[start:end] for finding in verdict.findings for start, end in finding.spans} == {"gronk"}
    assert [check.state for check in verdict.checks] == [CheckState.SKIPPED]


def test_other_bytes_than_the_checked_ones_are_refused() -> None:
    with pytest.raises(ConfigurationRefused, match=r"en\.npz: was changed"):
        shipped("0" * 64)
