"""Upgrading a database: backed up first, all or nothing, and one command back."""

import shutil
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store import backup, schema
from adapters.store.health import Standing, inspect
from adapters.store.restoring import restore
from core.errors import ConfigurationRefused, Unavailable
from core.model.record import ActionState, Commit
from tests.adapters.store.conftest import Opener
from tests.clock import FakeClock
from tests.contract.samples import HARBOUR, a_case, a_draft, a_timer, an_action, an_evidence, new, opening, sealed

CASE = a_case().id
REVISION = '''"""A synthetic revision."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("mood", sa.Text(), nullable=True))
    op.create_table("moods", sa.Column("name", sa.Text(), primary_key=True))
    op.execute("UPDATE cases SET subject = 'changed', mood = 'calm'")
    op.execute("DELETE FROM timers")
    {ending}
'''

NextVersion = Callable[..., None]


@pytest.fixture
def next_version(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> NextVersion:
    """From now on the running version knows one more revision; `ending` is the last thing that it does."""

    def install(ending: str = "pass") -> None:
        before = schema.newest_revision()
        folder = tmp_path_factory.mktemp("next-version") / "migrations"
        shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "9001_synthetic.py").write_text(REVISION.format(before=before, ending=ending))
        monkeypatch.setattr(schema, "MIGRATIONS", folder)

    return install


