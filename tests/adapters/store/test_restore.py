"""Putting a backup back: what is refused, and that the old database or the new one is there, whole."""

import hashlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.backup import seal_to, write_backup
from adapters.store.database import Database
from adapters.store.lock import held, lock_path
from adapters.store.restoring import Restored, restore
from core.care.erasing import ERASE_TIMER
from core.errors import ConfigurationRefused, KeyMissing, TextGone, Unavailable
from core.model.record import Commit, Timer
from tests.adapters.store.conftest import Opener, master_of, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import HARBOUR, a_case, a_draft, new, opening, sealed, written

CASE = a_case().id
Restore = Callable[..., Awaitable[Restored]]


@pytest.fixture
def put_back(tmp_path: Path, clock: FakeClock) -> Restore:
    """Restores `copy.sqlite3` to `house.sqlite3`, or other files of the test's folder."""

    async def put_back(source: str = "copy.sqlite3", target: str = "house.sqlite3", **options: object) -> Restored:
        return await restore(
            tmp_path / source,
            tmp_path / target,
            clock=clock,
            busy_timeout_s=0.05,
            **options,  # type: ignore[arg-type]
        )

    return put_back


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, but for locks, which say nothing."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a test's own name
    return int(count)


async def a_house_with_a_backup(opened: Opener, tmp_path: Path) -> None:
    """A closed database with two cases, one of which a backup holds."""
    database = await opened()
    await database.store.commit(
        Commit(done=("key-1",), cases=(new(a_case()),), texts=((CASE, sealed()),), audit=(a_draft(a_case()),))
    )
    await database.backup(tmp_path / "copy.sqlite3")
    await database.store.commit(opening(a_case("case-2", subject="ben")))
    await database.close()


