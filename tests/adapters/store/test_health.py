"""What can be told of a store: in every state, and without a trace of having looked."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.backup import before_upgrade, write_automatic, write_backup
from adapters.store.health import KeyState, Standing, StoreHealth, inspect
from adapters.store.lock import held, lock_path
from adapters.store.schema import newest_revision
from core.errors import ConfigurationRefused
from core.model.action import ActionKind, Lane
from core.model.record import ActionState, Commit
from tests.adapters.store.conftest import Opener, contents_of, master_of, unsealed
from tests.clock import START, FakeClock
from tests.contract.conftest import a_postgres_database
from tests.contract.samples import HARBOUR, ISLAND, a_case, a_draft, a_timer, an_action, new, sealed, written

CASE = a_case().id


async def looked(tmp_path: Path, **options: object) -> StoreHealth:
    return await inspect(f"sqlite+aiosqlite:///{tmp_path / 'house.sqlite3'}", **options)  # type: ignore[arg-type]


async def test_where_nothing_is_yet_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    health = await looked(tmp_path / "folder that is missing")
    assert (health.standing, health.revision, health.figures) == (Standing.NEW, None, None)
    assert (health.master_key, health.key_file) == (KeyState.NOT_NEEDED, KeyState.NOT_NEEDED)
    assert health.free_bytes > 0
    assert contents_of(tmp_path) == {}


async def test_a_closed_database_is_looked_at_without_a_trace(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.close()
    before = contents_of(tmp_path)
    health = await looked(tmp_path)
    assert contents_of(tmp_path) == before
    assert health.standing is Standing.CURRENT
    assert health.revision == health.newest_revision == newest_revision()
    assert health.integrity == ()
    assert (health.master_key, health.key_file) == (KeyState.FINE, KeyState.FINE)
    assert not health.is_held
    assert health.holder_pid is None
    assert health.database_bytes == len(before["house.sqlite3"])
    assert health.key_bytes == len(before["house.sqlite3.keys"])
    assert health.too_open == ()
    assert health.figures is not None
    assert (health.figures.open_cases, health.figures.sealed_texts) == (1, 1)


async def test_an_open_database_tells_what_waits_and_since_when(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.intake.append([written(1)])
    clock.advance(timedelta(hours=3))
    await database.intake.append([written(2), written(3)])
    await database.store.commit(
        Commit(
            cases=(new(a_case()), new(a_case("case-2", subject="ben"))),
            actions=(
                an_action("card", kind=ActionKind.REFRESH_CARD, lane=Lane.HOUSEKEEPING),
                an_action("ban", kind=ActionKind.BAN, lane=Lane.ENFORCEMENT),
                an_action("letter", kind=ActionKind.SUPPORT_MESSAGE),
            ),
            timers=(a_timer(minutes=5), a_timer("case-2", minutes=50)),
        )
    )
    clock.advance(timedelta(minutes=1))
    await database.store.commit(Commit(actions=(an_action("alert"),)))
    await database.store.record_action("letter", ActionState.UNKNOWN, clock.now())
    for _ in range(3):
        for record in await database.store.claim_actions(clock.now(), 10):
            await database.store.record_action(record.action.key, ActionState.PENDING, clock.now())
    clock.advance(timedelta(hours=1))
    health = await looked(tmp_path, checks_integrity=False)
    assert health.is_held
    assert health.log_bytes > 0
    assert health.integrity is None
    figures = health.figures
    assert figures is not None
    assert (figures.waiting_events, figures.oldest_event_at) == (3, START)
    assert (figures.pending_actions, figures.most_attempts, figures.unknown_actions) == (3, 3, 1)
    assert figures.oldest_pending_at == START + timedelta(hours=3)
    assert figures.oldest_pending_alert_at == START + timedelta(hours=3, minutes=1)
    assert figures.oldest_timer_at == START + timedelta(minutes=5)
    assert figures.unfinished_erasures == 0


async def test_who_has_the_database_open_is_told(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    with held(lock_path(tmp_path / "house.sqlite3")):
        assert (await looked(tmp_path)).is_held
    assert not (await looked(tmp_path)).is_held


async def test_what_others_can_read_is_named(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    (tmp_path / "house.sqlite3.keys").chmod(0o640)
    (tmp_path / "house.sqlite3").chmod(0o604)
    assert (await looked(tmp_path)).too_open == ("house.sqlite3", "house.sqlite3.keys")


def lose(path: Path) -> None:
    path.unlink()


def swap(path: Path) -> None:
    path.write_bytes(path.with_name(path.name.replace("house", "other")).read_bytes())


def spoil(path: Path) -> None:
    path.write_text("a letter and nothing else, longer than the head of any database has ever been\n" * 30)


def cut(path: Path) -> None:
    path.write_text("x")


@pytest.mark.parametrize(
    ("how", "state"),
    [(lose, KeyState.MISSING), (swap, KeyState.FOREIGN), (spoil, KeyState.DAMAGED), (cut, KeyState.DAMAGED)],
)
@pytest.mark.parametrize("what", ["master", "keys"])
async def test_a_key_that_will_not_do_is_told(
    opened: Opener, tmp_path: Path, how: Callable[[Path], None], state: KeyState, what: str
) -> None:
    for name in ("house.sqlite3", "other.sqlite3"):
        database = await opened(name)
        await database.intake.append([written()])
        await database.close()
    how(tmp_path / f"house.sqlite3.{what}")
    health = await looked(tmp_path)
    found = {"master": health.master_key, "keys": health.key_file}
    assert found.pop(what) is state
    assert set(found.values()) == {KeyState.FINE}
    assert health.standing is Standing.CURRENT


async def test_a_given_master_key_is_compared_too(opened: Opener, tmp_path: Path) -> None:
    await (await opened(given_master_key="ab" * 32)).close()
    assert (await looked(tmp_path)).master_key is KeyState.MISSING
    assert (await looked(tmp_path, given_master_key="ab" * 32)).master_key is KeyState.FINE
    assert (await looked(tmp_path, given_master_key="cd" * 32)).master_key is KeyState.FOREIGN
    assert (await looked(tmp_path, given_master_key="no key")).master_key is KeyState.DAMAGED


async def test_a_newer_an_older_and_a_foreign_database_are_told_apart(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    path = tmp_path / "house.sqlite3"

    def say(revision: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            connection.commit()

    say("9999")
    assert (await looked(tmp_path)).standing is Standing.NEWER
    say("0001")
    older = await looked(tmp_path)
    assert (older.standing, older.revision, older.figures) == (Standing.OLDER, "0001", None)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE alembic_version")
    assert (await looked(tmp_path)).standing is Standing.FOREIGN
    path.write_text("a letter and nothing else, longer than the head of any database has ever been\n" * 30)
    letter = await looked(tmp_path)
    assert letter.standing is Standing.FOREIGN
    assert letter.trouble


@pytest.mark.parametrize("table", ["sqlite_master", "cases"])
async def test_a_damaged_database_is_told_with_what_is_wrong(opened: Opener, tmp_path: Path, table: str) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),)))
    await database.close()
    path = tmp_path / "house.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        page = found[0] if found else 2
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    health = await looked(tmp_path)
    assert health.standing is Standing.DAMAGED
    assert health.trouble


async def test_every_audit_that_was_changed_is_named_with_its_first_broken_entry(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    here, there = a_case(), a_case("case-2", community=ISLAND)
    for _ in range(3):
        await database.store.commit(Commit(audit=(a_draft(here), a_draft(there))))
    assert (await looked(tmp_path)).broken_audit is None, "nobody asked"
    assert (await looked(tmp_path, checks_audit=True)).broken_audit == ()
    await database.close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection, connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE community = ? AND number = 2", (HARBOUR,))
        connection.execute("DELETE FROM audit WHERE community = ?", (ISLAND,))
    before = contents_of(tmp_path)
    health = await looked(tmp_path, checks_audit=True)
    assert health.broken_audit == ((HARBOUR, 2), (ISLAND, 1))
    assert health.standing is Standing.CURRENT
    assert contents_of(tmp_path) == before


async def test_the_audit_of_a_database_that_is_not_this_version_s_is_not_asked(opened: Opener, tmp_path: Path) -> None:
    assert (await looked(tmp_path, checks_audit=True)).broken_audit is None
    await (await opened()).close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    health = await looked(tmp_path, checks_audit=True)
    assert (health.standing, health.broken_audit) == (Standing.OLDER, None)


async def test_a_database_that_is_a_folder_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "house.sqlite3").mkdir()
    assert (await looked(tmp_path)).standing is Standing.UNREACHABLE


async def test_backups_and_what_was_set_aside_are_counted(opened: Opener, tmp_path: Path, clock: FakeClock) -> None:
    await (await opened()).close()
    path, folder = tmp_path / "house.sqlite3", tmp_path / "backups"
    assert (await looked(tmp_path)).newest_backup_at is None
    write_automatic(path, folder, START, master_of(tmp_path))
    before_upgrade(path, "0009", START + timedelta(days=1), master_of(tmp_path))
    shutil.copy(path, folder / "replaced-20260301T120000Z.sqlite3")
    health = await looked(tmp_path)
    assert (health.backups, health.newest_backup_at) == (2, START + timedelta(days=1))
    assert health.set_aside == ("replaced-20260301T120000Z.sqlite3",)


async def test_a_backup_that_nobody_settled_is_told(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    assert not (await looked(tmp_path)).is_unsettled
    write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", START, master_of(tmp_path))
    shutil.copy(unsealed(tmp_path / "copy.sqlite3"), tmp_path / "house.sqlite3")
    assert (await looked(tmp_path)).is_unsettled


async def test_looking_at_a_bot_that_writes_never_fails(opened: Opener, tmp_path: Path) -> None:
    database = await opened()

    async def write_on() -> None:
        for number in range(60):
            case = a_case(f"case-{number}", subject=f"member-{number}")
            await database.store.commit(Commit(cases=(new(case),), texts=((case.id, sealed(number)),)))

    writing = asyncio.create_task(write_on())
    seen = []
    while not writing.done():
        health = await looked(tmp_path, checks_integrity=False)
        seen.append(health)
        await asyncio.sleep(0)
    await writing
    assert seen
    assert {each.standing for each in seen} <= {Standing.CURRENT}
    assert {each.key_file for each in seen} == {KeyState.FINE}


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationRefused):
        await inspect("mysql://host/name")


@pytest.mark.postgres
async def test_a_database_on_a_server_is_looked_at_the_same_way(tmp_path: Path, clock: FakeClock) -> None:
    from adapters.store.database import Database

    async with a_postgres_database() as url:
        new_one = await inspect(url, key_path=tmp_path / "house")
        assert (new_one.standing, new_one.is_held) == (Standing.NEW, False)
        database = await Database.open(url, clock=clock, key_path=tmp_path / "house")
        await database.intake.append([written()])
        await database.store.commit(Commit(cases=(new(a_case()),), actions=(an_action("alert"),)))
        health = await inspect(url, key_path=tmp_path / "house", checks_audit=True)
        await database.close()
        assert health.broken_audit == ()
        assert health.backend == "postgresql"
        assert (health.standing, health.is_held, health.integrity) == (Standing.CURRENT, True, None)
        assert (health.master_key, health.key_file) == (KeyState.FINE, KeyState.FINE)
        assert health.database_bytes > 0
        assert health.figures is not None
        assert (health.figures.oldest_event_at, health.figures.pending_actions) == (START, 1)
        assert health.modes == {"house.keys": 0o600, "house.master": 0o600}
        assert not (await inspect(url, key_path=tmp_path / "house")).is_held


async def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    health = await inspect("postgresql+asyncpg://nobody:secret@127.0.0.1:1/none", key_path=tmp_path / "house")
    assert health.standing is Standing.UNREACHABLE
    assert health.database == "127.0.0.1:1/none"
    assert "secret" not in repr(health)
