"""What `init` writes: whole, private, and without losing what stood there."""

import os
from pathlib import Path

import pytest

from bots.setup.writing import check_writable, entries_in, write_communities, write_settings
from config.communities import CommunityEntry
from config.settings import load_settings
from core.errors import ConfigurationRefused

ENTRY = CommunityEntry(
    platform="telegram",
    id="-100123456",
    name="Harbour",
    alerts="-1",
    crisis_alerts="-2",
    notice="-100123456",
    owners=frozenset({"1"}),
)


def test_a_token_is_written_for_its_owner_alone_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".env"
    write_settings(path, {"LIGHTKEEPER_TELEGRAM_TOKEN": "1:a#b$c"})
    assert path.stat().st_mode & 0o777 == 0o600
    token = load_settings(path).telegram_token
    assert token is not None
    assert token.get_secret_value() == "1:a#b$c"


def test_other_settings_stay_and_the_old_token_goes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# mine\nLIGHTKEEPER_PORT=9000\nexport lightkeeper_telegram_token = old\n")
    path.chmod(0o644)
    write_settings(path, {"LIGHTKEEPER_TELEGRAM_TOKEN": "new"})
    assert path.read_text() == "# mine\nLIGHTKEEPER_PORT=9000\nLIGHTKEEPER_TELEGRAM_TOKEN='new'\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("token", ["two words", "quo'te", "line\nbreak", ""])
def test_a_token_that_would_break_the_file_is_refused_and_nothing_written(tmp_path: Path, token: str) -> None:
    with pytest.raises(ConfigurationRefused):
        write_settings(tmp_path / ".env", {"LIGHTKEEPER_TELEGRAM_TOKEN": token})
    assert list(tmp_path.iterdir()) == []


def test_communities_read_back_and_the_file_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    assert entries_in(path) == ()
    assert write_communities(path, (ENTRY,)) is None
    assert entries_in(path) == (ENTRY,)
    before = path.read_text()
    kept = write_communities(path, (ENTRY, ENTRY.model_copy(update={"id": "-100654321"})))
    assert kept is not None
    assert kept.read_text() == before
    assert len(entries_in(path)) == 2


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationRefused, match="can't be written"):
        write_communities(tmp_path / "file" / "communities.toml", (ENTRY,))


HANDMADE = """# Ours, since 2024. Ask Ada before you change anything.
version = 1

[[community]]  # the big one
platform = "telegram"
id = "-100123456"
name = "Harbour \U0001f6a2"
alerts = "-1"   # the crew
crisis_alerts = "-2"
notice = "-100123456"
policy = "ours.toml"
owners = ["1"]
# not before spring:
# moderators = ["2"]
"""
OTHER = ENTRY.model_copy(update={"id": "-100654321", "name": "Lagoon"})


@pytest.mark.parametrize("name", ["Harbour \U0001f6a2", 'quo"te \\ back', "\x7f\u2028", "\u202eturned", "[x]\n= #"])
def test_any_name_reads_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "communities.toml"
    entry = ENTRY.model_copy(update={"name": name})
    write_communities(path, (entry,))
    assert entries_in(path) == (entry,)


def test_another_community_leaves_what_a_person_wrote_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    path.write_text(HANDMADE, encoding="utf-8")
    write_communities(path, (*entries_in(path), OTHER))
    assert path.read_text(encoding="utf-8").startswith(HANDMADE)
    assert [entry.name for entry in entries_in(path)] == ["Harbour \U0001f6a2", "Lagoon"]
    assert entries_in(path)[0].policy == "ours.toml"


def test_a_community_that_is_set_up_again_changes_alone(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    path.write_text(HANDMADE.replace("[[community]]", "[[community]]\n" + SECOND + "\n[[community]]"), encoding="utf-8")
    second, first = entries_in(path)
    changed = second.model_copy(update={"alerts": "-9"})
    write_communities(path, (changed, first))
    assert entries_in(path) == (changed, first)
    assert "# the big one" in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("# Ours, since 2024.")


SECOND = """platform = "telegram"
id = "-100777777"
name = "Lagoon"
alerts = "-3"
crisis_alerts = "-4"
notice = "-100777777"
owners = ["1"]
"""


def test_a_file_in_another_shape_is_written_anew_and_loses_no_community(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    inline = (
        'platform = "telegram", id = "-1", name = "[[community]]", alerts = "-2", crisis_alerts = "-3", '
        'notice = "-1", owners = ["1"]'
    )
    path.write_text("community = [{ " + inline + " }]\n", encoding="utf-8")
    before = entries_in(path)
    write_communities(path, (*before, OTHER))
    assert entries_in(path) == (*before, OTHER)


def test_no_file_that_was_kept_before_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    path.write_text(HANDMADE, encoding="utf-8")
    for number in range(3):
        kept = write_communities(path, (*entries_in(path), OTHER.model_copy(update={"id": f"-10000{number}"})))
        assert kept is not None
    assert (tmp_path / "communities.toml.before").read_text(encoding="utf-8") == HANDMADE
    assert len(list(tmp_path.iterdir())) == 4


def test_what_needs_no_change_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "communities.toml"
    path.write_text(HANDMADE, encoding="utf-8")
    assert write_communities(path, entries_in(path)) is None
    write_settings(tmp_path / ".env", {})
    assert [each.name for each in tmp_path.iterdir()] == ["communities.toml"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "version = 1\n"])
def test_a_file_without_a_community_is_begun(tmp_path: Path, text: str) -> None:
    path = tmp_path / "communities.toml"
    path.write_text(text)
    assert entries_in(path) == ()
    write_communities(path, (ENTRY,))
    assert entries_in(path) == (ENTRY,)
    assert path.read_text().startswith(text)


def test_a_link_stays_a_link_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "settings", tmp_path / ".env"
    real.write_text("LIGHTKEEPER_PORT=9000\n")
    link.symlink_to(real)
    write_settings(link, {"LIGHTKEEPER_TELEGRAM_TOKEN": "1:new"})
    assert link.is_symlink()
    assert real.read_text() == "LIGHTKEEPER_PORT=9000\nLIGHTKEEPER_TELEGRAM_TOKEN='1:new'\n"
    assert real.stat().st_mode & 0o777 == 0o600


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "there")
    (tmp_path / "there").symlink_to(tmp_path / ".env")
    with pytest.raises(ConfigurationRefused, match="can't be written"):
        check_writable(tmp_path / ".env")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_root_leaves_a_file_to_whom_it_belongs(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_345)
    write_settings(tmp_path / ".env", {"LIGHTKEEPER_TELEGRAM_TOKEN": "1:new"})
    assert (tmp_path / ".env").stat().st_uid == 12_345


def test_looking_whether_one_may_write_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "deeper" / ".env", tmp_path / "communities.toml")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationRefused, match="can't be written"):
        check_writable(tmp_path / "file" / ".env")
