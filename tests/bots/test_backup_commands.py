"""`lightkeeper backup` and `lightkeeper restore` as an owner meets them: what they print, refuse and leave behind."""

import asyncio
import contextlib
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.local.clock import SystemClock
from adapters.store.backup import before_upgrade, seal_to
from adapters.store.database import Database
from adapters.store.reading import complaints
from adapters.store.schema import newest_revision
from adapters.store.sealed_file import unseal_file
from adapters.store.settlement import Settled
from bots.commands import app
from bots.safekeeping.telling import NAMED, told_settled
from core.errors import ConfigurationRefused
from core.model.action import ActionKind, Lane
from core.model.case import Concern
from core.model.record import Commit
from tests.clock import START
from tests.contract.conftest import a_postgres_database
from tests.contract.samples import a_case, an_action, new, sealed, written

REFUSED, USAGE = 78, 2
CASE = a_case().id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    said: str
    complained: str


def lightkeeper(folder: Path, *arguments: object, **environment: str) -> Ended:
    """Runs a command in `folder`, whose data lie in `folder/data`."""
    hidden = {name: None for name in os.environ if name.startswith("LIGHTKEEPER_")}
    given = {**hidden, "LIGHTKEEPER_DATA_DIR": "data", **environment}
    with contextlib.chdir(folder):
        ended = CliRunner().invoke(app, [str(each) for each in arguments], env=given)
    if isinstance(ended.exception, ConfigurationRefused):  # what `bots.cli` makes of it is tried below
        return Ended(code=REFUSED, said=ended.stdout, complained=str(ended.exception))
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return Ended(code=ended.exit_code, said=ended.stdout, complained=ended.stderr)


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a test's own name
    return int(count)


def url(folder: Path) -> str:
    (folder / "data").mkdir(exist_ok=True)
    return f"sqlite+aiosqlite:///{folder / 'data' / 'lightkeeper.sqlite3'}"


def a_house(folder: Path) -> None:
    """A closed database with a crisis case, its text, a ban that is due and an event that waits."""

    async def build(database: Database) -> None:
        case = a_case(concern=Concern.CRISIS, level=4)
        ban = replace(an_action("ban", case=case, kind=ActionKind.BAN), lane=Lane.ENFORCEMENT)
        await database.intake.append([written()])
        await database.store.commit(Commit(cases=(new(case),), texts=((CASE, sealed()),), actions=(ban,)))

    with_database(folder, build)


def with_database(folder: Path, work: Callable[[Database], Awaitable[None]]) -> Settled | None:
    """Opens the database of `folder`, lets `work` use it, closes it, and gives what settling it did."""

    async def opened() -> Settled | None:
        database = await Database.open(url(folder), clock=SystemClock())
        try:
            await work(database)
            return database.settled
        finally:
            await database.close()

    return asyncio.run(opened())


def master_of(folder: Path) -> bytes:
    """The master key of the database of `folder`."""
    return bytes.fromhex((folder / "data" / "lightkeeper.sqlite3.master").read_text().strip())


def unsealed(backup: Path, folder: Path) -> Path:
    """A file that holds what is in a sealed backup of the database of `folder`."""
    plain = folder / "plain.sqlite3"
    with plain.open("wb") as file:
        unseal_file(backup, file, master_of(folder))
    return plain


def test_an_owner_s_round_trip_says_what_was_done_and_how_to_go_back(tmp_path: Path) -> None:
    a_house(tmp_path)
    backed_up = lightkeeper(tmp_path, "backup")
    assert backed_up.code == 0, backed_up.complained
    (made,) = (tmp_path / "data" / "backups").iterdir()
    assert re.fullmatch(r"lightkeeper-\d{8}T\d{6}Z\.backup", made.name)
    assert made.name in backed_up.said
    assert "lightkeeper.sqlite3.keys" in backed_up.said

    async def go_on(database: Database) -> None:
        await database.store.commit(Commit(destroyed_texts=(CASE,), cases=(new(a_case("later", subject="ben")),)))

    with_database(tmp_path, go_on)
    refused = lightkeeper(tmp_path, "restore", made.name)
    assert (refused.code, refused.said) == (REFUSED, "")
    assert "--replace" in refused.complained

    restored = lightkeeper(tmp_path, "restore", made.name, "--replace")
    assert restored.code == 0, restored.complained
    assert f"a crisis first: {CASE}" in restored.said
    assert f"{CASE} (ban)" in restored.said
    assert "erased or expired since, and are gone again: 1." in restored.said
    assert "events that had come in: 1." in restored.said
    (back,) = re.findall(r"lightkeeper (restore \S+ --replace)", restored.said)
    assert rows(tmp_path / "data" / "lightkeeper.sqlite3", "cases") == 1
    assert lightkeeper(tmp_path, *back.split()).code == 0
    assert rows(tmp_path / "data" / "lightkeeper.sqlite3", "cases") == 2


