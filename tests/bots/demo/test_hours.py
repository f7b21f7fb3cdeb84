"""The demo's shifts and small budget stand in where the policy says nothing, and its clock goes on where it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots.demo.hours import CRISIS_ALERTS_PER_DAY, clock_of, local_zone, policy_for_demo
from bots.demo.scene import load_scene
from core.flow.calling import on_duty
from core.model.policy import CommunityPolicy
from core.model.rota import Rota


def test_a_policy_without_shifts_gets_those_of_the_cast() -> None:
    policy = policy_for_demo(CommunityPolicy())
    cast = {member.id for member in load_scene().cast}
    assert {member for shift in policy.rota.shifts for member in shift.members} <= cast
    assert policy.crisis_alerts_per_day == CRISIS_ALERTS_PER_DAY


def test_what_a_policy_says_itself_stays() -> None:
    own = CommunityPolicy(rota=Rota(time_zone="Asia/Tokyo"), crisis_alerts_per_day=20)
    assert policy_for_demo(own) == own


def test_the_evening_has_two_responders_and_the_night_none() -> None:
    rota = policy_for_demo(CommunityPolicy()).rota
    evening = datetime(2026, 5, 4, 21, tzinfo=rota.zone)
    assert on_duty(rota, [], evening)[:2] == ["imani", "chidi"]
    assert on_duty(rota, [], evening + timedelta(hours=4)) == ["bastian"]


@pytest.mark.parametrize(("named", "zone"), [("Europe/Berlin", "Europe/Berlin"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_the_zone_is_the_one_that_the_machine_is_told(named: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", named)
    assert local_zone() == zone


def test_a_zone_that_nobody_knows_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "../../nowhere")
    assert ZoneInfo(local_zone())


def test_the_clock_of_a_folder_goes_on_from_where_it_was_moved_to(tmp_path: Path) -> None:
    clock_of(tmp_path).move(timedelta(hours=9))
    clock_of(tmp_path).move(timedelta(hours=1))
    assert clock_of(tmp_path).now() - datetime.now(UTC) > timedelta(hours=9, minutes=59)


@pytest.mark.parametrize("kept", ["", "soon", "-3600", "nan", "inf", "1e11", "1e300"])
def test_a_damaged_file_starts_the_clock_anew(kept: str, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text(kept, encoding="ascii")
    assert clock_of(tmp_path).ahead == timedelta()
