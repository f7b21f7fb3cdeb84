"""Members are told when what is kept lies on another computer."""

import pytest

from bots.run.elsewhere import kept_elsewhere


@pytest.mark.parametrize(
    "database",
    [
        "sqlite+aiosqlite:////var/lib/lightkeeper/lightkeeper.sqlite3",
        "postgresql+asyncpg://someone:secret@localhost/lightkeeper",
        "postgresql+asyncpg://someone:secret@127.0.0.1:5433/lightkeeper",
        "postgresql+asyncpg://someone:secret@[::1]/lightkeeper",
        "postgresql+asyncpg:///lightkeeper?host=/var/run/postgresql",
        "postgresql+asyncpg:///lightkeeper",
    ],
)
def test_a_database_on_this_computer_is_nowhere_else(database: str) -> None:
    assert kept_elsewhere(database) == ()


@pytest.mark.parametrize(
    "database",
    [
        "postgresql+asyncpg://someone:secret@database.example/lightkeeper",
        "postgresql+asyncpg://someone:secret@192.0.2.7/lightkeeper",
        "postgresql+asyncpg:///lightkeeper?host=database.example",
        "postgresql+asyncpg://someone:secret@localhost.example/lightkeeper",
    ],
)
def test_members_are_told_of_a_database_on_another_computer_and_not_of_its_password(database: str) -> None:
    (text,) = kept_elsewhere(database)
    assert (text.key, text.params) == ("privacy.leaves.database", {})
