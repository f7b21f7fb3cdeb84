"""How the SQLite store writes: together, durably, and not at all when it can't."""

import asyncio
import inspect
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, text

from adapters.store.database import Database
from adapters.store.store import SqlStore
from adapters.store.tables import metadata
from core.errors import GaveUp, Unavailable
from core.member_ports import CareStore
from core.model.message import MemberId
from core.model.record import Commit, Committed
from core.ports import Store
from tests.adapters.store.conftest import Opener
from tests.clock import FakeClock
from tests.contract.samples import HARBOUR, a_case, a_timer, an_evidence, new, opening, sealed, the_past, written

CASE = a_case().id


class Flushes:
    """Counts the transactions that a database commits."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database._engines.writing.engine, "commit", self._committed)

    def _committed(self, _connection: object) -> None:
        self.count += 1


async def test_units_that_wait_together_share_a_flush(opened: Opener) -> None:
    database = await opened()
    flushes = Flushes(database)
    units = [Commit(done=(f"key-{n}",), timers=(a_timer(f"case-{n}"),)) for n in range(64)]
    await asyncio.gather(*(database.store.commit(unit) for unit in units), database.intake.append([written()]))
    assert flushes.count == 1
    assert (await database.store.counts())["done"] == 64


async def test_what_was_appended_and_committed_survives_a_kill(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.intake.append([written(1), written(2)])
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    # The files as a kill would leave them: copied while open, without the shared memory.
    for kind in ("", "-wal", ".keys", ".master"):
        shutil.copy(tmp_path / f"house.sqlite3{kind}", tmp_path / f"killed.sqlite3{kind}")
    after = await opened("killed.sqlite3")
    assert [each.event for each in await after.intake.take(10)] == [written(1), written(2)]
    assert list(await after.store.texts(HARBOUR, CASE)) == [sealed()]


async def test_a_full_disk_is_told_and_leaves_nothing_half_written(opened: Opener) -> None:
    database = await opened()
    await database.store.commit(opening(a_case("case-0", subject="nobody")))

    async def allow(pages: int) -> None:
        await database._engines.writing.run(lambda it: it.execute(text(f"PRAGMA max_page_count = {pages}")))

    big = Commit(
        done=("key-1",),
        cases=(new(a_case()),),
        evidence=tuple(an_evidence(a_case(), n) for n in range(50)),
        texts=tuple((CASE, sealed(n, "x" * 20_000)) for n in range(50)),
    )
    small = Commit(done=("key-2",), cases=(new(a_case("case-2", subject="ben")),))
    await allow(1)
    answers = await asyncio.gather(database.store.commit(big), database.store.commit(small), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    with pytest.raises(Unavailable):
        await database.intake.append([written(n, "x" * 20_000) for n in range(50)])
    counts = await database.store.counts()
    assert (counts["cases"], counts["done"], counts["evidence"], counts["texts"], counts["intake"]) == (1, 0, 0, 0, 0)
    await allow(1_000_000)
    assert await database.store.commit(big) is Committed.WRITTEN
    assert len(await database.store.texts(HARBOUR, CASE)) == 50


async def test_a_database_that_another_process_holds_is_unavailable_until_it_lets_go(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    holder = sqlite3.connect(tmp_path / "house.sqlite3", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await database.store.commit(Commit(done=("key-1",)))
        with pytest.raises(Unavailable):
            await database.intake.append([written()])
        holder.execute("ROLLBACK")
    finally:
        holder.close()
    assert await database.store.commit(Commit(done=("key-1",))) is Committed.WRITTEN


async def test_a_closed_store_is_unavailable(opened: Opener) -> None:
    database = await opened()
    await database.close()
    with pytest.raises(Unavailable):
        await database.store.commit(Commit(done=("key-1",)))
    with pytest.raises(Unavailable):
        await database.intake.append([written()])


async def test_closing_writes_what_waits(opened: Opener) -> None:
    database = await opened()
    async with asyncio.TaskGroup() as tasks:
        commit = tasks.create_task(database.store.commit(opening(a_case())))
        await asyncio.sleep(0)
        await database.close()
    assert commit.result() is Committed.WRITTEN
    assert await (await opened()).store.case(HARBOUR, CASE) == a_case()


async def test_a_caller_who_gives_up_waiting_spoils_nothing_for_the_others(opened: Opener) -> None:
    database = await opened()
    tasks = [asyncio.create_task(database.store.commit(Commit(done=(f"key-{n}",)))) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[0] is answers[2] is Committed.WRITTEN
    assert isinstance(answers[1], asyncio.CancelledError)


async def test_readers_cannot_write(opened: Opener) -> None:
    database = await opened()
    async with database._engines.reader.connect() as connection:
        with pytest.raises(Exception, match="readonly"):
            await connection.execute(text("DELETE FROM cases"))


async def test_event_keys_are_forgotten_when_they_are_old(opened: Opener, clock: FakeClock) -> None:
    database = await opened()
    await database.store.commit(Commit(done=("old",)))
    clock.advance(timedelta(days=40))
    await database.store.commit(Commit(done=("new",)))
    assert await database.forget_done(clock.now() - timedelta(days=30)) == 1
    assert await database.store.commit(Commit(done=("new",))) is Committed.ALREADY_DONE
    assert await database.store.commit(Commit(done=("old",))) is Committed.WRITTEN


async def test_the_revisions_make_the_tables_that_the_code_declares(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'house.sqlite3'}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_nothing_of_the_store_can_be_asked_by_person() -> None:
    """But what the contract holds to open cases, upheld conduct, and what somebody claimed or reported themselves."""
    asking = {
        name
        for name, method in inspect.getmembers(Store, inspect.isfunction)
        if "MemberId" in str(inspect.get_annotations(method)) or "Past" in str(inspect.get_annotations(method))
    }
    assert asking == {"history", "held_by", "record", "reports_by"}
    for_themselves = {name for name, _ in inspect.getmembers(CareStore, inspect.isfunction) if not name.startswith("_")}
    assert for_themselves == {"preference", "standing", "belongings", "cases_about", "flush_erased"}
    public = {name for name, _ in inspect.getmembers(SqlStore, inspect.isfunction) if not name.startswith("_")}
    told = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert public == told | for_themselves


async def test_a_value_that_can_not_be_encoded_is_given_up_and_spoils_no_other_write(opened: Opener) -> None:
    database = await opened()
    refused, written_too = await asyncio.gather(
        database.store.commit(opening(a_case(subject="a\ud800b"))),
        database.store.commit(opening(a_case("case-2", subject="ben"))),
        return_exceptions=True,
    )
    assert isinstance(refused, GaveUp)
    assert written_too is Committed.WRITTEN
    with pytest.raises(GaveUp):
        await database.store.history([the_past(author=MemberId("a\ud800b"))])
