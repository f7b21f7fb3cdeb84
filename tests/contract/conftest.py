"""One house for each implementation of Store and Intake; every contract test runs in all of them."""

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.store.database import Database
from core.member_ports import CareStore
from core.ports import Intake, Store
from tests.clock import FakeClock

POSTGRES = os.environ.get("LIGHTKEEPER_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres")


class WholeStore(Store, CareStore, Protocol):
    """Both sides of a store."""


class House:
    """A store and an intake under test, on a clock that the test moves."""

    def __init__(self, store: WholeStore, intake: Intake, clock: FakeClock) -> None:
        self.store = store
        self.intake = intake
        self.clock = clock

    async def restart(self) -> None:
        """Open everything anew, as a new process would; what lives in memory alone has nothing to open."""


class DatabaseHouse(House):
    """A house over a database."""

    def __init__(self, database: Database, url: str, key_path: Path, clock: FakeClock) -> None:
        super().__init__(database.store, database.intake, clock)
        self.database = database
        self._url = url
        self._key_path = key_path

    @classmethod
    async def build(cls, url: str, key_path: Path) -> "DatabaseHouse":
        clock = FakeClock()
        return cls(await Database.open(url, clock=clock, key_path=key_path), url, key_path, clock)

    async def restart(self) -> None:
        await self.database.close()
        self.database = await Database.open(self._url, clock=self.clock, key_path=self._key_path)
        self.store, self.intake = self.database.store, self.database.intake


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Each implementation in turn, new and empty."""
    if request.param == "memory":
        clock = FakeClock()
        yield House(MemoryStore(clock), MemoryIntake(), clock)
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'house.sqlite3'}"
        built = await DatabaseHouse.build(url, tmp_path / "house")
        yield built
        await built.database.close()
        return
    async with a_postgres_database() as url:
        built = await DatabaseHouse.build(url, tmp_path / "house")
        yield built
        await built.database.close()


@contextlib.asynccontextmanager
async def a_postgres_database() -> AsyncIterator[str]:
    """The address of a new database, dropped afterwards."""
    server = make_url(POSTGRES).set(drivername="postgresql")
    try:
        admin = await asyncpg.connect(server.render_as_string(hide_password=False))
    except OSError as error:
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail(f"PostgreSQL is missing: {error}")
        pytest.skip(f"PostgreSQL is missing: {error}")
    name = f"lightkeeper_test_{secrets.token_hex(6)}"
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()
