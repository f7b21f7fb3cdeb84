"""The directory of one installation: read again when its files change, left as it was where they are wrong."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from config.resources.files import CONFIRMED, OWN, Files
from core.care.resources import WORLDWIDE, Footing, footing_of
from core.errors import ConfigurationRefused
from core.model.resource import Confirmation, Service

TODAY = date(2026, 3, 1)
LINE = """\
[[service]]
id = "our-line"
country = "DE"
name = "Our line"
topics = ["crisis"]
contacts = [{ medium = "call", value = "555-0100" }]
source = "they told Ada"
as_of = "2026-02-01"
"""


def write(folder: Path, text: str, name: str = OWN) -> None:
    """As an editor does: beside it, then in its place."""
    (folder / "new").write_text(text, encoding="utf-8")
    (folder / "new").replace(folder / name)


def of(files: Files, service: str) -> Service:
    return next(each for each in files.state().services if each.id == service)


def a_confirmation(files: Files, service: str = "our-line", on: date = TODAY) -> Confirmation:
    return Confirmation(service=service, fingerprint=of(files, service).fingerprint, on=on, by="Ada")


def test_without_a_folder_there_is_what_ships_and_nothing_can_be_confirmed() -> None:
    files = Files()
    assert of(files, WORLDWIDE)
    assert not files.reload()
    assert files.refusals() == []
    with pytest.raises(ConfigurationRefused):
        files.confirm([])


def test_ones_own_stand_beside_what_ships(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    assert len(files.state().services) == len(Files().state().services) + 1
    assert of(files, "our-line").name == "Our line"


def test_an_edit_is_seen_when_the_files_are_read_again(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert not files.reload()
    write(tmp_path, LINE)
    assert files.reload()
    assert not files.reload()
    write(tmp_path, LINE.replace("555-0100", "555-0101"))
    assert files.reload()
    assert of(files, "our-line").contacts[0].value == "555-0101"
    (tmp_path / OWN).unlink()
    assert files.reload()
    assert "our-line" not in {each.id for each in files.state().services}


def test_a_broken_edit_leaves_the_last_good_state_and_names_the_line(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    before = files.state()
    write(tmp_path, LINE.replace('source = "they told Ada"\n', ""))
    assert files.reload()
    assert files.state() is before
    (refused,) = files.refusals()
    assert refused.path == "resources.toml: line 1: service[0].source"
    assert not files.reload()
    assert files.refusals()
    write(tmp_path, LINE)
    assert files.reload()
    assert files.refusals() == []


GARBAGE = {
    "keys without end": "a." * 4_000 + "b = 1",
    "lists without end": "service = " + "[" * 100_000,
    "a number without end": "version = " + "9" * 10_000,
    "what looks like services": "[[service]]\n" * 3_000,
    "the same service again and again": LINE * 2_000,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_no_garbage_whatever_it_is_stops_the_bot_or_takes_a_service_away(tmp_path: Path, garbage: str) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    write(tmp_path, garbage)
    assert files.reload()
    assert of(files, "our-line")
    assert files.refusals()[0].path.startswith(OWN)
    write(tmp_path, LINE)
    assert files.reload()
    assert not files.refusals()


def test_a_start_with_a_broken_file_has_what_ships_and_what_was_confirmed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.confirm([a_confirmation(files, "de-telefonseelsorge")])
    write(tmp_path, "[[service]")
    files = Files(tmp_path)
    assert footing_of(of(files, "de-telefonseelsorge"), files.state(), TODAY) is Footing.LIVE
    assert [each.path for each in files.refusals()] == ["resources.toml"]


def test_a_file_that_may_not_be_read_is_told_and_takes_nothing_away(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    (tmp_path / OWN).unlink()
    (tmp_path / OWN).mkdir()
    assert files.reload()
    assert of(files, "our-line")
    assert "can't be read" in files.refusals()[0].reason


def test_what_is_confirmed_is_live_at_once_and_after_a_restart(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    files.confirm([a_confirmation(files)])
    for each in (files, Files(tmp_path)):
        assert footing_of(of(each, "our-line"), each.state(), TODAY) is Footing.LIVE


def test_a_later_confirmation_takes_the_place_of_the_earlier_and_leaves_the_others(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.confirm([a_confirmation(files, "fr-sos-amitie"), a_confirmation(files, "de-telefonseelsorge")])
    files.confirm([a_confirmation(files, "de-telefonseelsorge", date(2026, 4, 1))])
    assert [(each.service, each.on) for each in files.state().confirmations] == [
        ("de-telefonseelsorge", date(2026, 4, 1)),
        ("fr-sos-amitie", TODAY),
    ]


def test_what_is_not_in_the_directory_is_not_confirmed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with pytest.raises(ConfigurationRefused, match="no such service"):
        files.confirm([Confirmation(service="nowhere", fingerprint="0" * 16, on=TODAY)])
    assert list(tmp_path.iterdir()) == []


def test_a_confirmation_of_what_is_gone_is_not_kept(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    files.confirm([a_confirmation(files)])
    (tmp_path / OWN).unlink()
    files.confirm([a_confirmation(files, "fr-sos-amitie")])
    assert "our-line" not in (tmp_path / CONFIRMED).read_text()


def test_nothing_is_confirmed_and_nothing_lost_while_a_file_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, LINE)
    files = Files(tmp_path)
    files.confirm([a_confirmation(files)])
    kept = (tmp_path / CONFIRMED).read_text()
    write(tmp_path, LINE.replace("as_of", "asof"))
    with pytest.raises(ConfigurationRefused, match="asof"):
        files.confirm([a_confirmation(files, "fr-sos-amitie")])
    assert (tmp_path / CONFIRMED).read_text() == kept


def test_two_who_confirm_after_each_other_lose_nothing(tmp_path: Path) -> None:
    one, other = Files(tmp_path), Files(tmp_path)
    one.confirm([a_confirmation(one, "fr-sos-amitie")])
    other.confirm([a_confirmation(other, "de-telefonseelsorge")])
    assert len(Files(tmp_path).state().confirmations) == 2


def test_two_who_confirm_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    ids = [each.id for each in Files().state().services]

    def confirm(mine: list[str]) -> None:
        files = Files(tmp_path)
        for service in mine:
            files.confirm([a_confirmation(files, service)])

    with ThreadPoolExecutor(2) as people:
        list(people.map(confirm, (ids[:20], ids[20:40])))
    assert {each.service for each in Files(tmp_path).state().confirmations} == set(ids[:40])


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    files = Files(tmp_path / "file")
    with pytest.raises(ConfigurationRefused, match="the user that this folder belongs to"):
        files.confirm([a_confirmation(files, "fr-sos-amitie")])


def test_a_disk_that_refuses_leaves_what_was_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(tmp_path)
    files.confirm([a_confirmation(files, "fr-sos-amitie")])

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationRefused, match="No space left"):
        files.confirm([a_confirmation(files, "de-telefonseelsorge")])
    assert [path.name for path in tmp_path.iterdir()] == [CONFIRMED]
    assert len(Files(tmp_path).state().confirmations) == 1
