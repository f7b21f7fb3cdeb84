"""Backups of a SQLite database: whole, checked, private, and taken under load."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.backup import automatic, before_upgrade, before_upgrades, prune, write_automatic, write_backup
from adapters.store.lock import held
from adapters.store.settlement import MARK
from core.errors import ConfigurationRefused
from core.model.record import Commit
from tests.adapters.store.conftest import Opener, contents_of, master_of, unsealed
from tests.clock import START
from tests.contract.samples import a_case, an_evidence, new, opening, sealed, written

CASE = a_case().id
ROOT = Path(__file__).parents[3]
NO_MASTER = bytes(32)


def ask(path: Path, question: str, *values: object) -> object:
    with closing(sqlite3.connect(path)) as connection:
        (answer,) = connection.execute(question, values).fetchone()
    return answer


def mark_of(path: Path) -> object:
    return ask(path, "SELECT max(value) FROM about WHERE name = ?", MARK)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_backup_says_when_it_was_taken_and_is_in_a_folder_that_others_cannot_enter(
    opened: Opener, tmp_path: Path
) -> None:
    await opened()
    before = os.umask(0)
    try:
        made = write_automatic(tmp_path / "house.sqlite3", tmp_path / "backups", START, master_of(tmp_path))
    finally:
        os.umask(before)
    assert made.name == "lightkeeper-20260301T120000Z.backup"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert names_in(made.parent) == [made.name]
    assert mark_of(unsealed(made, tmp_path)) == START.isoformat()
    assert mark_of(tmp_path / "house.sqlite3") is None


async def test_a_backup_of_a_backup_keeps_the_earlier_time(opened: Opener, tmp_path: Path) -> None:
    await opened()
    write_backup(tmp_path / "house.sqlite3", tmp_path / "one.sqlite3", START, master_of(tmp_path))
    write_backup(
        unsealed(tmp_path / "one.sqlite3"), tmp_path / "two.sqlite3", START + timedelta(days=1), master_of(tmp_path)
    )
    assert mark_of(unsealed(tmp_path / "two.sqlite3")) == START.isoformat()


async def test_no_key_and_nothing_of_what_was_deleted_lies_in_a_backup(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(
        Commit(cases=(new(a_case()),), texts=((CASE, sealed()),), evidence=(an_evidence(a_case(), rule="gone-rule"),))
    )
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as keys:
        wrapped = [key for (key,) in keys.execute("SELECT wrapped FROM keys")]
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    await database.close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DELETE FROM evidence")
        connection.commit()
    write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", START, master_of(tmp_path))
    content = unsealed(tmp_path / "copy.sqlite3").read_bytes()
    master = bytes.fromhex((tmp_path / "house.sqlite3.master").read_text())
    assert wrapped
    assert b"gone-rule" in contents_of(tmp_path)["house.sqlite3"], "the test proves nothing"
    assert not any(secret in content for secret in (*wrapped, master, master.hex().encode(), b"gone-rule"))


async def test_a_backup_overwrites_nothing_not_even_a_link_that_leads_nowhere(opened: Opener, tmp_path: Path) -> None:
    await opened()
    (tmp_path / "letter").write_text("dear reader")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("letter", "link"):
        with pytest.raises(ConfigurationRefused, match="something with this name"):
            write_backup(tmp_path / "house.sqlite3", tmp_path / name, START, master_of(tmp_path))
    assert (tmp_path / "letter").read_text() == "dear reader"


async def test_what_takes_the_name_while_the_backup_is_written_stays(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened()

    def late(_source: object, target: Path) -> None:
        target.write_text("dear reader")
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(ConfigurationRefused, match="something with this name"):
        write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", START, master_of(tmp_path))
    assert (tmp_path / "copy.sqlite3").read_text() == "dear reader"


async def test_a_disk_without_hard_links_gets_its_backup_too(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened()

    def none(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    made = write_automatic(tmp_path / "house.sqlite3", tmp_path / "backups", START, master_of(tmp_path))
    assert names_in(tmp_path / "backups") == [made.name]


async def test_several_backups_of_one_second_have_names_of_their_own(opened: Opener, tmp_path: Path) -> None:
    await opened()
    made = [
        write_automatic(tmp_path / "house.sqlite3", tmp_path / "backups", START, master_of(tmp_path)) for _ in range(3)
    ]
    assert len(set(made)) == 3
    assert [each.path for each in automatic(tmp_path / "backups")] == made[::-1]


async def test_the_newest_stay_and_only_what_was_made_here_goes(opened: Opener, tmp_path: Path) -> None:
    await opened()
    folder = tmp_path / "backups"
    made = [
        write_automatic(tmp_path / "house.sqlite3", folder, START + timedelta(days=n), master_of(tmp_path))
        for n in range(5)
    ]
    foreign = folder / "lightkeeper-20250101T000000Z.sqlite3"
    foreign.write_text("somebody else's")
    own_name = folder / "before-the-party.sqlite3"
    shutil.copy(made[0], own_name)
    assert sorted(prune(folder, 2)) == made[:3]
    assert names_in(folder) == sorted(each.name for each in (*made[3:], foreign, own_name))


async def test_backups_before_upgrades_are_counted_apart_and_few(opened: Opener, tmp_path: Path) -> None:
    await opened()
    folder = tmp_path / "backups"
    daily = write_automatic(tmp_path / "house.sqlite3", folder, START, master_of(tmp_path))
    made = [
        before_upgrade(tmp_path / "house.sqlite3", "0009", START + timedelta(days=n), master_of(tmp_path))
        for n in range(5)
    ]
    assert made[0].name == "before-0009-20260301T120000Z.backup"
    assert [each.path for each in before_upgrades(folder)] == made[:1:-1]
    assert [each.path for each in automatic(folder)] == [daily]


Usage = namedtuple("Usage", "total used free")


async def test_a_disk_without_room_is_named_before_anything_is_written(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 2**20))
    with pytest.raises(ConfigurationRefused, match="the disk is full: 16 MB are needed and 1 MB are free") as refused:
        write_automatic(tmp_path / "house.sqlite3", tmp_path / "backups", START, master_of(tmp_path))
    assert refused.value.path == str(tmp_path / "backups")
    assert refused.value.hint
    assert names_in(tmp_path / "backups") == []


LIMITED = """
import resource, sys
from pathlib import Path
from adapters.store.backup import write_backup
from core.errors import LightkeeperError
from tests.clock import START
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    write_backup(Path(sys.argv[1]), Path(sys.argv[2]), START, bytes(32))
except LightkeeperError as error:
    print(type(error).__name__, error)
