"""What PostgreSQL adds: several processes on one database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from adapters.store.database import Database
from adapters.store.restoring import mark_restored
from adapters.store.tables import metadata
from core.errors import ConfigurationRefused, GaveUp, TextGone, Unavailable
from core.model.action import ActionKind, Lane
from core.model.event import MessageWritten
from core.model.message import MemberId
from core.model.record import Commit, Committed
from tests.adapters.store.conftest import REWINDING
from tests.clock import START, FakeClock
from tests.contract.conftest import a_postgres_database
from tests.contract.samples import HARBOUR, a_case, a_draft, an_action, new, opening, sealed, the_past, written

pytestmark = pytest.mark.postgres


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' databases over the same server and keys, opened at the same time."""
    async with a_postgres_database() as url:
        key_path = tmp_path / "house"
        first = await Database.open(url, clock=FakeClock(), key_path=key_path, shares=True)
        second = await Database.open(url, clock=FakeClock(), key_path=key_path, shares=True)
        yield first, second
        await first.close()
        await second.close()


async def test_of_two_processes_that_decide_the_same_one_writes(two: tuple[Database, Database]) -> None:
    for n in range(10):
        unit = Commit(done=(f"key-{n}",), audit=(a_draft(a_case()),))
        answers = await asyncio.gather(*(each.store.commit(unit) for each in two))
        assert sorted(answers) == [Committed.ALREADY_DONE, Committed.WRITTEN]
    assert await two[0].store.verify_audit(HARBOUR) is None
    assert len(await two[0].store.audit(HARBOUR, 100)) == 10


async def test_two_processes_never_claim_the_same_action(two: tuple[Database, Database]) -> None:
    await two[0].store.commit(Commit(actions=tuple(an_action(f"action-{n}") for n in range(40))))
    batches = await asyncio.gather(*(two[n % 2].store.claim_actions(START, 10) for n in range(8)))
    claimed = [record.action.key for batch in batches for record in batch]
    assert len(claimed) == len(set(claimed))


async def test_one_process_sees_what_another_appended_in_one_order(two: tuple[Database, Database]) -> None:
    await asyncio.gather(*(two[n % 2].intake.append([written(n)]) for n in range(20)))
    orders = [[(each.seq, each.event) for each in await database.intake.take(100)] for database in two]
    assert orders[0] == orders[1]
    assert {each.message.id for _, each in orders[0] if isinstance(each, MessageWritten)} == {
        f"m{n}" for n in range(20)
    }


async def test_waiting_ends_also_for_what_another_process_appended(two: tuple[Database, Database]) -> None:
    await two[0].intake.take(10)
    await two[1].intake.append([written()])
    async with asyncio.timeout(30):
        await two[0].intake.wait()
    assert len(await two[0].intake.take(10)) == 1


async def test_the_revisions_make_the_tables_that_the_code_declares(two: tuple[Database, Database]) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with two[0]._engines.reader.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize("subject", ["a\x00b", "a\ud800b"], ids=["null", "surrogate"])
async def test_a_value_that_the_server_does_not_take_is_given_up_and_spoils_no_other_write(
    two: tuple[Database, Database], subject: str
) -> None:
    store = two[0].store
    with pytest.raises(GaveUp):
        await store.history([the_past(author=MemberId(subject))])
    refused, written_too = await asyncio.gather(
        store.commit(opening(a_case(subject=subject))),
        store.commit(opening(a_case("case-2", subject="ben"))),
        return_exceptions=True,
    )
    assert isinstance(refused, GaveUp)
    assert written_too is Committed.WRITTEN


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """The address of a new database and the place of its keys."""
    async with a_postgres_database() as url:
        yield url, tmp_path / "house"


async def test_a_second_bot_on_a_database_is_refused_while_the_first_is_connected(server: tuple[str, Path]) -> None:
    url, key_path = server
    first = await Database.open(url, clock=FakeClock(), key_path=key_path)
    with pytest.raises(ConfigurationRefused, match=r"another Lightkeeper.*server process") as refused:
        await Database.open(url, clock=FakeClock(), key_path=key_path)
    assert "stop it first" in refused.value.hint
    await first.close()
    await (await Database.open(url, clock=FakeClock(), key_path=key_path)).close()


