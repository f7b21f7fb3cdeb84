"""The development lines keep their form: labelled, synthetic, varied, and enough of each sort."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

LINES = Path(__file__).with_name("lines_en.jsonl")

FIELDS = {"id", "text", "kind", "level", "class", "synthetic"}

# Which levels a kind may carry: the severity model of the crisis filter.
LEVELS = {
    "disclosure": {1, 2, 3, 4},
    "third_person": {1, 2, 3, 4},
    "recovery_past": {1},
    "info": {1},
    "harm_by_others": {2, 3, 4},
    "none": {0},
}

# Which kinds a class of saying may stand for.
KINDS = {
    "disclosure": {"disclosure"},
    "quiet_disclosure": {"disclosure"},
    "self_harm": {"disclosure"},
    "coercion": {"disclosure"},
    "third_person": {"third_person"},
    "recovery_past": {"recovery_past"},
    "bereavement": {"recovery_past"},
    "harm_by_others": {"harm_by_others"},
    "support_offer": {"info", "none"},
    "idiom": {"none"},
    "game": {"none"},
    "media_title": {"none"},
    "lyrics": {"none"},
    "quote": {"none"},
    "negation": {"none"},
    "news_campaign": {"none"},
    "academic": {"none"},
    "translation_question": {"none"},
    "technical": {"none"},
    "banter": {"none"},
    "hypothetical": {"none"},
    "encouragement_at_other": {"none"},
    "ordinary": {"none"},
}

PHRASE_WORDS = 4
LINES_PER_PHRASE = 6


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("'", ""))


def test_every_line_has_exactly_the_agreed_fields_and_says_it_is_synthetic() -> None:
    assert [line["id"] for line in lines() if set(line) != FIELDS or line["synthetic"] is not True] == []


def test_no_id_is_used_twice() -> None:
    counts = Counter(line["id"] for line in lines())
    assert [each for each, count in counts.items() if count > 1] == []


def test_no_two_lines_say_the_same_words() -> None:
    first: dict[tuple[str, ...], str] = {}
    repeated = [
        (line["id"], first[said])
        for line in lines()
        if (said := tuple(words(line["text"]))) in first or first.setdefault(said, line["id"]) != line["id"]
    ]
    assert repeated == []


def test_no_text_is_blank_or_has_space_around_it() -> None:
    assert [line["id"] for line in lines() if not words(line["text"]) or line["text"] != line["text"].strip()] == []


def test_every_kind_level_and_class_is_known_and_they_agree() -> None:
    disagreeing = [
        line["id"]
        for line in lines()
        if type(line["level"]) is not int
        or line["level"] not in LEVELS.get(line["kind"], set())
        or line["kind"] not in KINDS.get(line["class"], set())
    ]
    assert disagreeing == []


def test_a_threat_to_die_made_to_hold_someone_is_level_three() -> None:
    assert {line["level"] for line in lines() if line["class"] == "coercion"} == {3}


def test_no_phrase_of_four_words_runs_through_more_than_six_lines() -> None:
    holders: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for line in lines():
        said = words(line["text"])
        for start in range(len(said) - PHRASE_WORDS + 1):
            holders[tuple(said[start : start + PHRASE_WORDS])].add(line["id"])
    assert {phrase: sorted(ids) for phrase, ids in holders.items() if len(ids) > LINES_PER_PHRASE} == {}


def test_there_are_enough_true_lines_of_every_kind_and_level() -> None:
    every = lines()
    disclosed = Counter(line["level"] for line in every if line["kind"] == "disclosure")
    kinds = Counter(line["kind"] for line in every)
    assert sum(count for kind, count in kinds.items() if kind != "none") >= 650
    assert min(disclosed[level] for level in (2, 3, 4)) >= 150
    assert min(kinds[kind] for kind in ("third_person", "recovery_past", "harm_by_others")) >= 60


def test_there_are_enough_lines_in_all_and_every_class_has_some() -> None:
    every = lines()
    classes = Counter(line["class"] for line in every)
    assert len(every) >= 1100
    assert {name: classes[name] for name in KINDS if classes[name] < 15} == {}