def dump(path: Path, without: Collection[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608 - test's own
            for name in tables
            if name not in without
        }


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def revision_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(revision)


async def a_full_house(opened: Opener) -> None:
    """A closed database with a row in every table that keeps some."""
    database = await opened()
    await database.store.commit(
        Commit(
            done=("key-1",),
            cases=(new(a_case()),),
            evidence=(an_evidence(a_case()),),
            texts=((CASE, sealed()),),
            actions=(an_action("alert"),),
            timers=(a_timer(),),
            audit=(a_draft(a_case()),),
        )
    )
    await database.close()


async def test_an_older_database_is_backed_up_before_it_is_upgraded(
    opened: Opener, tmp_path: Path, next_version: NextVersion
) -> None:
    await a_full_house(opened)
    path, before = tmp_path / "house.sqlite3", dump(tmp_path / "house.sqlite3")
    next_version()
    assert (await inspect(f"sqlite:///{path}")).standing is Standing.OLDER
    await (await opened()).close()
    assert revision_of(path) == "9001"
    (kept,) = backup.before_upgrades(tmp_path / "backups")
    assert kept.path.name == "before-9001-20260301T120000Z.sqlite3"
    after = dump(kept.path)
    assert {name: rows for name, rows in after.items() if name != "about"} == {
        name: rows for name, rows in before.items() if name != "about"
    }
    await opened()
    assert backup.before_upgrades(tmp_path / "backups") == [kept], "an opening that upgrades nothing made one more"


async def test_the_way_back_gives_what_was_there_before_the_upgrade(
    opened: Opener, tmp_path: Path, next_version: NextVersion, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_full_house(opened)
    path, older = tmp_path / "house.sqlite3", schema.MIGRATIONS
    before = dump(path, {"about"})
    next_version()
    upgraded = await opened()
    case = await upgraded.store.case(HARBOUR, CASE)
    assert case is not None
    assert case.subject == "changed", "the upgrade did nothing: the test proves nothing"
    await upgraded.close()
    (kept,) = backup.before_upgrades(tmp_path / "backups")
    done = await restore(kept.path, path, clock=clock, replaces=True, upgrades=False)
    assert done.settled is None
    assert dump(path, {"about"}) == before

    monkeypatch.setattr(schema, "MIGRATIONS", older)
    database = await opened()
    assert database.settled is not None, "what the newer version did meanwhile is unknown: it has to be settled"
    assert (await database.store.counts())["timers"] == 1
    assert len(await database.store.texts(HARBOUR, CASE)) == 1
    assert await database.store.verify_audit(HARBOUR) is None
    case = await database.store.case(HARBOUR, CASE)
    assert case is not None
    assert case.subject == "ann"


async def test_the_version_that_undid_an_upgrade_would_upgrade_again_only_with_another_backup(
    opened: Opener, tmp_path: Path, next_version: NextVersion, clock: FakeClock
) -> None:
    await a_full_house(opened)
    next_version()
    await (await opened()).close()
    (kept,) = backup.before_upgrades(tmp_path / "backups")
    await restore(kept.path, tmp_path / "house.sqlite3", clock=clock, replaces=True, upgrades=False)
    again = await opened()
    assert again.settled is not None
    assert len(backup.before_upgrades(tmp_path / "backups")) == 2


async def test_a_migration_that_fails_in_the_middle_leaves_the_database_as_it_was(
    opened: Opener, tmp_path: Path, next_version: NextVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_full_house(opened)
    path = tmp_path / "house.sqlite3"
    before, known = dump(path), schema.MIGRATIONS
    next_version("op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(ConfigurationRefused, match=r"failed and was taken back.* no such table: nowhere"):
        await opened()
    assert dump(path) == before
    monkeypatch.setattr(schema, "MIGRATIONS", known)
    assert len(await (await opened()).store.texts(HARBOUR, CASE)) == 1


async def test_an_upgrade_that_has_to_wait_too_long_is_no_failed_one(
    opened: Opener, tmp_path: Path, next_version: NextVersion
) -> None:
    await a_full_house(opened)
    next_version()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            await opened()
    await opened()
    assert revision_of(tmp_path / "house.sqlite3") == "9001"


@pytest.mark.parametrize("trouble", ["full", "file in the way"])
async def test_without_a_backup_there_is_no_upgrade(
    opened: Opener, tmp_path: Path, next_version: NextVersion, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    await a_full_house(opened)
    path = tmp_path / "house.sqlite3"
    before = dump(path)
    next_version()
    if trouble == "full":
        monkeypatch.setattr(backup, "ROOM", 2**60)
    else:
        (tmp_path / "backups").touch()
    with pytest.raises(ConfigurationRefused, match="the backup that comes before an upgrade can't be made") as refused:
        await opened()
    assert refused.value.hint
    assert dump(path) == before
    await opened(upgrades_without_backup=True)
    assert revision_of(path) == "9001"


async def test_a_new_database_needs_no_backup(opened: Opener, tmp_path: Path) -> None:
    await opened()
    assert "backups" not in names_in(tmp_path)


async def test_a_backup_of_an_older_revision_is_upgraded_as_it_is_put_back(
    opened: Opener, tmp_path: Path, next_version: NextVersion, clock: FakeClock
) -> None:
    await a_full_house(opened)
    backup.write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", clock.now())
    next_version()
    done = await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert done.is_upgraded
    assert done.settled is not None
    assert revision_of(tmp_path / "house.sqlite3") == "9001"
    assert revision_of(tmp_path / "copy.sqlite3") != "9001"


async def test_a_restore_whose_upgrade_fails_changes_nothing(
    opened: Opener, tmp_path: Path, next_version: NextVersion, clock: FakeClock
) -> None:
    await a_full_house(opened)
    backup.write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", clock.now())
    before = dump(tmp_path / "house.sqlite3")
    next_version("op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(ConfigurationRefused, match=r"failed and was taken back.* no such table: nowhere"):
        await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert dump(tmp_path / "house.sqlite3") == before
    assert "backups" not in names_in(tmp_path)


def rewind(path: Path, statements: Sequence[str], revision: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()


async def test_a_database_of_the_first_revision_keeps_its_actions_in_the_second(opened: Opener, tmp_path: Path) -> None:
    await a_full_house(opened)
    rewind(tmp_path / "house.sqlite3", ["ALTER TABLE actions DROP COLUMN ordered_at"], "0001")
    database = await opened()
    (record,) = await database.store.actions(HARBOUR, CASE)
    assert (record.action.key, record.state) == ("alert", ActionState.PENDING)
    health = await inspect(f"sqlite:///{tmp_path / 'house.sqlite3'}")
    assert health.figures is not None
    assert health.figures.oldest_pending_alert_at == record.updated_at
    await database.store.commit(opening(a_case("case-2", subject="ben")))