"""


async def test_a_disk_that_fills_up_meanwhile_leaves_no_half_backup(opened: Opener, tmp_path: Path) -> None:
    await opened()
    target = tmp_path / "backups" / "copy.sqlite3"
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LIMITED, str(tmp_path / "house.sqlite3"), str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "copied" in ran.stdout or "full" in ran.stdout, ran.stdout + ran.stderr
    assert names_in(target.parent) == []


async def test_a_damaged_database_gives_no_backup_that_looks_whole(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(
        Commit(cases=(new(a_case()),), evidence=tuple(an_evidence(a_case(), n) for n in range(200)))
    )
    await database.close()
    path = tmp_path / "house.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        # A page of a table that an index still counts on, as a failing disk leaves it.
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'evidence'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(ConfigurationRefused, match="damaged") as refused:
        write_automatic(path, tmp_path / "backups", START, master_of(tmp_path))
    assert refused.value.path == str(path)
    assert names_in(tmp_path / "backups") == []


def test_there_has_to_be_a_database_and_it_has_to_be_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="no database here yet"):
        write_automatic(tmp_path / "house.sqlite3", tmp_path / "backups", START, NO_MASTER)
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(ConfigurationRefused, match="another program"):
        write_automatic(tmp_path / "other.sqlite3", tmp_path / "backups", START, NO_MASTER)
    assert names_in(tmp_path) == ["other.sqlite3"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)")
        for table in ("texts", "intake"):
            connection.execute(f"CREATE TABLE {table} (key_id TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        connection.commit()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationRefused, match="can't be made") as refused:
        write_automatic(tmp_path / "house.sqlite3", tmp_path / "file" / "backups", START, NO_MASTER)
    assert refused.value.path == str(tmp_path / "file" / "backups")


async def test_backups_taken_while_a_bot_writes_are_each_whole_and_of_one_moment(
    opened: Opener, tmp_path: Path
) -> None:
    """A case, its evidence, text and audit are written in one transaction: a backup has all of it or nothing."""
    database = await opened()
    writes = 0

    async def write_on() -> None:
        nonlocal writes
        while True:
            case = a_case(f"case-{writes}", subject=f"member-{writes}")
            await database.store.commit(
                Commit(
                    done=(f"key-{writes}",),
                    cases=(new(case),),
                    evidence=tuple(an_evidence(case, n) for n in range(3)),
                    texts=((case.id, sealed()),),
                )
            )
            await database.intake.append([written(writes)])
            writes += 1

    writing = asyncio.create_task(write_on())
    seen = []
    try:
        for number in range(4):
            at_least = writes + 20
            async with asyncio.timeout(60):
                while writes < at_least:  # noqa: ASYNC110 - the store has no event for what others wrote
                    await asyncio.sleep(0)
            before = writes
            copy = tmp_path / f"copy-{number}.sqlite3"
            await asyncio.to_thread(write_backup, tmp_path / "house.sqlite3", copy, START, master_of(tmp_path))
            copy = unsealed(copy)
            seen.append((before, ask(copy, "SELECT count(*) FROM cases"), writes))
            assert ask(copy, "SELECT count(*) FROM evidence") == 3 * int(str(seen[-1][1]))
            assert ask(copy, "SELECT count(*) FROM texts") == ask(copy, "SELECT count(*) FROM done") == seen[-1][1]
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert all(before <= int(str(held)) <= after + 1 for before, held, after in seen)
    assert writes > seen[-1][0], "the bot stood still while it was backed up"


async def test_a_backup_hinders_no_write_of_the_bot(opened: Opener, tmp_path: Path) -> None:
    """The reader of a backup holds no lock that a writer waits for, however long it takes."""
    database = await opened()
    reader = sqlite3.connect(f"file:{tmp_path / 'house.sqlite3'}?mode=ro", uri=True, isolation_level=None)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM cases").fetchone()
        await database.store.commit(opening(a_case()))
        assert reader.execute("SELECT count(*) FROM cases").fetchone() == (0,)
    assert (await database.store.counts())["cases"] == 1


async def test_what_a_killed_backup_left_is_cleared_away_and_one_that_runs_is_let_be(
    opened: Opener, tmp_path: Path
) -> None:
    await opened()
    folder = tmp_path / "backups"
    folder.mkdir()
    left, running, just_begun = (folder / f".lightkeeper-copy-{name}" for name in ("left", "running", "just_begun"))
    for each in (left, running, just_begun):
        each.mkdir()
        (each / "copy.sqlite3").write_text("half")
        (each / "lock").touch()
    long_ago = START.timestamp() - 10**6
    for each in (left, running):
        os.utime(each, (long_ago, long_ago))
    with held(running / "lock"):
        made = write_automatic(tmp_path / "house.sqlite3", folder, START, master_of(tmp_path))
    assert names_in(folder) == sorted((running.name, just_begun.name, made.name))
