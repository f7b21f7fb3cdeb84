"""A SQLite database in a folder of its own, and its address."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.store.database import Database
from adapters.store.sealed_file import unseal_file
from tests.clock import FakeClock

REWINDING = {
    "0003": (
        "DROP TABLE preferences",
        "DROP TABLE standing",
        "DROP INDEX ix_texts_community_author",
        "ALTER TABLE texts DROP COLUMN author",
        "ALTER TABLE intake DROP COLUMN author",
        "ALTER TABLE cases DROP COLUMN forgets_early",
        "UPDATE alembic_version SET version_num = '0003'",
    ),
    "0002": (
        "DROP TABLE notes",
        "DROP TABLE duties",
        *(
            f"DROP INDEX ix_{name}"
            for name in (
                "cases_community_concern_opened_at",
                "cases_urgency",
                "cases_resolved",
                "cases_quiet",
                "cases_holder",
                "cases_unanswered",
                "cases_follow_up",
                "cases_in_channel",
                "cases_parent",
                "evidence_reporter",
                "actions_on",
            )
        ),
        *(
            f"ALTER TABLE cases DROP COLUMN {name}"
            for name in (
                "waiting_since",
                "target_at",
                "chain_at",
                "is_quiet",
                "second",
                "second_asked_at",
                "reason",
                "parent",
                "held_until",
                "follow_up",
                "urgency",
            )
        ),
        *(f"ALTER TABLE evidence DROP COLUMN {name}" for name in ("attachments", "reporter", "reported_at")),
        "ALTER TABLE actions DROP COLUMN after",
        "CREATE INDEX ix_cases_community_state ON cases (community, state)",
        "UPDATE alembic_version SET version_num = '0002'",
    ),
    "0001": (
        "ALTER TABLE actions DROP COLUMN ordered_at",
        "UPDATE alembic_version SET version_num = '0001'",
    ),
}
"""What makes a database of this version one of an older revision; to get to one, all before it come first."""

Opener = Callable[..., Awaitable[Database]]

MASTER = "house.sqlite3.master"


def master_of(folder: Path) -> bytes:
    """The master key of `house.sqlite3`."""
    return bytes.fromhex((folder / MASTER).read_text().strip())


def unsealed(backup: Path, folder: Path | None = None) -> Path:
    """A file beside a sealed backup that holds what is in it; `folder` is where the master key lies, if elsewhere."""
    plain = backup.with_name(backup.name + ".plain")
    with plain.open("wb") as file:
        unseal_file(backup, file, master_of(folder or backup.parent))
    return plain


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
