"""A SQLite database in a folder of its own, and its address."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.store.database import Database
from tests.clock import FakeClock

Opener = Callable[..., Awaitable[Database]]


def contents_of(folder: Path) -> dict[str, bytes]:
    """What lies in every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def opened(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Opener]:
    """Opens `house.sqlite3`, or another name, in the test's folder; closes what the test left open."""
    databases: list[Database] = []

    async def open_database(name: str = "house.sqlite3", **options: object) -> Database:
        url = f"sqlite:///{tmp_path / name}"
        database = await Database.open(url, clock=clock, busy_timeout_s=0.05, **options)  # type: ignore[arg-type]
        databases.append(database)
        return database

    yield open_database
    for database in databases:
        await database.close()