async def test_a_backup_goes_into_an_empty_folder_beside_its_keys(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    anew = tmp_path / "another machine" / "data"
    anew.mkdir(parents=True)
    for kind in ("keys", "master"):
        shutil.copy(tmp_path / f"house.sqlite3.{kind}", anew / f"lightkeeper.sqlite3.{kind}")
    done = await restore(tmp_path / "copy.sqlite3", anew / "lightkeeper.sqlite3", clock=clock)
    assert done.set_aside is None
    assert sorted(path.name for path in anew.iterdir()) == [
        "lightkeeper.sqlite3",
        "lightkeeper.sqlite3.keys",
        "lightkeeper.sqlite3.lock",
        "lightkeeper.sqlite3.master",
    ]
    assert stat.S_IMODE((anew / "lightkeeper.sqlite3").stat().st_mode) == 0o600
    database = await Database.open(f"sqlite:///{anew / 'lightkeeper.sqlite3'}", clock=clock)
    assert database.settled is None, "it was settled twice"
    assert len(await database.store.texts(HARBOUR, CASE)) == 1
    await database.close()


async def test_a_folder_that_is_missing_is_made_for_its_owner_alone(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    await (await opened()).close()
    write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", START, master_of(tmp_path))
    master = (tmp_path / "house.sqlite3.master").read_text().strip()
    await restore(tmp_path / "copy.sqlite3", tmp_path / "data" / "house.sqlite3", clock=clock, given_master_key=master)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


async def test_a_database_that_is_there_is_only_replaced_when_asked(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    before = contents(tmp_path)
    with pytest.raises(ConfigurationRefused, match="a database already") as refused:
        await put_back()
    assert "--replace" in refused.value.hint
    assert contents(tmp_path) == before


async def test_what_was_there_is_set_aside_and_one_command_away(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    before = (tmp_path / "house.sqlite3").read_bytes()
    done = await put_back(replaces=True)
    assert done.set_aside is not None
    assert done.set_aside == tmp_path / "backups" / "replaced-20260301T120000Z.backup"
    assert not done.may_miss_erasures
    assert before not in done.set_aside.read_bytes()
    assert unsealed(done.set_aside, tmp_path).read_bytes() == before
    assert stat.S_IMODE(done.set_aside.stat().st_mode) == 0o600
    assert rows(tmp_path / "house.sqlite3", "cases") == 1
    back = await put_back(str(done.set_aside.relative_to(tmp_path)), replaces=True)
    assert back.set_aside == tmp_path / "backups" / "replaced-20260301T120000Z-2.backup"
    database = await opened()
    assert (await database.store.counts())["cases"] == 2
    assert len(await database.store.texts(HARBOUR, CASE)) == 1


async def test_what_a_killed_bot_had_written_is_set_aside_with_the_rest(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    database = await opened()
    await database.store.commit(opening(a_case("case-3", subject="cleo")))
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"house.sqlite3{ending}", tmp_path / f"killed{ending}")
    await database.close()
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"killed{ending}", tmp_path / f"house.sqlite3{ending}")
    with closing(sqlite3.connect(f"file:{tmp_path / 'killed'}?immutable=1", uri=True)) as connection:
        (in_file,) = connection.execute("SELECT count(*) FROM cases").fetchone()
    assert in_file < 3, "the log holds nothing: the test proves nothing"
    done = await put_back(replaces=True)
    assert done.set_aside is not None
    assert rows(unsealed(done.set_aside, tmp_path), "cases") == 3
    assert rows(tmp_path / "house.sqlite3", "cases") == 1
    assert not {"house.sqlite3-wal", "house.sqlite3-shm"} & contents(tmp_path).keys()


async def test_the_log_of_a_database_that_is_gone_is_not_read_into_the_restored_one(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    database = await opened()
    await database.store.commit(opening(a_case("case-3", subject="cleo")))
    shutil.copy(tmp_path / "house.sqlite3-wal", tmp_path / "log")
    await database.close()
    (tmp_path / "house.sqlite3").unlink()
    shutil.copy(tmp_path / "log", tmp_path / "house.sqlite3-wal")
    done = await put_back()
    assert rows(tmp_path / "house.sqlite3", "cases") == 1
    assert done.set_aside is not None
    assert (tmp_path / "backups" / f"{done.set_aside.name}-wal").exists()


async def test_a_damaged_database_can_be_replaced_and_is_set_aside_as_it_is(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    wreck = b"nothing that any database ever held, and longer than a header is\n" * 100
    (tmp_path / "house.sqlite3").write_bytes(wreck)
    done = await put_back(replaces=True)
    assert done.set_aside is not None
    assert done.set_aside.read_bytes() == wreck
    assert done.may_miss_erasures
    assert rows(tmp_path / "house.sqlite3", "cases") == 1


async def test_a_disk_without_hard_links_sets_aside_a_copy(
    opened: Opener, tmp_path: Path, put_back: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_house_with_a_backup(opened, tmp_path)

    def none(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    done = await put_back(replaces=True)
    assert done.set_aside is not None
    assert stat.S_IMODE(done.set_aside.stat().st_mode) == 0o600
    assert (rows(unsealed(done.set_aside, tmp_path), "cases"), rows(tmp_path / "house.sqlite3", "cases")) == (2, 1)


async def test_nothing_is_restored_under_a_running_bot(opened: Opener, tmp_path: Path, put_back: Restore) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    database = await opened()
    with pytest.raises(ConfigurationRefused, match=f"process {os.getpid()}") as refused:
        await put_back(replaces=True)
    assert "stop it first" in refused.value.hint
    assert (await database.store.counts())["cases"] == 2


async def test_no_bot_starts_while_a_backup_is_put_back(opened: Opener, tmp_path: Path) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    with held(lock_path(tmp_path / "house.sqlite3")), pytest.raises(ConfigurationRefused, match="another Lightkeeper"):
        await opened()


async def test_a_database_that_somebody_still_reads_is_not_taken_apart(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    database = await opened()
    await database.store.commit(opening(a_case("case-3", subject="cleo")))
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"house.sqlite3{ending}", tmp_path / f"killed{ending}")
    await database.close()
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"killed{ending}", tmp_path / f"house.sqlite3{ending}")
    reader = sqlite3.connect(f"file:{tmp_path / 'house.sqlite3'}?mode=ro", uri=True, isolation_level=None)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM cases").fetchone()
        with pytest.raises(Unavailable, match="another program reads it"):
            await put_back(replaces=True)
    assert rows(tmp_path / "house.sqlite3", "cases") == 3
    assert not [name for name in contents(tmp_path) if name.startswith(".lightkeeper-copy")]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda path: path.touch(), "nothing in it"),
        (lambda path: path.write_text("a shopping list, long enough to be no header at all\n" * 50), "no SQLite"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE recipes (name TEXT)").connection.close(), "another"),
    ],
    ids=["missing", "folder", "empty", "letter", "foreign"],
)
async def test_what_is_no_backup_is_refused_and_nothing_changes(
    opened: Opener, tmp_path: Path, put_back: Restore, make: Callable[[Path], None], reason: str
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    make(tmp_path / "other.sqlite3")
    before = contents(tmp_path)
    with pytest.raises(ConfigurationRefused, match=reason) as refused:
        await put_back("other.sqlite3", replaces=True)
    assert refused.value.path == str(tmp_path / "other.sqlite3")
    assert contents(tmp_path) == before


async def test_a_backup_of_a_newer_version_is_refused_and_nothing_changes(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    newer = unsealed(tmp_path / "copy.sqlite3")
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    seal_to(newer, tmp_path / "newer.backup", START, master_of(tmp_path))
    before = contents(tmp_path)
    for each in (newer.name, "newer.backup"):
        with pytest.raises(ConfigurationRefused, match=r"newer version of Lightkeeper \(revision 9999\)"):
            await put_back(each, replaces=True)
    assert contents(tmp_path) == before


async def test_a_database_of_a_newer_version_can_be_set_aside_to_go_back(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    done = await put_back(replaces=True)
    assert done.set_aside is not None
    assert rows(unsealed(done.set_aside, tmp_path), "cases") == 2
    assert rows(tmp_path / "house.sqlite3", "cases") == 1


async def test_a_damaged_backup_is_refused_and_nothing_changes(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    copy = tmp_path / "copy.sqlite3"
    with copy.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    before = contents(tmp_path)
    with pytest.raises(ConfigurationRefused, match="damaged"):
        await put_back(replaces=True)
    assert contents(tmp_path) == before


async def test_a_backup_that_was_cut_short_is_refused_and_nothing_changes(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    os.truncate(tmp_path / "copy.sqlite3", 5 * 4096)
    before = contents(tmp_path)
    with pytest.raises(ConfigurationRefused, match="damaged"):
        await put_back(replaces=True)
    assert contents(tmp_path) == before


async def test_the_database_itself_is_no_backup_of_itself(opened: Opener, tmp_path: Path, put_back: Restore) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    with pytest.raises(ConfigurationRefused, match="the database itself"):
        await put_back("house.sqlite3", replaces=True)


@pytest.mark.parametrize("lost", ["keys", "master"])
async def test_a_lost_key_is_named_with_the_way_that_is_left(
    opened: Opener, tmp_path: Path, put_back: Restore, lost: str
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    (tmp_path / f"house.sqlite3.{lost}").unlink()
    before = contents(tmp_path)
    with pytest.raises(KeyMissing) as missing:
        await put_back(replaces=True)
    assert missing.value.path == str(tmp_path / f"house.sqlite3.{lost}")
    assert "--forget-texts" in missing.value.hint
    assert contents(tmp_path) == before


async def test_without_the_key_file_everything_but_the_words_comes_back(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    master = master_of(tmp_path).hex()
    done = await put_back(target="anew.sqlite3", forgets_texts=True, given_master_key=master)
    assert done.settled is not None
    assert done.may_miss_erasures, "the journal was lost with the keys, and nobody is told"
    assert done.settled.texts == 0
    database = await opened("anew.sqlite3", given_master_key=master)
    assert (await database.store.counts())["cases"] == 1
    with pytest.raises(TextGone):
        await database.store.texts(HARBOUR, CASE)
    assert await database.store.verify_audit(HARBOUR) is None


async def test_a_key_file_that_nothing_opens_is_set_aside_and_what_it_says_of_erasures_is_kept(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    erasures = await database._keys.erasures()
    await database.backup(tmp_path / "copy.sqlite3")
    await database.close()
    keys, master = tmp_path / "house.sqlite3.keys", tmp_path / "house.sqlite3.master"
    copied = unsealed(tmp_path / "copy.sqlite3").name
    held = keys.read_bytes()
    master.unlink()
    for source in ("copy.sqlite3", copied):
        with pytest.raises(KeyMissing):
            await put_back(source, replaces=True)
    with pytest.raises(KeyMissing, match="sealed"):
        await put_back(replaces=True, forgets_texts=True)
    assert keys.read_bytes() == held
    done = await put_back(copied, replaces=True, forgets_texts=True)
    assert done.keys_set_aside == tmp_path / "house.sqlite3.keys.replaced-20260301T120000Z"
    assert done.keys_set_aside.read_bytes() == held
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    database = await opened()
    assert await database._keys.erasures() == erasures
    await database.store.commit(Commit(texts=((CASE, sealed()),)))
    assert len(await database.store.texts(HARBOUR, CASE)) == 1


async def test_a_key_file_that_opens_is_kept_also_where_the_texts_are_forgotten(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    done = await put_back(replaces=True, forgets_texts=True)
    assert done.keys_set_aside is None


async def test_a_restore_that_fails_leaves_no_copy_lying_about(
    opened: Opener, tmp_path: Path, put_back: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_house_with_a_backup(opened, tmp_path)
    before = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("adapters.store.restoring._exchange", full)
    with pytest.raises(ConfigurationRefused, match="the disk is full"):
        await put_back(replaces=True)
    assert contents(tmp_path) == before


async def test_a_plain_copy_of_the_files_of_a_killed_bot_can_be_put_back_too(
    opened: Opener, tmp_path: Path, put_back: Restore
) -> None:
    database = await opened()
    await database.intake.append([written()])
    await database.store.commit(opening(a_case()))
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"house.sqlite3{ending}", tmp_path / f"copy.sqlite3{ending}")
    await database.close()
    done = await put_back(replaces=True)
    assert done.settled is not None
    assert done.settled.open_cases == 1
    assert rows(tmp_path / "house.sqlite3", "cases") == 1


async def test_an_erasure_that_was_promised_and_not_come_to_is_promised_still(
    opened: Opener, tmp_path: Path, put_back: Restore, clock: FakeClock
) -> None:
    """Whoever pressed the button read that it would be done within a minute; then the backup was put back."""
    await a_house_with_a_backup(opened, tmp_path)
    database = await opened()
    asked = Timer(kind=ERASE_TIMER, key=f"{HARBOUR} ben", due_at=clock.now(), community=HARBOUR)
    await database.store.commit(Commit(timers=(asked,)))
    await database.close()
    await put_back(replaces=True)
    database = await opened()
    assert asked in await database.store.due_timers(clock.now(), 10)
