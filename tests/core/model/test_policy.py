"""The bounds of a policy: what an owner can't write, and what two settings can't do (promise 3)."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.model.action import FOREVER_S, LAWS, ActionKind
from core.model.case import Enforcement
from core.model.finding import Category
from core.model.policy import MAX_PATTERN_CHARS, MAX_PATTERNS, MAX_TERMS, CommunityPolicy, Step


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"unknown": 1}, ("unknown",)),
        ({"version": 2}, ("version",)),
        ({"name": ""}, ("name",)),
        ({"enforcement": "proposed"}, ("enforcement",)),
        ({"lease_minutes": 0}, ("lease_minutes",)),
        ({"lease_minutes": 241}, ("lease_minutes",)),
        ({"context_messages": 11}, ("context_messages",)),
        ({"context_messages": -1}, ("context_messages",)),
        ({"thresholds": 3}, ("thresholds",)),
        ({"thresholds": {"toxicity": 3}}, ("thresholds", "toxicity")),
        ({"thresholds": {"toxic": {}}}, ("thresholds", "toxic")),
        ({"thresholds": {"toxicity": {"alert_level": 0}}}, ("thresholds", "toxicity", "alert_level")),
        ({"thresholds": {"toxicity": {"alert_level": 6}}}, ("thresholds", "toxicity", "alert_level")),
        ({"thresholds": {"toxicity": {"min_score": float("nan")}}}, ("thresholds", "toxicity", "min_score")),
        ({"thresholds": {"toxicity": {"min_score": 1.01}}}, ("thresholds", "toxicity", "min_score")),
        ({"thresholds": {"toxicity": {"alert_level": 2, "record_level": 3}}}, ("thresholds", "toxicity")),
        ({"thresholds": {"crisis": {"alert_level": 3}}}, ("thresholds", "crisis", "alert_level")),
        ({"thresholds": {"crisis": {"alert_level": 5}}}, ("thresholds", "crisis", "alert_level")),
        ({"thresholds": {"crisis": {"min_score": 0.9}}}, ("thresholds", "crisis", "min_score")),
        ({"thresholds": {"crisis": {"alert_level": 1, "record_level": 2}}}, ("thresholds", "crisis")),
        ({"overrides": [{}]}, ("overrides", 0)),
        ({"overrides": [{"roles": ["r"], "exempt": ["crisis"]}]}, ("overrides", 0, "exempt", 0)),
        (
            {"overrides": [{"roles": ["r"], "thresholds": {"crisis": {"alert_level": 2}}}]},
            ("overrides", 0, "thresholds", "crisis", "[key]"),
        ),
        ({"overrides": [{"roles": ["r"]}] * 201}, ("overrides",)),
        ({"ladder": [{"category": "crisis", "action": "delete"}]}, ("ladder", 0, "category")),
        ({"ladder": [{"category": "rules", "action": "alert"}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "unban"}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "support_message"}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "timeout"}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "slow_mode"}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "kick", "duration_s": 5}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "ban", "duration_s": 367 * 86400}]}, ("ladder", 0, "duration_s")),
        ({"ladder": [{"category": "rules", "action": "delete", "kinds": ["insult"]}]}, ("ladder", 0)),
        ({"ladder": [{"category": "rules", "action": "delete", "min_level": 0}]}, ("ladder", 0, "min_level")),
        ({"ladder": [{"category": "rules", "action": "delete"}] * 101}, ("ladder",)),
        ({"terms": [{"text": "x"}]}, ("terms", 0, "text")),
        ({"terms": [{"text": "xy"}] * (MAX_TERMS + 1)}, ("terms",)),
        ({"patterns": [{"name": "p", "pattern": "x" * (MAX_PATTERN_CHARS + 1)}]}, ("patterns", 0, "pattern")),
        ({"patterns": [{"name": "p", "pattern": "x"}] * (MAX_PATTERNS + 1)}, ("patterns",)),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(given: dict[str, Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        CommunityPolicy.model_validate(given)
    assert [error["loc"] for error in refused.value.errors()] == [place]


def test_a_fresh_policy_punishes_nobody_and_screens_for_everything() -> None:
    policy = CommunityPolicy()
    assert policy.enforcement is Enforcement.SHADOW
    assert not policy.ladder
    assert {category: policy.thresholds.of(category).alert_level for category in Category} == {
        Category.CRISIS: 2,
        Category.HARASSMENT: 2,
        Category.TOXICITY: 3,
        Category.RULES: 1,
    }


def test_crisis_findings_are_never_dropped_for_their_score() -> None:
    assert CommunityPolicy().thresholds.of(Category.CRISIS).min_score == 0.0


def test_a_ladder_offers_exactly_what_enforces() -> None:
    for kind in ActionKind:
        step = {"category": "rules", "action": kind, "duration_s": 60 if LAWS[kind].takes_duration else 0}
        if LAWS[kind].enforces:
            assert Step.model_validate(step).action is kind
        else:
            with pytest.raises(ValidationError):
                Step.model_validate(step)


@pytest.mark.parametrize(
    ("action", "duration_s", "lasting_s"),
    [
        ("ban", 0, FOREVER_S),
        ("ban", 60, 60),
        ("timeout", 60, 60),
        ("delete", 0, 0),
        ("kick", 0, 0),
        ("lock", 0, FOREVER_S),
    ],
)
def test_nought_seconds_mean_without_end_only_where_an_effect_lasts(
    action: str, duration_s: int, lasting_s: int
) -> None:
    step = Step.model_validate({"category": "rules", "action": action, "duration_s": duration_s})
    assert step.lasting_s == lasting_s


def test_a_lease_is_as_long_as_the_policy_says() -> None:
    assert CommunityPolicy(lease_minutes=240).lease.total_seconds() == 240 * 60
