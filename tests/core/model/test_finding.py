"""What a finding may be, and how verdicts join."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.finding import KINDS, NOTHING, SCORE_NAMES, Category, Finding, Kind, Verdict, join
from tests.core.examples import a_check, a_crisis, a_finding


@given(
    st.sampled_from(Category),
    st.sampled_from(Kind),
    st.integers(-1, 5),
    st.floats(-0.5, 1.5) | st.just(float("nan")),
)
def test_a_finding_is_refused_exactly_when_it_breaks_a_rule(
    category: Category, kind: Kind, level: int, score: float
) -> None:
    fits = (
        kind in KINDS[category]
        and 0 <= level <= 4
        and 0.0 <= score <= 1.0
        and (category is not Category.CRISIS or (score >= 0.5) == (level >= 2))
    )
    try:
        found: Finding | None = a_finding(category, level, kind=kind, score=score)
    except ValueError:
        found = None
    assert (found is not None) == fits


@pytest.mark.parametrize(("level", "score"), [(1, 0.5), (2, 0.49), (2, float("nan")), (4, 0.0)])
def test_a_crisis_score_is_a_half_or_more_exactly_from_level_two_on(level: int, score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        a_finding(Category.CRISIS, level, score=score)


def test_every_kind_belongs_somewhere_and_a_call_to_harm_oneself_said_at_somebody_is_harassment() -> None:
    assert set(Kind) == set().union(*KINDS.values())
    assert [category for category in Category if Kind.ENCOURAGEMENT in KINDS[category]] == [Category.HARASSMENT]


def test_joined_verdicts_keep_everything_and_the_highest_score() -> None:
    one = Verdict(findings=(a_finding(),), scores={"toxicity": 0.1, "insult": 0.9})
    two = Verdict(findings=(a_crisis(),), checks=(a_check(),), scores={"toxicity": 0.4, "insult": 0.0})
    assert join([one, two]) == Verdict(
        findings=(a_finding(), a_crisis()), checks=(a_check(),), scores={"toxicity": 0.4, "insult": 0.9}
    )
    assert join([]) == NOTHING
    assert join([Verdict(scores={"crisis": 0.0})]).scores == {"crisis": 0.0}
    assert len(set(SCORE_NAMES)) == len(SCORE_NAMES)
