"""Opening a SQLite database: made on the first run, refused untouched where it is not ours to change."""

import hashlib
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigurationRefused, KeyMissing, TextGone
from core.model.record import Commit
from tests.adapters.store.conftest import Opener, contents_of, unsealed
from tests.contract.samples import HARBOUR, a_case, a_draft, new, opening, sealed, written

CASE = a_case().id


def bytes_of(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents_of(folder).items()}


def modes_of(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


async def test_a_first_run_makes_files_that_only_their_owner_can_read(opened: Opener, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = await opened()
        await database.intake.append([written()])
        modes = modes_of(tmp_path)
    finally:
        os.umask(before)
    assert modes == {
        "house.sqlite3": 0o600,
        "house.sqlite3-wal": 0o600,
        "house.sqlite3-shm": 0o600,
        "house.sqlite3.keys": 0o600,
        "house.sqlite3.lock": 0o600,
        "house.sqlite3.master": 0o600,
    }


async def test_a_database_of_a_newer_version_is_refused_untouched(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    execute(tmp_path / "house.sqlite3", "UPDATE alembic_version SET version_num = '9999'")
    before = bytes_of(tmp_path)
    with pytest.raises(ConfigurationRefused, match="newer version") as refused:
        await opened()
    assert refused.value.path == str(tmp_path / "house.sqlite3")
    assert refused.value.hint
    assert bytes_of(tmp_path) == before


async def test_another_program_s_database_is_refused_untouched(opened: Opener, tmp_path: Path) -> None:
    execute(tmp_path / "house.sqlite3", "CREATE TABLE recipes (name TEXT)")
    before = bytes_of(tmp_path)
    with pytest.raises(ConfigurationRefused, match="another program"):
        await opened()
    assert bytes_of(tmp_path) == before


async def test_a_file_that_is_no_database_is_refused_untouched(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "house.sqlite3").write_text("a shopping list, long enough to be no header of a database at all\n" * 20)
    before = bytes_of(tmp_path)
    with pytest.raises(ConfigurationRefused, match="no SQLite database"):
        await opened()
    assert bytes_of(tmp_path) == before


async def test_an_empty_file_is_a_new_database(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "house.sqlite3").touch()
    assert (await (await opened()).store.counts())["cases"] == 0


async def test_a_folder_that_is_missing_is_named(opened: Opener, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        await opened("nowhere/house.sqlite3")
    assert refused.value.path == str(tmp_path / "nowhere")


async def test_a_lost_master_key_is_reported_and_never_made_anew(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    (tmp_path / "house.sqlite3.master").unlink()
    before = bytes_of(tmp_path)
    with pytest.raises(KeyMissing) as missing:
        await opened()
    assert missing.value.path == str(tmp_path / "house.sqlite3.master")
    assert missing.value.hint
    assert bytes_of(tmp_path) == before


async def test_another_master_key_is_refused(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    (tmp_path / "house.sqlite3.master").write_text("ab" * 32)
    before = bytes_of(tmp_path)
    with pytest.raises(KeyMissing, match="another master key"):
        await opened()
    with pytest.raises(KeyMissing, match="another master key"):
        await opened(given_master_key="cd" * 32)
    assert bytes_of(tmp_path) == before


async def test_a_given_master_key_is_used_and_written_nowhere(opened: Opener, tmp_path: Path) -> None:
    given = "0123456789abcdef" * 4
    database = await opened(given_master_key=given)
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.close()
    assert not (tmp_path / "house.sqlite3.master").exists()
    secret = bytes.fromhex(given)
    assert not any(form in content for content in contents_of(tmp_path).values() for form in (secret, given.encode()))
    with pytest.raises(KeyMissing):
        await opened()
    assert len(await (await opened(given_master_key=given)).store.texts(HARBOUR, CASE)) == 1


@pytest.mark.parametrize("wrong", ["", "short", "zz" * 32, "ab" * 31])
async def test_what_is_no_master_key_is_refused_without_being_repeated(opened: Opener, wrong: str) -> None:
    with pytest.raises(ConfigurationRefused, match="64 hexadecimal digits") as refused:
        await opened(given_master_key=wrong)
    assert not wrong or wrong not in str(refused.value)


async def test_a_missing_key_file_is_reported_while_sealed_rows_exist(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.intake.append([written()])
    await database.close()
    (tmp_path / "house.sqlite3.keys").unlink()
    before = bytes_of(tmp_path)
    with pytest.raises(KeyMissing) as missing:
        await opened()
    assert missing.value.path == str(tmp_path / "house.sqlite3.keys")
    assert bytes_of(tmp_path) == before


async def test_a_key_file_of_another_master_key_is_refused(opened: Opener, tmp_path: Path) -> None:
    await (await opened("one.sqlite3")).close()
    await (await opened("two.sqlite3")).close()
    (tmp_path / "one.sqlite3.keys").write_bytes((tmp_path / "two.sqlite3.keys").read_bytes())
    with pytest.raises(KeyMissing, match="another master key"):
        await opened("one.sqlite3")


async def test_something_that_is_no_key_file_is_refused(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    (tmp_path / "house.sqlite3.keys").write_text("this is a letter and no key file, and it is long enough\n" * 20)
    with pytest.raises(KeyMissing, match="no key file"):
        await opened()


async def test_a_backup_without_its_keys_opens_once_its_texts_are_forgotten(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.intake.append([written()])
    await database.store.commit(
        Commit(done=("key-1",), cases=(new(a_case()),), texts=((CASE, sealed()),), audit=(a_draft(a_case()),))
    )
    await database.backup(tmp_path / "copy.backup")
    unsealed(tmp_path / "copy.backup").replace(tmp_path / "restored.sqlite3")
    with pytest.raises(KeyMissing):
        await opened("restored.sqlite3")
    restored = await opened("restored.sqlite3", forgets_texts=True)
    with pytest.raises(TextGone):
        await restored.store.texts(HARBOUR, CASE)
    assert list(await restored.intake.take(10)) == []
    case = await restored.store.case(HARBOUR, CASE)
    assert case is not None
    assert replace(case, version=1, turn=1) == a_case()
    assert await restored.store.verify_audit(HARBOUR) is None
    await restored.close()
    assert (await (await opened("restored.sqlite3")).store.counts())["done"] == 1


async def test_a_backup_is_whole_holds_no_key_and_overwrites_nothing(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(opening(a_case()))
    copy = tmp_path / "copies" / "today.sqlite3"
    copy.parent.mkdir()
    await database.backup(copy)
    assert [path.name for path in copy.parent.iterdir()] == ["today.sqlite3"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert b"SQLite" not in copy.read_bytes()
    connection = sqlite3.connect(unsealed(copy, tmp_path))
    assert connection.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    connection.close()
    with pytest.raises(ConfigurationRefused):
        await database.backup(copy)


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "no address"])
async def test_an_address_of_anything_else_is_refused(opened: Opener, url: str) -> None:
    from adapters.store.engine import parsed_url

    with pytest.raises(ConfigurationRefused):
        parsed_url(url)
