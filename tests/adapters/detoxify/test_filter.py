"""Detoxify as a filter: the scores of the library itself, as findings of our kinds and levels."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.detoxify.making import detoxify_filters
from core.flow.filter import Filter, Seen
from core.flow.judging import judge
from core.model.finding import SCORE_NAMES, Category, CheckState, Kind, Verdict
from tests.adapters.detoxify.checkpoints import BERT_BASE, Made, loaded, needs_detoxify, original, pickled, unbiased
from tests.core.examples import a_message, seen

needs_detoxify()

TEXTS = (
    "you are a kettle",
    "harbour",
    "a lantern, a kettle and a harbour are not a thing that you are; " * 6,
    "kettles! lanterns. 123 \U0001f600 \u4f60\u597d",
    "x" * 300,
)
LABELS = SCORE_NAMES[:6]


def some(*texts: str) -> list[Seen]:
    return [seen(a_message(f"m{place}", text)) for place, text in enumerate(texts)]


def made_filter(made: Made) -> Filter:
    (detoxify,) = detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")
    return detoxify


@pytest.fixture(scope="module")
def detoxify(tmp_path_factory: pytest.TempPathFactory) -> Filter:
    return made_filter(original(tmp_path_factory.mktemp("original")))


@pytest.mark.parametrize("make", [original, unbiased])
def test_the_scores_are_those_of_detoxify_itself(tmp_path: Path, make: Any) -> None:
    from detoxify import Detoxify

    made = make(tmp_path)
    theirs = Detoxify(checkpoint=made.checkpoint, device="cpu").predict(list(TEXTS))
    verdicts = made_filter(made).screen(some(*TEXTS))
    for place, verdict in enumerate(verdicts):
        assert verdict.scores == pytest.approx({label: theirs[label][place] for label in LABELS}, abs=1e-5)
    assert len({round(verdict.scores["toxicity"], 4) for verdict in verdicts}) == len(TEXTS)


def test_a_message_gets_the_same_scores_alone_and_among_others(detoxify: Filter) -> None:
    together = detoxify.screen(some(*TEXTS))
    for text, verdict in zip(TEXTS, together, strict=True):
        (alone,) = detoxify.screen(some(text))
        assert alone.scores == pytest.approx(dict(verdict.scores), abs=1e-5)


def test_a_message_without_words_gets_no_scores_and_keeps_its_place(detoxify: Filter) -> None:
    verdicts = detoxify.screen(some("", "harbour", " \n", "kettle"))
    assert [bool(verdict.scores) for verdict in verdicts] == [False, True, False, True]
    assert detoxify.screen([]) == []


def test_what_was_quoted_is_not_read(detoxify: Filter) -> None:
    (plain,) = detoxify.screen([seen(a_message(text="harbour"))])
    (quoting,) = detoxify.screen([seen(a_message(text="harbour", quoted="you are a kettle"))])
    assert quoting.scores == plain.scores


def test_half_a_character_and_control_characters_are_read_like_any_text(detoxify: Filter) -> None:
    verdicts = judge([detoxify], some("\ud800 kettle", "kettle \udfff", "\x00\x07", "\u200d\ufeff", "a\u0301" * 50))
    assert [verdict.checks for verdict in verdicts] == [()] * 5


class SeesLanterns:
    """A network that gives a window a high first score when there is a lantern in it; counts its windows."""

    def __init__(self, lantern: int) -> None:
        self._lantern = lantern
        self.windows = 0

    def __call__(self, input_ids: Any, attention_mask: Any) -> Any:
        import torch

        self.windows += len(input_ids)
        has_lantern = (input_ids == self._lantern).any(dim=1, keepdim=True)
        return (torch.where(has_lantern, 4.0, -4.0).expand(-1, 6),)


@pytest.fixture
def lanterns(tmp_path: Path) -> tuple[Filter, SeesLanterns]:
    from adapters.detoxify.filter import DetoxifyFilter
    from adapters.detoxify.scoring import Scorer

    model = model_of(original(tmp_path))
    network = SeesLanterns(model.tokenizer.convert_tokens_to_ids("lantern"))
    return DetoxifyFilter(Scorer(replace(model, network=network)), "ab" * 32), network


@pytest.mark.parametrize(
    "text",
    [
        "lantern " + "kettle " * 1900,
        "kettle " * 1000 + "lantern " + "kettle " * 900,
        "kettle " * 1900 + "lantern",
        "lantern " + "kettle " * 30_000,
        "kettle " * 30_000 + "lantern",
    ],
    ids=["at the beginning", "in the middle", "at the end", "at a far beginning", "at a far end"],
)
def test_the_highest_score_of_a_long_message_counts(lanterns: tuple[Filter, SeesLanterns], text: str) -> None:
    detoxify, _ = lanterns
    with_one, without = detoxify.screen(some(text, text.replace("lantern", "kettle")))
    assert with_one.scores["toxicity"] > 0.9
    assert without.scores["toxicity"] < 0.1


def test_the_middle_of_a_very_long_message_is_not_read_and_the_check_says_so(
    lanterns: tuple[Filter, SeesLanterns],
) -> None:
    detoxify, network = lanterns
    (verdict,) = detoxify.screen(some("kettle " * 15_000 + "lantern " + "kettle " * 15_000))
    assert verdict.scores["toxicity"] < 0.1
    assert network.windows == 4
    (check,) = verdict.checks
    assert (check.state, check.why) == (CheckState.SKIPPED, "the middle of a very long message was not read")
    (whole,) = detoxify.screen(some("kettle " * 2000))
    assert whole.checks == ()


@pytest.mark.parametrize("make", [partial(original, max_position_embeddings=64), partial(unbiased, positions=66)])
def test_a_model_that_reads_less_at_once_gets_less(tmp_path: Path, make: Any) -> None:
    from adapters.detoxify.scoring import Scorer

    model = model_of(make(tmp_path))
    assert model.window == 64
    (reading,) = Scorer(model).readings(["harbour " * 100])
    assert reading.scores


def levels(verdict: Verdict) -> dict[str, int]:
    return {str(finding.kind): finding.level for finding in verdict.findings}


class Scripted:
    """A scorer that gives the scores it was told."""

    def __init__(self, scores: Mapping[str, float]) -> None:
        self._scores = scores

    def readings(self, texts: Sequence[str]) -> list[Any]:
        from adapters.detoxify.scoring import Reading

        return [Reading(scores=dict(self._scores)) for _ in texts]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (dict.fromkeys(LABELS, 0.499), {}),
        ({"toxicity": 0.5, "insult": 0.5, "obscene": 0.5}, {"toxic": 1, "insult": 1, "obscene": 1}),
        ({"toxicity": 0.8, "insult": 0.8, "obscene": 0.9}, {"toxic": 2, "insult": 2, "obscene": 2}),
        ({"toxicity": 0.95, "insult": 0.95, "obscene": 1.0}, {"toxic": 3, "insult": 3, "obscene": 2}),
        (
            {"severe_toxicity": 0.5, "threat": 0.5, "identity_attack": 0.5},
            {"severe_toxicity": 3, "threat": 3, "identity_attack": 2},
        ),
        (
            {"severe_toxicity": 0.8, "threat": 0.9, "identity_attack": 0.9},
            {"severe_toxicity": 4, "threat": 4, "identity_attack": 4},
        ),
    ],
)
def test_scores_become_findings_of_stated_levels(scores: dict[str, float], expected: dict[str, int]) -> None:
    from adapters.detoxify.filter import DetoxifyFilter

    (verdict,) = DetoxifyFilter(Scripted(scores), "ab" * 32).screen(some("harbour"))
    assert levels(verdict) == expected
    assert verdict.scores == scores


def test_a_finding_says_which_model_judged_and_nothing_of_the_message() -> None:
    from adapters.detoxify.filter import DetoxifyFilter

    detoxify = DetoxifyFilter(Scripted({"threat": 0.95}), "ab" * 32)
    (verdict,) = detoxify.screen(some("harbour"))
    (finding,) = verdict.findings
    assert (finding.filter, finding.category, finding.kind) == ("detoxify", Category.TOXICITY, Kind.THREAT)
    assert finding.rule == "detoxify:threat@abababababab"
    assert finding.why == "Detoxify reads this as a threat"
    assert detoxify.version == "abababababab"


def test_another_checkpoint_is_another_version(tmp_path: Path) -> None:
    made = original(tmp_path)
    content = loaded(made)
    first = made_filter(made).version
    content["state_dict"]["classifier.bias"] += 0.5
    assert made_filter(pickled(tmp_path, made.folder, content)).version != first


def test_without_time_for_all_the_shortest_are_read_and_the_others_say_so(tmp_path: Path) -> None:
    from adapters.detoxify.filter import DetoxifyFilter
    from adapters.detoxify.scoring import Scorer

    ticks = itertools.count()  # each look at the clock is a second later
    scorer = Scorer(model_of(original(tmp_path)), budget_s=3, monotonic=lambda: float(next(ticks)))
    verdicts = DetoxifyFilter(scorer, "ab" * 32).screen(
        some("kettle " * 400, *["harbour"] * 40, "kettle " * 600, "kettle " * 300)
    )
    late, *short, cut_off, in_time = verdicts
    assert all(verdict.scores and not verdict.checks for verdict in (*short, in_time))
    for verdict, rule in ((late, "no-answer"), (cut_off, "")):
        (check,) = verdict.checks
        assert (check.state, check.rule) == (CheckState.SKIPPED, rule)
        assert check.why == "Detoxify had no time left for all of this message"
    assert not late.scores
    assert cut_off.scores


def test_a_call_to_the_model_gets_a_bounded_number_of_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.detoxify.scoring import TOKENS, Scorer

    model = model_of(original(tmp_path))
    sizes = []
    compute = model.network.forward

    def forward(**inputs: Any) -> Any:
        sizes.append(inputs["input_ids"].numel())
        return compute(**inputs)

    monkeypatch.setattr(model.network, "forward", forward)
    readings = Scorer(model).readings(["harbour " * count for count in (1, 2000, 3, 700, 5, 90, 1, 1)])
    assert all(reading.scores for reading in readings)
    assert max(sizes) <= TOKENS["cpu"]
    assert len(sizes) > 4


def model_of(made: Made) -> Any:
    from adapters.detoxify.checkpoint import unpickled
    from adapters.detoxify.files import read_checked
    from adapters.detoxify.model import built

    content = read_checked(made.checkpoint, made.sha256)
    return built(unpickled(content, made.checkpoint, made.sha256), made.folder, "cpu")


def test_a_checkpoint_of_the_published_size_is_loaded_and_answers(tmp_path: Path) -> None:
    made = original(tmp_path, words=30_522, **BERT_BASE)
    try:
        assert made.checkpoint.stat().st_size > 430_000_000
        (verdict,) = made_filter(made).screen(some("you are a kettle"))
    finally:
        made.checkpoint.unlink()
    assert set(verdict.scores) == set(LABELS)
