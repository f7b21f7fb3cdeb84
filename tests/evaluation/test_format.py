"""The frozen evaluation set keeps the shape that `benchmarks/evaluate_frozen.py` and its readers rely on."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CRISIS_KINDS = {"disclosure", "third_person", "recovery_past", "info", "harm_by_others", "none"}
HARASSMENT_KINDS = {
    "insult",
    "threat",
    "identity_attack",
    "sexual",
    "pile_on",
    "doxxing",
    "stalking",
    "encouragement",
    "none",
}
LEAST_PER_CLASS = {
    "disclosure": 150,
    "quiet_disclosure": 70,
    "self_harm": 30,
    "third_person": 40,
    "recovery_past": 30,
    "bereavement": 12,
    "harm_by_others": 40,
    "coercion": 12,
    "idiom": 30,
    "game": 25,
    "media_title": 15,
    "lyrics": 12,
    "quote": 12,
    "negation": 15,
    "news_campaign": 15,
    "academic": 15,
    "support_offer": 15,
    "translation_question": 12,
    "technical": 15,
    "banter": 15,
    "hypothetical": 12,
    "encouragement_at_other": 20,
    "ordinary": 30,
}
ABUSE_CLASSES = {
    "insult",
    "threat",
    "identity_attack",
    "sexual",
    "pile_on",
    "doxxing",
    "stalking",
    "encouragement",
    "coercion",
}
HARMLESS_CLASSES = {
    "banter",
    "self_insult",
    "swearing",
    "technical",
    "criticism",
    "report_quote",
    "counter_speech",
    "reclaimed",
    "compliment",
    "negation",
    "game",
}
WORD = re.compile(r"[\w']+")
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060]")


def read(name: str) -> list[dict[str, Any]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def words(text: str) -> list[str]:
    return WORD.findall(INVISIBLE.sub("", text).casefold())


def test_every_crisis_line_is_synthetic_and_has_exactly_the_documented_fields() -> None:
    required = {"id", "text", "kind", "level", "class", "synthetic"}
    for line in read("crisis_en.jsonl"):
        assert required <= line.keys() <= required | {"quoted", "context_note"}, line["id"]
        assert line["synthetic"] is True, line["id"]
        assert line["kind"] in CRISIS_KINDS, line["id"]
        assert type(line["level"]) is int, line["id"]
        assert line["level"] in range(5), line["id"]
        assert line["class"] in LEAST_PER_CLASS, line["id"]
        assert all(isinstance(line[key], str) and line[key].strip() for key in line.keys() - {"level", "synthetic"})


def test_crisis_ids_and_texts_are_unique() -> None:
    lines = read("crisis_en.jsonl")
    assert len({line["id"] for line in lines}) == len(lines)
    assert len({" ".join(words(line["text"])) or line["text"] for line in lines}) == len(lines)


def test_crisis_levels_agree_with_their_kinds() -> None:
    for line in read("crisis_en.jsonl"):
        if line["kind"] == "none":
            assert line["level"] == 0, line["id"]
        elif line["kind"] == "recovery_past":
            assert line["level"] == 1, line["id"]
        elif line["kind"] == "info":
            assert line["level"] <= 1, line["id"]
        else:
            assert line["level"] >= 1, line["id"]


def test_the_crisis_set_is_large_enough_in_every_class_kind_and_level() -> None:
    lines = read("crisis_en.jsonl")
    assert len(lines) >= 650
    classes = Counter(line["class"] for line in lines)
    assert {name: classes[name] for name, least in LEAST_PER_CLASS.items() if classes[name] < least} == {}
    kinds = Counter(line["kind"] for line in lines)
    assert min(kinds["third_person"], kinds["recovery_past"], kinds["harm_by_others"]) >= 40
    disclosures = Counter(line["level"] for line in lines if line["kind"] == "disclosure")
    assert disclosures[1] >= 40
    assert min(disclosures[2], disclosures[3], disclosures[4]) >= 60
    disguised = [line for line in lines if line.get("context_note", "").startswith("disguise: ")]
    assert len(disguised) >= 60


def test_no_phrase_carries_the_crisis_set() -> None:
    lines_with: Counter[tuple[str, ...]] = Counter()
    for line in read("crisis_en.jsonl"):
        spoken = words(line["text"])
        lines_with.update({tuple(spoken[start : start + 4]) for start in range(len(spoken) - 3)})
    assert [phrase for phrase, count in lines_with.items() if count > 8] == []
    death_phrases = ("kill myself", "killing myself", "want to die", "wanna die", "end my life", "better off without")
    for phrase in death_phrases:
        holding = [line["id"] for line in read("crisis_en.jsonl") if phrase in " ".join(words(line["text"]))]
        assert len(holding) <= 8, phrase


def test_every_conversation_is_synthetic_and_well_formed() -> None:
    for conversation in read("harassment_en.jsonl"):
        name = conversation["id"]
        assert conversation.keys() == {"id", "messages", "expect", "class", "synthetic"}, name
        assert conversation["synthetic"] is True, name
        assert conversation["class"] in ABUSE_CLASSES | HARMLESS_CLASSES, name
        ids = [message["id"] for message in conversation["messages"]]
        assert ids, name
        assert len(set(ids)) == len(ids), name
        for message in conversation["messages"]:
            assert {"id", "author", "text"} <= message.keys() <= {"id", "author", "text", "reply_to_author", "mentions"}
            assert message["text"].strip(), name
            assert isinstance(message.get("mentions", []), list), name


def test_expectations_name_a_message_exactly_when_something_is_wrong() -> None:
    for conversation in read("harassment_en.jsonl"):
        expect, name = conversation["expect"], conversation["id"]
        assert expect.keys() == {"message_id", "kind", "level_min", "target"}, name
        assert expect["kind"] in HARASSMENT_KINDS, name
        if conversation["class"] in HARMLESS_CLASSES:
            assert expect == {"message_id": None, "kind": "none", "level_min": 0, "target": None}, name
        else:
            assert expect["kind"] != "none", name
            assert expect["level_min"] in range(1, 5), name
            assert expect["message_id"] in {message["id"] for message in conversation["messages"]}, name


def test_conversation_ids_and_texts_are_unique_across_both_files() -> None:
    conversations = read("harassment_en.jsonl")
    assert len({conversation["id"] for conversation in conversations}) == len(conversations)
    told = ["\n".join(message["text"].casefold() for message in c["messages"]) for c in conversations]
    told += [line["text"].casefold() for line in read("crisis_en.jsonl")]
    assert len(set(told)) == len(told)


def test_at_least_half_of_the_conversations_are_harmless_and_no_class_is_a_token() -> None:
    conversations = read("harassment_en.jsonl")
    assert len(conversations) >= 120
    assert sum(c["expect"]["kind"] == "none" for c in conversations) * 2 >= len(conversations)
    classes = Counter(c["class"] for c in conversations)
    assert {name for name in ABUSE_CLASSES | HARMLESS_CLASSES if classes[name] < 4} == set()