async def test_what_another_process_is_just_beginning_is_not_withdrawn(server: tuple[str, Path]) -> None:
    url, key_path = server
    database = await Database.open(url, clock=FakeClock(), key_path=key_path)
    await database.store.commit(Commit(actions=(an_action("action-1"),)))
    other = await asyncpg.connect(url)
    taking = other.transaction()
    await taking.start()
    await other.execute("UPDATE actions SET state = 'claimed', attempts = 1")
    withdrawing = asyncio.create_task(database.store.commit(Commit(withdrawn=("action-1",))))
    async with asyncio.timeout(30):
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not withdrawing.done()
    await taking.commit()
    assert await withdrawing is Committed.STALE
    await other.close()
    await database.close()


async def test_an_upgrade_waits_for_the_owner_s_own_backup(server: tuple[str, Path]) -> None:
    url, key_path = server
    await (await Database.open(url, clock=FakeClock(), key_path=key_path)).close()
    await execute(url, *REWINDING["0003"], *REWINDING["0002"], *REWINDING["0001"])
    with pytest.raises(ConfigurationRefused, match="nothing here backs PostgreSQL up") as refused:
        await Database.open(url, clock=FakeClock(), key_path=key_path)
    assert "pg_dump" in refused.value.hint
    database = await Database.open(url, clock=FakeClock(), key_path=key_path, upgrades_without_backup=True)
    await database.store.commit(Commit(actions=(an_action("action-1"),)))
    await database.close()


async def test_what_pg_restore_put_back_is_settled_once_it_is_marked(server: tuple[str, Path]) -> None:
    url, key_path = server
    case, clock = a_case(), FakeClock()
    ban = replace(an_action("ban"), kind=ActionKind.BAN, lane=Lane.ENFORCEMENT)
    database = await Database.open(url, clock=clock, key_path=key_path)
    await database.intake.append([written()])
    await database.store.commit(
        Commit(cases=(new(case),), texts=((case.id, sealed()),), actions=(ban,), audit=(a_draft(case),))
    )
    await database.close()
    await execute(url, "CREATE TABLE texts_as_backed_up AS TABLE texts")
    database = await Database.open(url, clock=clock, key_path=key_path)
    assert database.settled is None
    await database.store.commit(Commit(destroyed_texts=(case.id,)))
    await database.close()
    await execute(url, "INSERT INTO texts TABLE texts_as_backed_up", "DROP TABLE texts_as_backed_up")

    await mark_restored(url, clock)
    database = await Database.open(url, clock=clock, key_path=key_path)
    assert database.settled is not None
    assert database.settled.erased_texts == 1
    with pytest.raises(TextGone):
        await database.store.texts(HARBOUR, case.id)
    assert [each.action.kind for each in await database.store.claim_actions(START, 10)] == [
        ActionKind.PAGE,
        ActionKind.REFRESH_CARD,
    ]
    (taken,) = await database.intake.take(10)
    assert isinstance(taken.event, MessageWritten)
    assert taken.event.message.is_late
    assert await database.store.verify_audit(HARBOUR) is None
    await database.close()


async def test_nothing_is_marked_in_an_empty_database_or_under_a_running_bot(server: tuple[str, Path]) -> None:
    url, key_path = server
    with pytest.raises(ConfigurationRefused, match="nothing in it"):
        await mark_restored(url, FakeClock())
    database = await Database.open(url, clock=FakeClock(), key_path=key_path)
    with pytest.raises(ConfigurationRefused, match="another Lightkeeper"):
        await mark_restored(url, FakeClock())
    await database.close()


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_place_for_the_keys_is_needed() -> None:
    with pytest.raises(ConfigurationRefused, match="place for its keys"):
        await Database.open("postgresql://postgres@127.0.0.1/postgres", clock=FakeClock())


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Database.open("postgresql://nobody@127.0.0.1:1/none", clock=FakeClock(), key_path=tmp_path / "house")
