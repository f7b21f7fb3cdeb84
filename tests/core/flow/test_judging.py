"""Filters that misbehave, and what their neighbours and the other messages keep."""

from collections.abc import Callable, Sequence

import pytest

from core.flow.filter import Seen
from core.flow.judging import judge
from core.model.finding import NOTHING, Category, CheckState, Verdict
from tests.core.examples import a_crisis, a_finding, a_message, saying, seen


class FilterOf:
    """Speaks `core.flow.filter.Filter` with a function for a judgement."""

    def __init__(
        self,
        judgement: Callable[[Sequence[Seen]], Sequence[Verdict]],
        name: str = "odd",
        categories: frozenset[Category] = frozenset({Category.CRISIS, Category.TOXICITY}),
    ) -> None:
        self._judgement = judgement
        self.name = name
        self.version = "1"
        self.categories = categories
        self.batches: list[int] = []

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        self.batches.append(len(batch))
        return self._judgement(batch)


def raises(batch: Sequence[Seen]) -> Sequence[Verdict]:
    raise ValueError("words that must not get out")


def healthy(batch: Sequence[Seen]) -> Sequence[Verdict]:
    return [saying(a_finding()) for _ in batch]


def some(*texts: str) -> list[Seen]:
    return [seen(a_message(f"m{place}", text)) for place, text in enumerate(texts)]


def unsound(**scores: float) -> Callable[[Sequence[Seen]], Sequence[Verdict]]:
    return lambda batch: [Verdict(scores=scores) for _ in batch]


def spanning(*span: int) -> Callable[[Sequence[Seen]], Sequence[Verdict]]:
    return lambda batch: [saying(a_finding(spans=((span[0], span[1]),))) for _ in batch]


def not_a_number(batch: Sequence[Seen]) -> Sequence[Verdict]:
    return [saying(a_finding(score=float("nan"))) for _ in batch]


def answers(value: object) -> Callable[[Sequence[Seen]], Sequence[Verdict]]:
    return lambda batch: value  # type: ignore[return-value]


@pytest.mark.parametrize(
    "judgement",
    [
        raises,
        not_a_number,
        unsound(toxicity=float("nan")),
        unsound(toxicity=1.5),
        unsound(toxicity=-0.1),
        unsound(toxicity=float("inf")),
        spanning(0, 6),
        spanning(-1, 2),
        spanning(3, 3),
        spanning(3, 2),
        answers([]),
        answers([NOTHING] * 7),
        answers(None),
        answers([None]),
        answers(42),
        answers(["words", "words"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2])
def test_nonsense_becomes_a_failed_check_for_each_category_and_keeps_the_neighbours_findings(
    judgement: Callable[[Sequence[Seen]], Sequence[Verdict]], size: int
) -> None:
    verdicts = judge([FilterOf(judgement), FilterOf(healthy, "healthy")], some("hello", "world")[:size])
    assert len(verdicts) == size
    for verdict in verdicts:
        assert [(check.category, check.state) for check in verdict.checks] == [
            (Category.CRISIS, CheckState.FAILED),
            (Category.TOXICITY, CheckState.FAILED),
        ]
        assert verdict.findings == (a_finding(),)


def test_one_message_that_breaks_a_filter_costs_only_its_own_verdict() -> None:
    def poisoned(batch: Sequence[Seen]) -> Sequence[Verdict]:
        if any(each.message.text == "poison" for each in batch):
            raise ValueError
        return [saying(a_crisis()) for _ in batch]

    verdicts = judge([FilterOf(poisoned)], some("a", "poison", "b"))
    assert [bool(verdict.findings) for verdict in verdicts] == [True, False, True]
    assert [bool(verdict.checks) for verdict in verdicts] == [False, True, False]


def test_a_healthy_filter_is_asked_once_for_the_whole_batch() -> None:
    healthy_filter = FilterOf(healthy)
    judge([healthy_filter], some("a", "b", "c"))
    assert healthy_filter.batches == [3]


def test_what_a_filter_says_when_it_raises_gets_nowhere() -> None:
    (verdict,) = judge([FilterOf(raises)], some("hello"))
    assert "words" not in repr(verdict)


def test_spans_may_reach_to_the_very_end() -> None:
    (verdict,) = judge([FilterOf(spanning(0, 5))], some("hello"))
    assert verdict.findings
    assert not verdict.checks


def test_no_filter_and_no_message_are_both_fine() -> None:
    assert judge([], some("a")) == [NOTHING]
    assert judge([FilterOf(healthy)], []) == []


def test_the_higher_of_two_scores_of_one_name_stays() -> None:
    (verdict,) = judge([FilterOf(unsound(toxicity=0.2)), FilterOf(unsound(toxicity=0.7))], some("a"))
    assert verdict.scores == {"toxicity": 0.7}