def test_a_backup_is_taken_while_a_bot_runs_and_a_restore_is_refused(tmp_path: Path) -> None:
    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "bots.cli", *arguments],
            cwd=tmp_path,
            env={**os.environ, "LIGHTKEEPER_DATA_DIR": "data"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    async def meanwhile(_: Database) -> None:
        backed_up = await asyncio.to_thread(command, "backup", "elsewhere.sqlite3")
        assert backed_up.returncode == 0, backed_up.stderr
        refused = await asyncio.to_thread(command, "restore", "elsewhere.sqlite3", "--replace")
        assert refused.returncode == REFUSED
        assert f"process {os.getpid()}" in refused.stderr

    with_database(tmp_path, meanwhile)
    assert complaints(unsealed(tmp_path / "elsewhere.sqlite3", tmp_path)) == []


def test_only_so_many_automatic_backups_are_kept_also_in_a_folder_of_the_owner_s(tmp_path: Path) -> None:
    a_house(tmp_path)
    (tmp_path / "disk").mkdir()
    for _ in range(3):
        assert lightkeeper(tmp_path, "backup", "disk", "--keep", 2).code == 0
    assert len(list((tmp_path / "disk").iterdir())) == 2
    assert lightkeeper(tmp_path, "backup", "disk", "--keep", 0).code == USAGE


def test_what_can_be_put_back_is_listed_where_nothing_is_named(tmp_path: Path) -> None:
    a_house(tmp_path)
    lightkeeper(tmp_path, "backup")
    asked = lightkeeper(tmp_path, "restore")
    assert asked.code == USAGE
    assert "backups/lightkeeper-" in asked.complained
    both = lightkeeper(tmp_path, "restore", "copy.sqlite3", "--undo-upgrade")
    assert both.code == USAGE


def test_going_back_before_an_upgrade_says_which_version_to_install(tmp_path: Path) -> None:
    a_house(tmp_path)
    nothing = lightkeeper(tmp_path, "restore", "--undo-upgrade")
    assert nothing.code == REFUSED
    assert "no upgrade has left a backup" in nothing.complained
    path = tmp_path / "data" / "lightkeeper.sqlite3"
    kept = before_upgrade(path, newest_revision(), START, master_of(tmp_path))
    same = lightkeeper(tmp_path, "restore", "--undo-upgrade")
    assert same.code == REFUSED
    assert "as it was before that upgrade" in same.complained
    older = unsealed(kept, tmp_path)
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("ALTER TABLE actions DROP COLUMN ordered_at")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.execute("UPDATE about SET value = '0.0.9' WHERE name = 'opened_by'")
        connection.commit()
    kept.unlink()
    seal_to(older, kept, START, master_of(tmp_path))
    done = lightkeeper(tmp_path, "restore", "--undo-upgrade")
    assert done.code == 0, done.complained
    assert "install Lightkeeper 0.0.9 before you start the bot" in done.said
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert lightkeeper(tmp_path, "restore", "--after-pg-restore").code == REFUSED


def test_without_the_key_file_all_but_the_words_comes_back_and_without_the_master_key_nothing(tmp_path: Path) -> None:
    a_house(tmp_path)
    lightkeeper(tmp_path, "backup", "copy.sqlite3")
    master = tmp_path / "data" / "lightkeeper.sqlite3.master"
    held = master.read_text()
    for each in (tmp_path / "data").iterdir():
        if each.is_file():
            each.unlink()
    lost = lightkeeper(tmp_path, "restore", "copy.sqlite3", "--forget-texts")
    assert lost.code == REFUSED
    assert "sealed" in lost.complained
    master.write_text(held)
    refused = lightkeeper(tmp_path, "restore", "copy.sqlite3")
    assert refused.code == REFUSED
    assert "--forget-texts" in refused.complained
    assert lightkeeper(tmp_path, "restore", "copy.sqlite3", "--forget-texts").code == 0
    assert rows(tmp_path / "data" / "lightkeeper.sqlite3", "cases") == 1
    assert rows(tmp_path / "data" / "lightkeeper.sqlite3", "texts") == 0


def test_keys_are_copied_apart_from_backups_and_their_older_copy_goes(tmp_path: Path) -> None:
    a_house(tmp_path)
    (tmp_path / "stick").mkdir()
    for _ in range(2):
        copied = lightkeeper(tmp_path, "backup", "--keys", "stick/lightkeeper.keys")
        assert copied.code == 0, copied.complained
        assert "lightkeeper.sqlite3.master" in copied.said
    (copy,) = (tmp_path / "stick").iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    lightkeeper(tmp_path, "backup", "copy.sqlite3")
    anew = tmp_path / "anew" / "data"
    anew.mkdir(parents=True)
    shutil.copy(copy, anew / "lightkeeper.sqlite3.keys")
    shutil.copy(tmp_path / "data" / "lightkeeper.sqlite3.master", anew)
    assert lightkeeper(tmp_path / "anew", "restore", "../copy.sqlite3").code == 0

    async def can_be_read(database: Database) -> None:
        assert len(await database.store.texts(a_case().community, CASE)) == 1

    with_database(tmp_path / "anew", can_be_read)


def test_keys_do_not_go_where_backups_lie_nor_over_themselves(tmp_path: Path) -> None:
    nothing = lightkeeper(tmp_path, "backup", "--keys", "copy.keys")
    assert (nothing.code, "no key file yet" in nothing.complained) == (REFUSED, True)
    a_house(tmp_path)
    lightkeeper(tmp_path, "backup")
    keys = tmp_path / "data" / "lightkeeper.sqlite3.keys"
    before = keys.read_bytes()
    for place in ("data/backups/copy.keys", keys, "data", "nowhere/copy.keys"):
        refused = lightkeeper(tmp_path, "backup", "--keys", place)
        assert refused.code == REFUSED, place
    assert keys.read_bytes() == before
    assert [path.suffix for path in (tmp_path / "data" / "backups").iterdir()] == [".backup"]
    assert lightkeeper(tmp_path, "backup", "copy.sqlite3", "--keys", "copy.keys").code == USAGE


def test_a_backup_of_nothing_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    refused = lightkeeper(tmp_path, "backup")
    assert refused.code == REFUSED
    assert "no database here yet" in refused.complained
    assert list(tmp_path.iterdir()) == []


SERVER = "postgresql+asyncpg://keeper:secret@db.example:6543/house"


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_postgresql_is_told_its_own_tool_without_a_password(tmp_path: Path, command: str, tool: str) -> None:
    arguments = ["copy.sqlite3"] if command == "restore" else []
    refused = lightkeeper(tmp_path, command, *arguments, LIGHTKEEPER_DATABASE_URL=SERVER)
    assert refused.code == REFUSED
    assert tool in refused.complained
    assert "postgresql://keeper@db.example:6543/house" in refused.complained
    assert "secret" not in refused.complained
    if command == "backup":
        assert "data/lightkeeper.keys" in refused.complained


@pytest.mark.postgres
async def test_postgresql_is_settled_after_pg_restore(tmp_path: Path) -> None:
    async with a_postgres_database() as address:
        database = await Database.open(address, clock=SystemClock(), key_path=tmp_path / "lightkeeper")
        ban = an_action("ban", kind=ActionKind.BAN)
        await database.store.commit(Commit(cases=(new(a_case()),), actions=(ban,)))
        await database.close()
        named = {
            "LIGHTKEEPER_DATABASE_URL": address.replace("postgresql:", "postgresql+asyncpg:"),
            "LIGHTKEEPER_DATA_DIR": str(tmp_path),
        }
        done = await asyncio.to_thread(lightkeeper, tmp_path, "restore", "--after-pg-restore", **named)
        assert done.code == 0, done.complained
        assert f"{CASE} (ban)" in done.said


def test_a_long_list_is_named_in_part_and_counted(tmp_path: Path) -> None:
    cases = [a_case(f"case-{n}", subject=f"member-{n}", concern=Concern.CRISIS) for n in range(NAMED + 5)]

    async def build(database: Database) -> None:
        await database.store.commit(Commit(cases=tuple(new(case) for case in cases)))
        await database.backup(tmp_path / "copy.sqlite3")

    async def nothing(_: Database) -> None:
        return

    with_database(tmp_path, build)
    unsealed(tmp_path / "copy.sqlite3", tmp_path).replace(tmp_path / "data" / "lightkeeper.sqlite3")
    settled = with_database(tmp_path, nothing)
    assert settled is not None
    told = " ".join(told_settled(settled))
    assert "and 5 more" in told
    assert sum(case.id in told.replace(",", " ").split() for case in cases) == NAMED
