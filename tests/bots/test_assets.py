"""Lexicons and models are the ones that the manifest names."""

import json
import shutil
from pathlib import Path

import pytest

from bots.assets import HOME, check_lexicons, digests
from core.errors import ConfigurationRefused


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped files."""
    copy = tmp_path / "filters"
    for name in digests():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOME / name, copy / name)
    (copy / "manifest.json").write_text(json.dumps(digests()))
    return copy


def test_the_shipped_manifest_names_what_is_there() -> None:
    check_lexicons()
    assert "crisis/en.lexicon.txt" in digests()


def test_a_changed_lexicon_is_refused_by_name(home: Path) -> None:
    with (home / "crisis/en.lexicon.txt").open("a") as lexicon:
        lexicon.write("\n")
    with pytest.raises(ConfigurationRefused, match=r"en\.lexicon\.txt: is not the file"):
        check_lexicons(home)


def test_a_missing_lexicon_is_refused_by_name(home: Path) -> None:
    (home / "harassment/en.txt").unlink()
    with pytest.raises(ConfigurationRefused, match=r"en\.txt: is missing"):
        check_lexicons(home)


def test_a_file_in_no_manifest_is_refused(home: Path) -> None:
    (home / "crisis/extra.txt").write_text("lexicon\n")
    with pytest.raises(ConfigurationRefused, match=r"extra\.txt: stands in no manifest"):
        check_lexicons(home)


@pytest.mark.parametrize("bad", ["", "{", None])
def test_an_unreadable_manifest_is_refused(home: Path, bad: str | None) -> None:
    manifest = home / "manifest.json"
    if bad is None:
        manifest.unlink()
    else:
        manifest.write_text(bad)
    with pytest.raises(ConfigurationRefused, match="can't be read"):
        check_lexicons(home)
