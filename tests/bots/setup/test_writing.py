"""What `init` writes: whole, private, and without losing what stood there."""

from pathlib import Path

import pytest

from bots.setup.writing import entries_in, write_communities, write_settings
from config.communities import CommunityEntry
from config.settings import load_settings
from core.errors import ConfigurationRefused

ENTRY = CommunityEntry(
    platform="telegram", id="-100123456", name="Harbour", alerts="-1", crisis_alerts="-2", owners=frozenset({"1"})
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
