"""Upgrading a database: backed up first, all or nothing, and one command back."""

import shutil
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.store import backup, copying, schema
from adapters.store.health import Standing, inspect
from adapters.store.restoring import restore
from core.errors import ConfigurationRefused, Unavailable
from core.flow.pacing import CHAIN_TIMER, FORGET_TIMER
from core.flow.planning import ENDING_TIMER
from core.model.action import ActionKind
from core.model.case import Case, CaseId, Concern, Enforcement, Outcome, State, Tier
from core.model.record import Action, ActionState, Commit, Duty, Note, Timer
from tests.adapters.store.conftest import REWINDING, Opener, master_of, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import (
    ANN,
    BEN,
    HARBOUR,
    a_case,
    a_draft,
    a_timer,
    an_action,
    an_evidence,
    new,
    opening,
    sealed,
)

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
            notes=(Note(case_id=CASE, at=START, by=BEN, text="a synthetic note"),),
            duties=(Duty(community=HARBOUR, member=ANN, is_on=True, since=START, until=START + timedelta(hours=8)),),
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
    assert kept.path.name == "before-9001-20260301T120000Z.backup"
    after = dump(unsealed(kept.path, tmp_path))
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
        monkeypatch.setattr(copying, "ROOM", 2**60)
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
    backup.write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", clock.now(), master_of(tmp_path))
    next_version()
    done = await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert done.is_upgraded
    assert done.settled is not None
    assert revision_of(tmp_path / "house.sqlite3") == "9001"
    assert revision_of(unsealed(tmp_path / "copy.sqlite3")) != "9001"


