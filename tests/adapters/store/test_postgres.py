"""What PostgreSQL adds: several processes on one database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from adapters.store.database import Database
from adapters.store.tables import metadata
from core.errors import ConfigurationRefused, GaveUp, Unavailable
from core.model.event import MessageWritten
from core.model.message import MemberId
from core.model.record import Commit, Committed
from tests.clock import START, FakeClock
from tests.contract.conftest import a_postgres_database
from tests.contract.samples import HARBOUR, a_case, a_draft, an_action, opening, the_past, written

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


async def test_a_place_for_the_keys_is_needed() -> None:
    with pytest.raises(ConfigurationRefused, match="place for its keys"):
        await Database.open("postgresql://postgres@127.0.0.1/postgres", clock=FakeClock())


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Database.open("postgresql://nobody@127.0.0.1:1/none", clock=FakeClock(), key_path=tmp_path / "house")
