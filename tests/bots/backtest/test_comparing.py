"""Comparing two policies: what the second adds, loses, tells otherwise and only groups otherwise, in one pass."""

from pathlib import Path

from bots.backtest.comparing import LISTED
from bots.backtest.summing import Wishes
from core.model.finding import Kind
from core.model.policy import CommunityPolicy
from tests.bots.backtest.trying import Counting, comparison, line, written


def a_policy(name: str, alert_level: int, **more: object) -> CommunityPolicy:
    thresholds = {"harassment": {"alert_level": alert_level}}
    return CommunityPolicy.model_validate({"name": name, "thresholds": thresholds, **more})


EAGER, CALM = a_policy("eager", 2), a_policy("calm", 3)


async def test_alerts_that_a_stricter_threshold_loses_and_a_milder_one_adds(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:2"), line(1, "ben", "insult:3"), line(2, "cy", "harmless")]
    path = written(tmp_path / "log.jsonl", said)
    calmer = await comparison(path, EAGER, CALM)
    assert (calmer.before.policy, calmer.after.policy) == ("eager", "calm")
    assert (calmer.before.alerts, calmer.after.alerts) == (2, 1)
    assert [alert.place for alert in calmer.lost] == ["log.jsonl: line 1"]
    assert (calmer.lost_count, calmer.new, calmer.new_count, calmer.changed_count, calmer.regrouped) == (1, (), 0, 0, 0)
    milder = await comparison(path, CALM, EAGER)
    assert [alert.place for alert in milder.new] == ["log.jsonl: line 1"]
    assert (milder.new_count, milder.lost_count) == (1, 0)


async def test_a_message_that_only_joins_under_the_other_policy_is_neither_new_nor_lost(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:2"), line(1, "ann", "insult:3")]
    found = await comparison(written(tmp_path / "log.jsonl", said), EAGER, CALM)
    assert (found.before.alerts, found.after.alerts) == (1, 1)
    assert [alert.place for alert in found.lost] == ["log.jsonl: line 1"]
    assert (found.new_count, found.lost_count, found.regrouped) == (0, 1, 1)


async def test_an_alert_with_another_level_is_changed(tmp_path: Path) -> None:
    term = a_policy("terms", 2, overrides=[{"roles": ["1"], "exempt": ["rules"]}])
    deaf = CommunityPolicy.model_validate(
        {"name": "deaf", "thresholds": {"harassment": {"alert_level": 5}, "rules": {"alert_level": 1}}}
    )
    path = written(tmp_path / "log.jsonl", [line(0, "ann", "insult:4 term:1")])
    found = await comparison(path, term, deaf)
    (pair,) = found.changed
    assert ((pair.before.level, pair.before.kind), (pair.after.level, pair.after.kind)) == (
        (4, Kind.INSULT),
        (1, Kind.TERM),
    )
    assert (found.changed_count, found.new_count, found.lost_count) == (1, 0, 0)
    assert pair.before.author == pair.after.author


async def test_two_policies_with_the_same_rules_share_one_screening(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", [line(n, "ann", "harmless") for n in range(100)])
    shared, apart = Counting(), Counting()
    await comparison(path, EAGER, CALM, found_by=shared)
    await comparison(path, EAGER, a_policy("own", 2, terms=[{"text": "sails"}]), found_by=apart)
    assert (shared.asked, apart.asked) == (100, 200)


async def test_of_very_many_the_first_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    said = [line(10 * n, f"member{n}", "insult:2") for n in range(LISTED + 50)]
    found = await comparison(written(tmp_path / "log.jsonl", said), EAGER, CALM)
    assert (len(found.lost), found.lost_count) == (LISTED, LISTED + 50)
    assert found.lost[0].place == "log.jsonl: line 1"


async def test_the_same_policy_twice_changes_nothing_and_no_words_are_shown(tmp_path: Path) -> None:
    said = [line(n, f"member{n % 7}", f"insult:{n % 5} secretword") for n in range(200)]
    path = written(tmp_path / "log.jsonl", said)
    found = await comparison(path, EAGER, EAGER, wishes=Wishes())
    assert found.before.alerts == found.after.alerts > 0
    assert (found.new_count, found.lost_count, found.changed_count, found.regrouped) == (0, 0, 0, 0)
    assert "secretword" not in str(found)
