"""Policies: presets that load, and refusals that say where, why and what was meant."""

from pathlib import Path

import pytest

from config.policies.loader import PRESETS, load_policy, policy_json_schema
from config.refusal import SeveralRefused
from core.errors import ConfigurationRefused
from core.model.case import Enforcement
from core.model.policy import CommunityPolicy


def _refused(tmp_path: Path, content: str | bytes) -> ConfigurationRefused:
    path = tmp_path / "policy.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationRefused) as caught:
        load_policy(str(path))
    return caught.value


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_loads_under_its_own_name_and_carries_nothing_out_by_itself(preset: str) -> None:
    policy = load_policy(preset)
    assert policy.name == preset
    assert policy.enforcement is Enforcement.SHADOW
    assert policy.ladder
    assert {step.mode for step in policy.ladder} == {"propose"}


def test_the_three_presets_are_there() -> None:
    assert PRESETS == ("gaming", "general", "support-community")


def test_gaming_tolerates_banter_and_a_support_community_listens_early() -> None:
    gaming, general, support = (load_policy(name) for name in PRESETS)
    assert gaming.thresholds.harassment.alert_level > general.thresholds.harassment.alert_level
    assert support.thresholds.harassment.alert_level < general.thresholds.harassment.alert_level
    assert support.thresholds.crisis.alert_level == 1


def test_an_empty_file_is_the_default_policy(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    assert load_policy(str(tmp_path / "mine.toml")) == CommunityPolicy()


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbfname = "ours"\n')
    assert load_policy(str(tmp_path / "mine.toml")).name == "ours"


def test_a_table_that_sets_one_field_keeps_its_categorys_other_defaults(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[thresholds.toxicity]\nmin_score = 0.9\n")
    toxicity = load_policy(str(tmp_path / "mine.toml")).thresholds.toxicity
    assert (toxicity.alert_level, toxicity.min_score) == (3, 0.9)


def test_a_misspelt_field_is_refused_with_its_place_and_the_nearest(tmp_path: Path) -> None:
    refusal = _refused(tmp_path, 'enforcment = "live"\n')
    assert str(refusal) == "policy.toml: enforcment: there is no such field (did you mean enforcement?)"


def test_a_misspelt_field_inside_a_list_is_refused_with_its_index(tmp_path: Path) -> None:
    good = '[[ladder]]\ncategory = "toxicity"\naction = "delete"\n'
    refusal = _refused(tmp_path, good + good + '[[ladder]]\ncategory = "toxicity"\naction = "timeot"\nduration_s = 5\n')
    assert (refusal.path, refusal.hint) == ("policy.toml: ladder[2].action", "did you mean timeout?")


def test_a_value_far_from_any_lists_what_there_is(tmp_path: Path) -> None:
    refusal = _refused(tmp_path, '[[ladder]]\ncategory = "crisis"\naction = "delete"\n')
    assert (refusal.path, refusal.hint) == (
        "policy.toml: ladder[0].category",
        "valid: harassment, toxicity, rules",
    )


def test_crisis_can_be_neither_switched_off_nor_overridden_nor_exempted(tmp_path: Path) -> None:
    refusal = _refused(
        tmp_path,
        "[thresholds.crisis]\nalert_level = 5\n"
        '[[overrides]]\nroles = ["1"]\nexempt = ["crisis"]\nthresholds.crisis = {alert_level = 5}\n',
    )
    assert isinstance(refusal, SeveralRefused)
    assert [each.path for each in refusal.refusals] == [
        "policy.toml: thresholds.crisis.alert_level",
        "policy.toml: overrides[0].exempt[0]",
        "policy.toml: overrides[0].thresholds.crisis",
    ]
    assert refusal.refusals[2].hint == "valid: harassment, toxicity, rules"


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        ("lease_minutes = true", "lease_minutes", "has to be a whole number"),
        ('lease_minutes = "15"', "lease_minutes", "has to be a whole number"),
        ("lease_minutes = 15.5", "lease_minutes", "has to be a whole number"),
        ("lease_minutes = 0", "lease_minutes", "has to be 1 or more"),
        ("lease_minutes = 9999", "lease_minutes", "has to be 240 or less"),
        ("lease_minutes = 2026-01-01", "lease_minutes", "has to be a whole number"),
        ("version = 2", "version", "has to be 1"),
        ('name = ""', "name", "has to be at least 1 character long"),
        ("name = 3", "name", "has to be text in quotation marks"),
        ("thresholds = 3", "thresholds", "has to be a table"),
        ("ladder = 3", "ladder", "has to be a list"),
        ("thresholds.toxicity.min_score = nan", "thresholds.toxicity.min_score", "has to be a finite number"),
        ("thresholds.toxicity.min_score = 1.5", "thresholds.toxicity.min_score", "has to be 1.0 or less"),
        ("[[ladder]]\ncategory = 'rules'", "ladder[0].action", "this field is needed"),
        (
            "[[ladder]]\ncategory = 'rules'\naction = 'timeout'",
            "ladder[0]",
            "timeout needs a duration_s above 0",
        ),
        ("[[terms]]\ntext = 'x'", "terms[0].text", "has to be at least 2 characters long"),
    ],
)
def test_a_wrong_value_is_refused_in_plain_words(content: str, path: str, reason: str, tmp_path: Path) -> None:
    refusal = _refused(tmp_path, content + "\n")
    assert (refusal.path, refusal.reason) == (f"policy.toml: {path}", reason)


def test_more_patterns_than_the_limit_are_refused(tmp_path: Path) -> None:
    refusal = _refused(tmp_path, "[[patterns]]\nname = 'a'\npattern = 'b'\n" * 201)
    assert (refusal.path, refusal.reason) == ("policy.toml: patterns", "has more than 200 entries")


def test_a_pattern_that_re2_cannot_read_is_refused_with_its_place(tmp_path: Path) -> None:
    refusal = _refused(
        tmp_path, "[[patterns]]\nname = 'a'\npattern = 'fine'\n[[patterns]]\nname = 'b'\npattern = '(a'\n"
    )
    assert refusal.path == "policy.toml: patterns[1].pattern"
    assert "missing )" in refusal.reason


def test_broken_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    refusal = _refused(tmp_path, 'version = 1\nname = "ours\n')
    assert refusal.path == "policy.toml"
    assert "line 2" in refusal.reason


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    assert _refused(tmp_path, 'version = 1\nname = "caf\xe9"\n'.encode("latin-1")).path == "policy.toml: line 2"


def test_a_file_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert _refused(tmp_path, "name = " + "[" * 100_000).path == "policy.toml"


def test_an_enormous_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    assert "larger than" in _refused(tmp_path, b"#" * 2_000_001).reason


def test_a_missing_file_names_the_presets_and_the_nearest() -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        load_policy("genral")
    assert caught.value.hint == "did you mean general? presets: gaming, general, support-community"


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused):
        load_policy(str(tmp_path))


def test_every_field_of_the_schema_is_described() -> None:
    schema = policy_json_schema()
    models = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    undescribed = [
        f"{model['title']}.{name}"
        for model in models
        for name, field in model["properties"].items()
        if not field.get("description")
    ]
    assert undescribed == []
