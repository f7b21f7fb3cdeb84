"""The doctor on help: countries without services, files that are wrong, what goes stale soon."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bots.doctor.examination import examine
from bots.doctor.help import examine_help
from bots.doctor.section import Section
from config.communities import load_communities
from config.resources.files import CONFIRMED, OWN, Files
from config.settings import Settings
from core.model.resource import FRESH_FOR, Confirmation, Topic
from tests.bots.doctor.test_mistakes import COMMUNITIES

TODAY = date(2026, 3, 1)
DAY = timedelta(days=1)
GERMAN = COMMUNITIES + 'countries = ["DE"]\n'
LINE = next(each for each in Files().state().services if each.country == "DE" and Topic.CRISIS in each.topics)


def _examined(folder: Path, text: str = GERMAN) -> Section:
    path = folder / "communities.toml"
    path.write_text(text, encoding="utf-8")
    return examine_help(Settings(communities=path), load_communities(path).communities.values(), TODAY)


def _confirmed(folder: Path, on: date) -> None:
    Files(folder).confirm([Confirmation(service=LINE.id, fingerprint=LINE.fingerprint, on=on)])


def test_a_country_without_a_live_service_has_to_be_mended(tmp_path: Path) -> None:
    (problem,) = _examined(tmp_path).problems
    assert problem.is_grave
    assert problem.place == "communities.toml: Harbour: DE"
    assert "no service for a crisis is shown" in problem.reason
    assert "verify --country DE" in problem.hint


def test_a_country_with_one_has_no_problem(tmp_path: Path) -> None:
    _confirmed(tmp_path, TODAY)
    section = _examined(tmp_path)
    assert section.problems == ()
    assert section.note.startswith("1 of ")


@pytest.mark.parametrize(("age", "problems"), [(149, 0), (150, 2), (179, 2), (180, 1)])
def test_what_goes_stale_within_a_month_is_told_before(tmp_path: Path, age: int, problems: int) -> None:
    _confirmed(tmp_path, TODAY - age * DAY)
    found = _examined(tmp_path).problems
    assert len(found) == problems
    if problems == 2:
        assert not any(each.is_grave for each in found)
        assert all(str(TODAY - age * DAY + FRESH_FOR) in each.reason for each in found)
        assert found[1].place == CONFIRMED


def test_a_community_without_a_country_has_no_problem_and_is_told(tmp_path: Path) -> None:
    section = _examined(tmp_path, COMMUNITIES)
    assert section.problems == ()
    assert "members are asked for theirs" in section.note


def test_files_that_are_wrong_are_told_with_their_line(tmp_path: Path) -> None:
    _confirmed(tmp_path, TODAY)
    (tmp_path / OWN).write_text('[[service]]\nid = "x-line"\n', encoding="utf-8")
    problems = _examined(tmp_path).problems
    assert all(each.is_grave for each in problems)
    assert "resources.toml: line 1: service[0].source" in {each.place for each in problems}


async def test_help_is_looked_at_with_everything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "communities.toml").write_text(GERMAN, encoding="utf-8")
    sections = await examine(env_file=tmp_path / ".env", is_online=False)
    (section,) = (each for each in sections if each.name == "Help")
    assert any("verify --country DE" in each.hint for each in section.problems)
    monkeypatch.setenv("LIGHTKEEPER_PORT", "none")
    skipped = await examine(env_file=tmp_path / ".env", is_online=False)
    assert "Help" in {each.name for each in skipped if each.is_skipped}


async def test_a_language_that_there_is_not_is_told_as_the_start_would_refuse_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "communities.toml").write_text(GERMAN + 'accepted_drafts = ["xx"]\n', encoding="utf-8")
    sections = await examine(env_file=tmp_path / ".env", is_online=False)
    assert "communities.toml: community[0].accepted_drafts" in {
        problem.place for section in sections for problem in section.problems if problem.is_grave
    }
