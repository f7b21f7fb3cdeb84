"""What is learnt from: labels that a source says nothing about are left out, and no text counts twice."""

import csv
import gzip
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from filters.toxicity.model import LABELS
from training.corpus import CROSS_VALIDATED, Sample, chat_lines, corpus, table

Rows = Sequence[Mapping[str, object]]
SIX = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
NONE = dict.fromkeys(SIX, 0)
FILES: Mapping[str, Rows] = {
    "toxicity/jigsaw_sixlabel_train.csv.gz": [
        {"comment_text": "You   are a\n synthetic gronk", **NONE, "toxic": 1, "insult": 1},
        {"comment_text": "A calm sentence about harbours", **NONE},
    ],
    "toxicity/jigsaw_anytoxic_train.csv.gz": [
        {"comment_text": "you are a synthetic gronk!!", "any_toxic": 0},
        {"comment_text": "another gronk of a line", "any_toxic": 1},
    ],
    "toxicity/civil_toxic_spans_train.csv.gz": [
        {"spans": str([*range(5)]), "text": "Gronk that sails a small boat"},
        {"spans": "[]", "text": "nobody marked a word of this one"},
    ],
    "toxicity/davidson_tweets.csv.gz": [
        {"class": 0, "text": "RT @somebody: gronks of that harbour &amp; others https://t.example/x"},
        {"class": 1, "text": "found by a keyword"},
        {"class": 2, "text": "a quiet morning at the pier"},
    ],
    "toxicity/edos_train_dev.csv.gz": [
        {"label_category": "1. threats", "text": "first kind"},
        {"label_category": "none", "text": "of no kind"},
    ],
    "toxicity/tweeteval_offensive_train.csv.gz": [{"text": "@user rude", "label": 1}],
    "toxicity/tweeteval_hate_train.csv.gz": [{"text": "not hateful, perhaps rude", "label": 0}],
    "toxicity/identity_madlibs_12k.csv.gz": [{"Text": "Robin is a kind sailor", "Label": "NOT_BAD"}],
    "toxicity/identity_benign_wiki.csv.gz": [{"comment": "The club of sailors was founded in spring"}],
    "toxicity/paradetox_pairs_en.csv.gz": [{"text": "that , frankly , is gronk .", "toxic": 1}],
    "toxicity/multilingual_train.csv.gz": [
        {"lang": "en", "source": "convabuse", "text": "bot, you gronk", "toxic": 1},
        {"lang": "de", "source": "germeval2018", "text": "ein anderer Satz", "toxic": 1},
    ],
    "chat/goemotions_reddit.csv.gz": [
        {"text": "what a lovely boat", "emotions": "17"},
        {"text": "what a dreadful boat", "emotions": "3"},
        {"text": "that was frobbing lovely", "emotions": "17"},
        {"text": "that was frobbing odd", "emotions": "27"},
    ],
    "crisis/dreaddit_stress_train.csv.gz": [{"text": "i can't sleep before the exam"}],
}


@pytest.fixture(name="samples", scope="module")
def _samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    """A synthetic data folder of the real shape, read; by text."""
    data = tmp_path_factory.mktemp("data")
    for name, rows in FILES.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(data / name, "wt", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    (data / "lexicon").mkdir()
    (data / "lexicon" / "surge_profanity_en.csv").write_text("text,severity_description\nfrobbing,Strong\n")
    return {sample.text: sample for sample in corpus(data)}


def said(sample: Sample) -> dict[str, float]:
    return {label: value for label, value in zip(LABELS, sample.labels, strict=True) if not math.isnan(value)}


def test_white_space_and_case_are_folded(samples: dict[str, Sample]) -> None:
    gronk = samples["you are a synthetic gronk"]
    assert said(gronk) == {**dict.fromkeys(LABELS, 0.0), "toxicity": 1.0, "insult": 1.0}


def test_the_same_text_of_a_later_source_counts_once(samples: dict[str, Sample]) -> None:
    assert "you are a synthetic gronk!!" not in samples


def test_what_a_source_does_not_say_is_unknown_and_not_no(samples: dict[str, Sample]) -> None:
    assert said(samples["another gronk of a line"]) == {"toxicity": 1.0}
    assert said(samples["first kind"]) == {"toxicity": 1.0, "threat": 1.0, "identity_attack": 1.0}
    assert said(samples["of no kind"]) == {"identity_attack": 0.0, "threat": 0.0}
    assert said(samples["not hateful, perhaps rude"]) == {"identity_attack": 0.0}
    assert "found by a keyword" not in samples
    assert "nobody marked a word of this one" not in samples


def test_without_its_marked_words_a_text_is_not_toxic(samples: dict[str, Sample]) -> None:
    assert said(samples["gronk that sails a small boat"]) == {"toxicity": 1.0}
    assert said(samples["that sails a small boat"]) == {"toxicity": 0.0}


def test_marks_of_a_source_are_taken_away(samples: dict[str, Sample]) -> None:
    assert "gronks of that harbour others" in {" ".join(text.replace(":", "").split()) for text in samples}
    assert "that, frankly, is gronk." in samples


def test_unlabelled_chat_is_clean_only_without_profanity(samples: dict[str, Sample]) -> None:
    assert said(samples["what a lovely boat"]) == dict.fromkeys(LABELS, 0.0)
    assert "obscene" not in said(samples["that was frobbing lovely"])
    assert "what a dreadful boat" not in samples
    assert "that was frobbing odd" not in samples


def test_other_languages_are_left_out(samples: dict[str, Sample]) -> None:
    assert "bot, you gronk" in samples
    assert "ein anderer satz" not in samples


def test_the_cross_validated_source_is_not_held_out(samples: dict[str, Sample]) -> None:
    assert not any(each.is_held_out for each in samples.values() if each.source == CROSS_VALIDATED)


def test_labels_are_a_table_with_gaps(samples: dict[str, Sample]) -> None:
    found = table(list(samples.values()))
    assert found.shape == (len(samples), len(LABELS))
    assert np.isnan(found).any()


def test_own_chat_lines_choose_in_every_way() -> None:
    lines = [(line["kind"], line["text"]) for line in chat_lines()]
    assert ("clean", "killall python") in lines
    assert ("clean", "how do i kill it with -9 that pid") in lines
    assert {kind for kind, _ in lines} == {"clean", "swearing", "insult", "threat", "hate"}
    assert not any(sign in text for _, text in lines for sign in "{}|")
