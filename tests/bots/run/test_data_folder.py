"""The folder of the database and its keys: whom it belongs to decides who may work in it."""

import os
import pwd
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bots.commands import app
from bots.run.data_folder import check_user, make_data_folder
from core.errors import ConfigurationRefused

SOMEBODY = pwd.getpwnam("nobody")


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody else's, seen by root; who really runs the test does not matter."""
    folder = tmp_path / "var"
    folder.mkdir()
    real = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(path, follow_symlinks=follow_symlinks)
        values = list(found)
        values[4] = SOMEBODY.pw_uid
        return os.stat_result(values) if path == folder else found

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def test_root_is_told_to_work_as_the_user_whom_the_data_belong_to(theirs: Path) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        make_data_folder(theirs)
    assert refused.value.reason == "belongs to nobody, and this is root"
    assert refused.value.hint == "begin the command with: sudo -u nobody"


@pytest.mark.parametrize("command", [["backup"], ["restore", "some.sqlite3", "--replace"]])
def test_root_leaves_no_file_behind_that_the_bot_could_not_read(
    command: list[str], theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(theirs.parent)
    ended = CliRunner().invoke(app, command, env={"LIGHTKEEPER_DATA_DIR": str(theirs)})
    assert isinstance(ended.exception, ConfigurationRefused)
    assert "sudo -u nobody" in str(ended.exception)
    assert not list(theirs.iterdir())


def test_a_folder_without_a_named_owner_is_told_by_number(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(ConfigurationRefused, match=f"belongs to #{SOMEBODY.pw_uid}"):
        check_user(theirs)


def test_anybody_but_root_is_left_to_the_file_system(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY.pw_uid)
    make_data_folder(theirs)


def test_root_makes_a_folder_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    make_data_folder(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