async def test_a_restore_whose_upgrade_fails_changes_nothing(
    opened: Opener, tmp_path: Path, next_version: NextVersion, clock: FakeClock
) -> None:
    await a_full_house(opened)
    backup.write_backup(tmp_path / "house.sqlite3", tmp_path / "copy.sqlite3", clock.now(), master_of(tmp_path))
    before = dump(tmp_path / "house.sqlite3")
    next_version("op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(ConfigurationRefused, match=r"failed and was taken back.* no such table: nowhere"):
        await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert dump(tmp_path / "house.sqlite3") == before
    assert "backups" not in names_in(tmp_path)


def rewind(path: Path, *revisions: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in (each for revision in revisions for each in REWINDING[revision]):
            connection.execute(statement)
        connection.commit()


async def test_a_database_of_the_first_revision_keeps_its_actions_in_the_second(opened: Opener, tmp_path: Path) -> None:
    await a_full_house(opened)
    rewind(tmp_path / "house.sqlite3", "0003", "0002", "0001")
    database = await opened()
    (record,) = await database.store.actions(HARBOUR, CASE)
    assert (record.action.key, record.state) == ("alert", ActionState.PENDING)
    health = await inspect(f"sqlite:///{tmp_path / 'house.sqlite3'}")
    assert health.figures is not None
    assert health.figures.oldest_pending_alert_at == record.updated_at
    await database.store.commit(opening(a_case("case-2", subject="ben")))


async def test_cases_of_the_second_revision_that_wait_are_called_out_from_the_upgrade_on(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    touched = START + timedelta(minutes=5)
    waiting = replace(a_case("waiting", subject="a"), updated_at=touched)
    grave = replace(waiting, id=CaseId("grave"), subject="b", concern=Concern.CRISIS, level=4, tier=7)
    asleep = replace(waiting, id=CaseId("asleep"), subject="c", state=State.SNOOZED, snoozed_until=touched, tier=1)
    claimed = replace(waiting, id=CaseId("claimed"), subject="d", state=State.CLAIMED, holder=BEN, tier=2)
    closed = replace(
        waiting, id=CaseId("closed"), subject="e", state=State.RESOLVED, outcome=Outcome.TALKED, closed_at=touched
    )
    database = await opened()
    cases = (asleep, claimed, waiting, grave, closed)
    await database.store.commit(Commit(cases=tuple(new(each) for each in cases), evidence=(an_evidence(waiting),)))
    await database.close()
    rewind(tmp_path / "house.sqlite3", "0003", "0002")

    clock.advance(timedelta(hours=3))
    database = await opened()
    now = clock.now()

    def called(case: Case, tier: Tier) -> Case:
        return replace(case, waiting_since=touched, chain_at=now, target_at=START, tier=tier)

    assert list(await database.store.cases(HARBOUR, frozenset(State), 10)) == [
        called(grave, Tier.OWNERS),
        replace(claimed, target_at=START, tier=Tier.ALL),
        called(waiting, Tier.FIRST),
        replace(asleep, target_at=START, tier=Tier.NEXT),
        closed,
    ]
    assert list(await database.store.due_timers(now, 10)) == [
        Timer(kind=CHAIN_TIMER, key=name, due_at=now, community=HARBOUR) for name in ("grave", "waiting")
    ]
    assert list(await database.store.evidence(HARBOUR, waiting.id)) == [an_evidence(waiting)]


async def test_sanctions_of_the_second_revision_end_and_its_closed_cases_let_go_of_their_members(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    day = timedelta(days=1)

    def closed(name: str, days_ago: int, concern: Concern = Concern.CRISIS) -> Case:
        outcome = Outcome.NOT_A_PROBLEM
        at = START - days_ago * day
        case = a_case(name, subject=name, concern=concern)
        return replace(case, state=State.RESOLVED, outcome=outcome, closed_at=at, closed_by=BEN)

    def sanction(name: str, until: datetime | None, kind: ActionKind = ActionKind.BAN) -> Action:
        return replace(an_action(name, kind=kind), until=until)

    cases = (
        *(closed("old", 40), closed("older", 50), closed("fresh", 4)),
        *(
            closed("conduct", 40, Concern.CONDUCT),
            closed("past", 91, Concern.RAID),
            closed("long past", 95, Concern.APPEAL),
        ),
    )
    database = await opened()
    await database.store.commit(
        Commit(
            cases=tuple(new(each) for each in (a_case(), *cases)),
            actions=(
                sanction("lasting", START + day),
                sanction("muting", START + day, ActionKind.TIMEOUT),
                sanction("over", START - day),
                sanction("endless", None),
                sanction("warning", START + day, ActionKind.WARN),
                replace(sanction("proposed", START + day), enforcement=Enforcement.PROPOSED),
            ),
        )
    )
    await database.close()
    rewind(tmp_path / "house.sqlite3", "0003", "0002")
    database = await opened()
    timers = await database.store.due_timers(START + 100 * day, 100)
    assert {(each.kind, each.key): each.due_at for each in timers if each.kind != CHAIN_TIMER} == {
        (ENDING_TIMER, "lasting"): START + day,
        (ENDING_TIMER, "muting"): START + day,
        (FORGET_TIMER, "older"): START + timedelta(seconds=1),
        (FORGET_TIMER, "old"): START + timedelta(seconds=2),
        (FORGET_TIMER, "fresh"): START + 10 * day,
        (FORGET_TIMER, "long past"): START + timedelta(seconds=1),
        (FORGET_TIMER, "past"): START + timedelta(seconds=2),
        (FORGET_TIMER, "conduct"): START + 50 * day,
    }


async def test_what_an_upgrade_left_is_what_a_new_database_has(opened: Opener, tmp_path: Path) -> None:
    await a_full_house(opened)
    await (await opened("new.sqlite3")).close()
    rewind(tmp_path / "house.sqlite3", "0003", "0002")
    await (await opened()).close()

    def schema_of(name: str) -> dict[str, set[tuple[object, ...]]]:
        """Every index as it was written, and every table's columns, whatever their order."""
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'")
            indexes = {(each, sql) for each, _, sql in found if sql}
            names = [each for (each,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            columns = {each: {row[1:] for row in connection.execute(f"PRAGMA table_info({each})")} for each in names}
        return {"indexes": indexes, **columns}

    assert schema_of("house.sqlite3") == schema_of("new.sqlite3")
